// The first slot of a new schedule; refuses what cron or the time zone database does not know. The scheduler works out all later slots
// with the same library.
import { Cron } from 'croner';
import { RefusedRequest } from '../http/refused-request';

/** @throws RefusedRequest ADY_INVALID_REQUEST naming the field. */
export function firstSlot(cron: string, timeZone: string, after: Date): Date {
  refuseUnknownZone(timeZone);
  const next = nextRun(cron, timeZone, after);
  if (next === null) throw invalid('/cron', 'this expression never comes due');
  return next;
}

function nextRun(cron: string, timeZone: string, after: Date): Date | null {
  try {
    return new Cron(cron, { timezone: timeZone, mode: '5-part', paused: true }).nextRun(after);
  } catch (error) {
    throw invalid('/cron', error instanceof Error ? error.message : 'not a five-field cron expression');
  }
}

function refuseUnknownZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw invalid('/timeZone', `${timeZone} is not an IANA time zone`);
  }
}

function invalid(pointer: string, detail: string): RefusedRequest {
  return new RefusedRequest('ADY_INVALID_REQUEST', 'the schedule cannot be accepted', {
    errors: [{ pointer, detail }],
  });
}
