// What a policy would do: its next runs, and the recovery points it would keep and let go on a day. Pure; nothing is changed by looking.
import { type PolicySimulation } from '@adyton/contracts';
import {
  nextSlots,
  planRetentionOf,
  schedulesOfPolicy,
  type BackupPolicy,
  type RetainablePoint,
} from '@adyton/domain';
import { createHash } from 'node:crypto';

const MS_PER_MINUTE = 60_000;
const DIGEST_CHARS = 16;

export interface PolicyQuestion {
  readonly policy: BackupPolicy;
  readonly points: readonly RetainablePoint[];
  readonly at: Date;
  /** Runs to list. */
  readonly slots: number;
}

export function simulate({ policy, points, at, slots }: PolicyQuestion): PolicySimulation {
  return { nextRuns: nextRunsOf(policy, at, slots), retention: retentionOf(policy, points, at) };
}

/** Without the jitter of one run: that depends on the id of a schedule that may not exist yet. */
function nextRunsOf(policy: BackupPolicy, at: Date, slots: number): PolicySimulation['nextRuns'] {
  if (!policy.enabled) return [];
  return schedulesOfPolicy(policy)
    .flatMap((schedule) =>
      nextSlots({ ...schedule, jitterSeconds: 0 }, at, slots).map(({ scheduledAt }) => ({
        kind: schedule.kind,
        scheduledAt: scheduledAt.toISOString(),
        dueBy: new Date(scheduledAt.getTime() + schedule.jitterSeconds * 1000).toISOString(),
        expiresAt: new Date(
          scheduledAt.getTime() + schedule.expiryWindowMinutes * MS_PER_MINUTE,
        ).toISOString(),
      })),
    )
    .sort((a, b) => a.scheduledAt.localeCompare(b.scheduledAt))
    .slice(0, slots);
}

function retentionOf(
  policy: BackupPolicy,
  points: readonly RetainablePoint[],
  at: Date,
): PolicySimulation['retention'] {
  const plan = planRetentionOf(policy, points, at);
  const byId = new Map(points.map((p) => [p.id, p]));
  const shown = (id: RetainablePoint['id']) => {
    const point = byId.get(id);
    if (point === undefined) throw new Error(`invariant: ${id} is one of the points`);
    return { id, level: point.level, completedAt: point.completedAt.toISOString() };
  };
  return {
    at: at.toISOString(),
    kept: plan.kept.map(({ id, reason }) => ({ ...shown(id), reason })),
    expired: plan.expired.map(shown),
    digest: createHash('sha256').update(plan.expired.join()).digest('hex').slice(0, DIGEST_CHARS),
  };
}

/** Points the wanted policy would let go now and the former one keeps; without a former policy everything is kept. */
export function newlyExpired(
  wanted: PolicySimulation['retention'],
  former: BackupPolicy | undefined,
  points: readonly RetainablePoint[],
): readonly string[] {
  const goneBefore = new Set<string>(
    former === undefined ? [] : planRetentionOf(former, points, new Date(wanted.at)).expired,
  );
  return wanted.expired.map((p) => p.id).filter((id) => !goneBefore.has(id));
}
