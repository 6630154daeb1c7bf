// The slots of a cron expression in its time zone: each local slot once, across daylight-saving changes.
import { Cron } from 'croner';

/** Slots recorded one by one after a long silence; beyond that the older ones are not listed. */
const SLOTS_MAX = 1_000;

export interface SlotQuestion {
  readonly cron: string;
  readonly timeZone: string;
  /** Slots after this moment … */
  readonly after: Date;
  /** … and up to this one. */
  readonly upTo: Date;
}

export interface Slots {
  /** Oldest first; the newest SLOTS_MAX of them. */
  readonly due: readonly Date[];
  /** The first slot after `upTo`; null when there is none any more. */
  readonly next: Date | null;
}

export function slotsOf(question: SlotQuestion): Slots {
  const cron = new Cron(question.cron, { timezone: question.timeZone, mode: '5-part' });
  const due: Date[] = [];
  let at = cron.nextRun(question.after);
  while (at !== null && at <= question.upTo) {
    due.push(at);
    if (due.length > SLOTS_MAX) due.shift();
    at = cron.nextRun(at);
  }
  return { due, next: at };
}
