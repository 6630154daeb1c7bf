// What carrying retention out does next to the points of one database. Every step is soft until the grace time is over: a point that the rule
// keeps again, because the policy became more generous or a newer one turned out to be damaged, is taken back.
import { type RecoveryPointId } from './ids';
import { type RetainablePoint, type RetentionPlan } from './plan-retention';

export interface ExpiringPoint extends RetainablePoint {
  /** End of its grace time; null for a point that nobody let go. */
  readonly expiringUntil: Date | null;
}

export interface RetentionSteps {
  readonly letGo: readonly RecoveryPointId[];
  readonly takeBack: readonly RecoveryPointId[];
  readonly expire: readonly RecoveryPointId[];
}

export function retentionSteps(
  points: readonly ExpiringPoint[],
  plan: Pick<RetentionPlan, 'expired'>,
  at: Date,
): RetentionSteps {
  const goes = new Set(plan.expired);
  const idsOf = (wanted: (point: ExpiringPoint) => boolean): RecoveryPointId[] =>
    points.filter(wanted).map(({ id }) => id);
  return {
    letGo: idsOf((p) => p.expiringUntil === null && goes.has(p.id)),
    takeBack: idsOf((p) => p.expiringUntil !== null && !goes.has(p.id)),
    expire: idsOf((p) => p.expiringUntil !== null && goes.has(p.id) && p.expiringUntil <= at),
  };
}
