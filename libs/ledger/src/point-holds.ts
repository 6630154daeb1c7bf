// A person keeps a recovery point whatever retention says, and lets retention decide again. Holding one that is expiring takes it back.
import { type RecoveryPoint } from '@adyton/contracts';
import { type RecoveryPointId, type RecoveryPointState } from '@adyton/domain';
import { recordAudit } from './audit-events';
import { inTransaction, type LedgerSession } from './ledger';
import { takePointsBack } from './point-retention';
import { findRecoveryPoint } from './recovery-points';
import { refuse, type Refusal } from './refusal';
import { now } from './sql-values';

export interface PointToHold {
  readonly id: string;
  readonly reason: string;
  readonly principal: string;
  /** Only one that is expiring is to be held: a person thinks so, and may be late. */
  readonly onlyExpiring?: boolean;
}

/** A point that is held already keeps its first hold. */
export function holdRecoveryPoint(
  session: LedgerSession,
  hold: PointToHold,
): Promise<RecoveryPoint | Refusal> {
  return changeHold(session, hold.id, async (tx, { id, state, isHeld }) => {
    const { principal, reason } = hold;
    if (state === 'expired') return wrongState(id, state);
    if (hold.onlyExpiring === true && state !== 'expiring') return wrongState(id, state);
    if (state === 'expiring') await takePointsBack(tx, { ids: [id], principal, detail: reason });
    if (isHeld) return null;
    await tx
      .updateTable('recovery_points')
      .set({ held_since: now, held_by: principal, hold_reason: reason })
      .where('id', '=', id)
      .execute();
    await recordAudit(tx, [{ principal, action: 'recovery-point.held', subjectId: id, detail: reason }]);
    return null;
  });
}

/** Ending a hold twice is harmless. */
export function unholdRecoveryPoint(
  session: LedgerSession,
  { id: pointId, principal }: { readonly id: string; readonly principal: string },
): Promise<RecoveryPoint | Refusal> {
  return changeHold(session, pointId, async (tx, { id, isHeld }) => {
    if (!isHeld) return null;
    await tx
      .updateTable('recovery_points')
      .set({ held_since: null, held_by: null, hold_reason: null })
      .where('id', '=', id)
      .execute();
    await recordAudit(tx, [{ principal, action: 'recovery-point.unheld', subjectId: id }]);
    return null;
  });
}

interface LockedPoint {
  readonly id: RecoveryPointId;
  readonly state: RecoveryPointState;
  readonly isHeld: boolean;
}

function changeHold(
  session: LedgerSession,
  id: string,
  change: (tx: LedgerSession, point: LockedPoint) => Promise<Refusal | null>,
): Promise<RecoveryPoint | Refusal> {
  return inTransaction(session, async (tx) => {
    const row = await tx
      .selectFrom('recovery_points')
      .select(['id', 'state', 'held_since'])
      .where('id', '=', id as RecoveryPointId)
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined) return refuse('ADY_NOT_FOUND', `there is no recovery point ${id}`);
    const refusal = await change(tx, { id: row.id, state: row.state, isHeld: row.held_since !== null });
    if (refusal !== null) return refusal;
    const point = await findRecoveryPoint(tx, row.id);
    if (point === undefined) throw new Error(`invariant: locked recovery point ${id} can be read`);
    return point;
  });
}

function wrongState(id: RecoveryPointId, state: RecoveryPointState): Refusal {
  return refuse('ADY_RECOVERY_POINT_STATE', `recovery point ${id} is ${state}`);
}
