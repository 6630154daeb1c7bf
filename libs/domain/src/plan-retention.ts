// Which recovery points a rule keeps on a given day, and which it lets go. Points are self-sufficient (their closure pins every piece they
// need), so letting one go never breaks another. Kept points have no holes in between: the logs that lead from one to the next stay.
import { type RecoveryPointId } from './ids';
import { type BackupLevel } from './run-states';

export interface RetentionRule {
  /** Every moment of the last so many days stays recoverable; null when only redundancy counts. */
  readonly recoveryWindowDays: number | null;
  /** At least so many data recovery points stay; null when only the window counts. */
  readonly redundancy: number | null;
}

export interface RetainablePoint {
  readonly id: RecoveryPointId;
  readonly level: BackupLevel;
  readonly startedAt: Date;
  readonly completedAt: Date;
  /** False for a point that is known to be damaged, or that lacks data files: it protects nothing. */
  readonly good: boolean;
  /** Somebody wants it kept whatever the rule says; that keeps the point, not the logs behind it. */
  readonly held: boolean;
}

export type KeepReason =
  | 'window'
  | 'window-base'
  | 'redundancy'
  | 'last-good'
  | 'logs'
  | 'nothing-newer'
  | 'hold'
  | 'policy-disabled';

export interface RetentionPlan {
  readonly kept: readonly { readonly id: RecoveryPointId; readonly reason: KeepReason }[];
  readonly expired: readonly RecoveryPointId[];
}

const MS_PER_DAY = 86_400_000;

/** What the policy of a database does; one that is disabled lets nothing go, so that what it keeps stays kept. */
export function planRetentionOf(
  policy: { readonly enabled: boolean; readonly retention: RetentionRule },
  points: readonly RetainablePoint[],
  at: Date,
): RetentionPlan {
  if (policy.enabled) return planRetention(points, policy.retention, at);
  return { kept: newestFirst(points).map(({ id }) => ({ id, reason: 'policy-disabled' })), expired: [] };
}

/** @param points in any order; @param at the day the plan is for, which may lie in the future. */
export function planRetention(
  points: readonly RetainablePoint[],
  rule: RetentionRule,
  at: Date,
): RetentionPlan {
  const ordered = newestFirst(points);
  const reasons = reasonsOfDataPoints(ordered, rule, at);
  const protectedFrom = ordered.findLast((p) => reasons.has(p.id));
  if (protectedFrom === undefined) {
    // without one good data point nothing can be proven useless
    return { kept: ordered.map(({ id }) => ({ id, reason: 'nothing-newer' })), expired: [] };
  }
  const kept: { id: RecoveryPointId; reason: KeepReason }[] = [];
  const expired: RecoveryPointId[] = [];
  for (const point of ordered) {
    const reason = reasons.get(point.id);
    if (reason !== undefined) kept.push({ id: point.id, reason });
    else if (point.completedAt >= protectedFrom.startedAt) kept.push({ id: point.id, reason: 'logs' });
    else if (point.held) kept.push({ id: point.id, reason: 'hold' });
    else expired.push(point.id);
  }
  return { kept, expired };
}

/** Data points that a rule names, newest first; the last good one is always among them, whatever the rule says. */
function reasonsOfDataPoints(
  ordered: readonly RetainablePoint[],
  { recoveryWindowDays, redundancy }: RetentionRule,
  at: Date,
): ReadonlyMap<RecoveryPointId, KeepReason> {
  const data = ordered.filter((p) => p.good && p.level !== 'archivelog');
  const reasons = new Map<RecoveryPointId, KeepReason>();
  if (recoveryWindowDays !== null) {
    const from = at.getTime() - recoveryWindowDays * MS_PER_DAY;
    for (const p of data) if (p.completedAt.getTime() > from) reasons.set(p.id, 'window');
    const base = data.find((p) => p.completedAt.getTime() <= from);
    if (base !== undefined) reasons.set(base.id, 'window-base');
  }
  for (const p of data.slice(0, redundancy ?? 0)) if (!reasons.has(p.id)) reasons.set(p.id, 'redundancy');
  const last = data[0];
  if (last !== undefined && !reasons.has(last.id)) reasons.set(last.id, 'last-good');
  return reasons;
}

function newestFirst(points: readonly RetainablePoint[]): RetainablePoint[] {
  return [...points].sort((a, b) => b.completedAt.getTime() - a.completedAt.getTime());
}
