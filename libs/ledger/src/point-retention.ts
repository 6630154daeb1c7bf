// Retention next to the recovery points: what a policy lets go becomes expiring, what is kept again is taken back, and what stayed expiring to
// the end of its grace time is expired, which is for ever. Everything is decided under the lock of the database, from what stands there then.
import {
  planRetentionOf,
  recoveryPointTransitions,
  retentionSteps,
  statesLeadingTo,
  type BackupPolicy,
  type DatabaseId,
  type ExpiringPoint,
  type RecoveryPointId,
  type RetentionSteps,
} from '@adyton/domain';
import { sql, type UpdateObject } from 'kysely';
import { recordAudit } from './audit-events';
import { lockDatabase } from './databases';
import { inTransaction, readNow, type LedgerSession } from './ledger';
import { readPolicy } from './policies';
import { now, nowPlus } from './sql-values';
import { type LedgerTables } from './tables';

const SYSTEM = 'system';

/** What a policy decides about: every point that has not expired, but for those an operator let go. */
export async function readRetainablePoints(
  session: LedgerSession,
  databaseId: DatabaseId,
): Promise<ExpiringPoint[]> {
  const rows = await session
    .selectFrom('recovery_points')
    .select(['id', 'level', 'started_at', 'completed_at', 'state', 'lacks_files'])
    .select(['expiring_until', 'expiring_from', 'held_since'])
    .where('database_id', '=', databaseId)
    .where('state', 'in', ['available', 'corrupt', 'expiring'])
    .where((e) => e.or([e('expiring_by', 'is', null), e('expiring_by', '=', 'retention')]))
    .orderBy('id', 'desc')
    .execute();
  return rows.map((r) => ({
    id: r.id,
    level: r.level,
    startedAt: r.started_at,
    completedAt: r.completed_at,
    good: (r.expiring_from ?? r.state) === 'available' && !r.lacks_files,
    held: r.held_since !== null,
    expiringUntil: r.expiring_until,
  }));
}

export type RetentionDone = RetentionSteps & { readonly databaseId: DatabaseId };

/** One look at all databases that have a policy. @returns those in which something moved. */
export async function carryOutRetention(
  session: LedgerSession,
  options: { readonly graceSeconds: number },
): Promise<RetentionDone[]> {
  const policies = await session.selectFrom('policies').select(['database_id', 'document']).execute();
  const at = await readNow(session);
  const done: RetentionDone[] = [];
  for (const { database_id: databaseId, document: policy } of policies) {
    if (isNothing(await stepsOf(session, { databaseId, policy, at }))) continue; // nearly always: no lock is taken for a look
    const steps = await takeSteps(session, databaseId, options);
    if (!isNothing(steps)) done.push({ databaseId, ...steps });
  }
  return done;
}

async function stepsOf(
  session: LedgerSession,
  {
    databaseId,
    policy,
    at,
  }: { readonly databaseId: DatabaseId; readonly policy: BackupPolicy; readonly at: Date },
): Promise<RetentionSteps> {
  const points = await readRetainablePoints(session, databaseId);
  return retentionSteps(points, planRetentionOf(policy, points, at), at);
}

function isNothing({ letGo, takeBack, expire }: RetentionSteps): boolean {
  return letGo.length + takeBack.length + expire.length === 0;
}

function takeSteps(
  session: LedgerSession,
  databaseId: DatabaseId,
  { graceSeconds }: { readonly graceSeconds: number },
): Promise<RetentionSteps> {
  return inTransaction(session, async (tx) => {
    await lockDatabase(tx, databaseId);
    const policy = await readPolicy(tx, databaseId);
    if (policy === undefined) return { letGo: [], takeBack: [], expire: [] };
    const steps = await stepsOf(tx, { databaseId, policy, at: await readNow(tx) });
    const detail = 'the policy keeps it again';
    await letPointsGo(tx, { ids: steps.letGo, by: 'retention', graceSeconds, principal: SYSTEM });
    await takePointsBack(tx, { ids: steps.takeBack, principal: SYSTEM, detail });
    await expirePoints(tx, steps.expire);
    return steps;
  });
}

/** Points an operator let go, whose grace time is over. */
export function expireLetGo(session: LedgerSession): Promise<RecoveryPointId[]> {
  return inTransaction(session, async (tx) => {
    const due = await tx
      .selectFrom('recovery_points')
      .select('id')
      .where('state', '=', 'expiring')
      .where('expiring_by', '=', 'operator')
      .where('expiring_until', '<=', now)
      .orderBy('id')
      .forUpdate()
      .skipLocked()
      .execute();
    const ids = due.map(({ id }) => id);
    await expirePoints(tx, ids);
    return ids;
  });
}

interface PointsStep {
  readonly ids: readonly RecoveryPointId[];
  readonly principal: string;
}

export function letPointsGo(
  tx: LedgerSession,
  step: PointsStep & { readonly by: 'retention' | 'operator'; readonly graceSeconds: number },
): Promise<RecoveryPointId[]> {
  const { by, graceSeconds } = step;
  return movePoints(tx, step, {
    to: 'expiring',
    set: {
      state: 'expiring',
      expiring_from: sql<'available' | 'corrupt'>`state`,
      expiring_by: by,
      expiring_until: nowPlus(graceSeconds),
    },
    action: 'recovery-point.let-go',
  });
}

/** Back to what they were before they were let go. */
export function takePointsBack(
  tx: LedgerSession,
  step: PointsStep & { readonly detail: string },
): Promise<RecoveryPointId[]> {
  return movePoints(tx, step, {
    to: 'available',
    set: {
      state: sql<'available' | 'corrupt'>`expiring_from`,
      ...{ expiring_from: null, expiring_by: null, expiring_until: null },
    },
    action: 'recovery-point.taken-back',
    only: 'expiring',
  });
}

function expirePoints(tx: LedgerSession, ids: readonly RecoveryPointId[]): Promise<RecoveryPointId[]> {
  return movePoints(
    tx,
    { ids, principal: SYSTEM },
    {
      to: 'expired',
      set: { state: 'expired', expired_at: now, expiring_until: null },
      action: 'recovery-point.expired',
    },
  );
}

type PointUpdate = UpdateObject<LedgerTables, 'recovery_points'>;

/** @returns those that moved: the others were in a state that does not lead there. */
async function movePoints(
  tx: LedgerSession,
  { ids, principal, detail = null }: PointsStep & { readonly detail?: string | null },
  move: {
    readonly to: 'available' | 'expiring' | 'expired';
    readonly set: PointUpdate;
    readonly action: string;
    readonly only?: 'expiring';
  },
): Promise<RecoveryPointId[]> {
  if (ids.length === 0) return [];
  const from = move.only === undefined ? statesLeadingTo(recoveryPointTransitions, move.to) : [move.only];
  let update = tx
    .updateTable('recovery_points')
    .set(move.set)
    .where('id', 'in', [...ids])
    .where('state', 'in', [...from]);
  if (move.to !== 'available') update = update.where('held_since', 'is', null); // somebody may have been faster
  const moved = await update.returning(['id', 'database_id']).execute();
  await recordAudit(
    tx,
    moved.map((p) => ({
      principal,
      action: move.action,
      subjectId: p.id,
      databaseId: p.database_id,
      detail,
    })),
  );
  return moved.map(({ id }) => id);
}
