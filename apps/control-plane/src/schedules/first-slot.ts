// The first slot of a new schedule; refuses what cron or the time zone database does not know.
import { faultOfTiming, nextSlots } from '@adyton/domain';
import { RefusedRequest } from '../http/refused-request';

/** @throws RefusedRequest ADY_INVALID_REQUEST naming the field. */
export function firstSlot(cron: string, timeZone: string, after: Date): Date {
  refuseFault({ cron, timeZone }, 'cron');
  const [next] = nextSlots({ cron, timeZone }, after, 1);
  if (next === undefined) throw invalid('/cron', 'this expression never comes due');
  return next.scheduledAt;
}

/** @param cronField name of the field that holds the expression. @throws RefusedRequest ADY_INVALID_REQUEST */
export function refuseFault(timing: { cron: string; timeZone: string }, cronField: string): void {
  const fault = faultOfTiming(timing);
  if (fault !== null) throw invalid(`/${fault.field === 'cron' ? cronField : fault.field}`, fault.detail);
}

function invalid(pointer: string, detail: string): RefusedRequest {
  return new RefusedRequest('ADY_INVALID_REQUEST', 'the schedule cannot be accepted', {
    errors: [{ pointer, detail }],
  });
}
