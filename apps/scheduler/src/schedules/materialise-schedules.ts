// Turns slots that have come into backup requests. The ledger decides which scheduler was first; a slot nobody saw is recorded as missed.
import { judgeSlots, makeId, slotsOf, type AgentPresence, type HostId } from '@adyton/domain';
import {
  findDueSchedules,
  materialiseSlots,
  readNextDueInMs,
  type DueSchedule,
  type Ledger,
  type Slot,
} from '@adyton/ledger';
import { type Logger } from '@adyton/runtime';
import { type Duty } from '../tick';

/** Schedules of one look at the ledger. */
const DUE_SCHEDULES_AT_ONCE = 100;
/** Schedules in work at the same time: each is a transaction, and the other duties need sessions too. */
const LANES = 4;

export interface MaterialiseParts {
  readonly ledger: Ledger;
  readonly log: Logger;
  presenceOf(hostId: HostId): Promise<AgentPresence>;
  newUlid(): string;
  readonly claimSeconds: number;
}

export function materialiseSchedules(parts: MaterialiseParts): Duty {
  return {
    name: 'materialise-schedules',
    run: async () => {
      let more = true; // a night's slots come in one instant: a look goes on until none is left
      while (more) {
        const due = await findDueSchedules(parts.ledger.session, DUE_SCHEDULES_AT_ONCE);
        const made = await materialiseAll(parts, due);
        more = due.length === DUE_SCHEDULES_AT_ONCE && made > 0;
      }
    },
    nextInMs: () => readNextDueInMs(parts.ledger.session),
  };
}

/** @returns how many could be materialised. */
async function materialiseAll(parts: MaterialiseParts, due: readonly DueSchedule[]): Promise<number> {
  const waiting = [...due];
  let made = 0;
  const lane = async (): Promise<void> => {
    for (let schedule = waiting.shift(); schedule !== undefined; schedule = waiting.shift()) {
      try {
        await materialise(parts, schedule);
        made += 1;
      } catch (error) {
        // one that cannot be carried out must not hold up the others
        parts.log.warn({ scheduleId: schedule.id, err: error }, 'schedule.not-materialised');
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return made;
}

async function materialise(parts: MaterialiseParts, schedule: DueSchedule): Promise<void> {
  const timing = { ...schedule, seed: schedule.id };
  const { due, next } = slotsOf({ ...timing, after: schedule.slotsAfter, upTo: schedule.now });
  const judged = judgeSlots(due, timing, schedule.now);
  const slotAt = (scheduledAt: Date): Slot => ({
    requestId: makeId('RequestId', parts.newUlid()),
    scheduledAt,
  });
  const made = await materialiseSlots(parts.ledger.session, {
    schedule,
    missed: judged.missed.map(slotAt),
    run: judged.run === null ? null : slotAt(judged.run),
    nextAt: next,
    presence: judged.run === null ? 'unknown' : await parts.presenceOf(schedule.hostId),
    claimSeconds: parts.claimSeconds,
  });
  if (due.length === 0) return;
  const { id: scheduleId, databaseId } = schedule;
  const newest = made.newest?.kind ?? null;
  parts.log.info({ scheduleId, databaseId, missed: made.missed, newest }, 'schedule.materialised');
}
