// The slots of a cron expression in its time zone: each local slot once, across daylight-saving changes. A slot keeps its nominal time
// as its name; jitter only delays when it comes due, by an amount that the schedule and the slot decide, so that every scheduler agrees.
import { Cron } from 'croner';

/** Slots recorded one by one after a long silence; beyond that the older ones are not listed. */
const SLOTS_MAX = 1_000;
/** A slot seen later than this after it came due was missed by the scheduler, not merely late, ms. */
const MISFIRE_GRACE_MS = 60_000;

export interface ScheduleTiming {
  /** Five fields. */
  readonly cron: string;
  /** IANA name. */
  readonly timeZone: string;
  /** Longest delay of a slot, seconds; absent means none. */
  readonly jitterSeconds?: number;
  /** Spreads schedules with the same cron: the id of the schedule. */
  readonly seed?: string;
}

/** `run-once`: after a silence the newest slot still inside its window runs. `skip`: what the scheduler did not see in time never runs. */
export type MisfireRule = 'run-once' | 'skip';

export interface SlotQuestion extends ScheduleTiming {
  /** Slots after this moment … */
  readonly after: Date;
  /** … and due up to this one. */
  readonly upTo: Date;
}

export interface Slots {
  /** Nominal times, oldest first; the newest SLOTS_MAX of them. */
  readonly due: readonly Date[];
  /** When the first slot after these comes due; null when there is none any more. */
  readonly next: Date | null;
}

export function slotsOf(question: SlotQuestion): Slots {
  const cron = cronOf(question);
  const due: Date[] = [];
  let at = cron.nextRun(question.after);
  while (at !== null && dueAt(question, at) <= question.upTo) {
    due.push(at);
    if (due.length > SLOTS_MAX) due.shift();
    at = cron.nextRun(at);
  }
  return { due, next: at === null ? null : dueAt(question, at) };
}

/** The next `count` slots after a moment, with the time each comes due. */
export function nextSlots(
  timing: ScheduleTiming,
  after: Date,
  count: number,
): readonly { readonly scheduledAt: Date; readonly dueAt: Date }[] {
  return cronOf(timing)
    .nextRuns(count, after)
    .map((scheduledAt) => ({ scheduledAt, dueAt: dueAt(timing, scheduledAt) }));
}

/** Null when the timing can be used; else which field is wrong and why. */
export function faultOfTiming(
  timing: ScheduleTiming,
): { readonly field: 'cron' | 'timeZone'; readonly detail: string } | null {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timing.timeZone });
  } catch {
    return { field: 'timeZone', detail: `${timing.timeZone} is not an IANA time zone` };
  }
  try {
    cronOf(timing);
    return null;
  } catch (error) {
    return { field: 'cron', detail: error instanceof Error ? error.message : 'not a cron expression' };
  }
}

/** Which of the due slots are missed and which one, if any, is to run. */
export function judgeSlots(
  due: readonly Date[],
  schedule: ScheduleTiming & { readonly misfire: MisfireRule },
  now: Date,
): { readonly missed: readonly Date[]; readonly run: Date | null } {
  const newest = due.at(-1);
  if (newest === undefined) return { missed: [], run: null };
  const late = now.getTime() - dueAt(schedule, newest).getTime() > MISFIRE_GRACE_MS;
  if (schedule.misfire === 'skip' && late) return { missed: due, run: null };
  return { missed: due.slice(0, -1), run: newest };
}

function cronOf({ cron, timeZone }: ScheduleTiming): Cron {
  return new Cron(cron, { timezone: timeZone, mode: '5-part', paused: true });
}

function dueAt({ jitterSeconds = 0, seed = '' }: ScheduleTiming, slot: Date): Date {
  if (jitterSeconds === 0) return slot;
  return new Date(slot.getTime() + (hash(`${seed}/${slot.getTime()}`) % (jitterSeconds * 1000)));
}

/** FNV-1a, 32 bits: spreads well enough, and every scheduler computes the same. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return value;
}
