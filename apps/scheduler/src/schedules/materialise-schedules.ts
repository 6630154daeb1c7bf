// Turns slots that have come into backup requests. The ledger decides which scheduler was first; a slot nobody saw is recorded as missed.
import {
  ID_PREFIX,
  judgeSlots,
  slotsOf,
  type AgentPresence,
  type HostId,
  type RequestId,
} from '@adyton/domain';
import { findDueSchedules, materialiseSlots, type DueSchedule, type Ledger, type Slot } from '@adyton/ledger';
import { type Logger } from '@adyton/runtime';
import { type Duty } from '../tick';

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
      for (const schedule of await findDueSchedules(parts.ledger.session)) await materialise(parts, schedule);
    },
  };
}

async function materialise(parts: MaterialiseParts, schedule: DueSchedule): Promise<void> {
  const timing = { ...schedule, seed: schedule.id };
  const { due, next } = slotsOf({ ...timing, after: schedule.slotsAfter, upTo: schedule.now });
  const judged = judgeSlots(due, timing, schedule.now);
  const slotAt = (scheduledAt: Date): Slot => ({
    requestId: `${ID_PREFIX.RequestId}_${parts.newUlid()}` as RequestId,
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
