// Turns slots that have come into backup requests. The ledger decides which scheduler was first; a slot nobody saw is recorded as missed.
import { type AgentPresence, ID_PREFIX, type HostId, type RequestId } from '@adyton/domain';
import { findDueSchedules, materialiseSlots, type DueSchedule, type Ledger } from '@adyton/ledger';
import { type Logger } from '@adyton/runtime';
import { type Duty } from '../tick';
import { slotsOf } from './slots-of';

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
  const slots = slotsOf({
    cron: schedule.cron,
    timeZone: schedule.timeZone,
    after: schedule.slotsAfter,
    upTo: schedule.now,
  });
  const made = await materialiseSlots(parts.ledger.session, {
    schedule,
    slots: slots.due.map((scheduledAt) => ({
      requestId: `${ID_PREFIX.RequestId}_${parts.newUlid()}` as RequestId,
      scheduledAt,
    })),
    nextAt: slots.next,
    presence: slots.due.length === 0 ? 'unknown' : await parts.presenceOf(schedule.hostId),
    claimSeconds: parts.claimSeconds,
  });
  if (slots.due.length === 0) return;
  parts.log.info(
    {
      scheduleId: schedule.id,
      databaseId: schedule.databaseId,
      missed: made.missed,
      newest: made.newest?.kind ?? null,
    },
    'schedule.materialised',
  );
}
