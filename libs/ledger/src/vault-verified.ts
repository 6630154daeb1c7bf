// What verification of the vault found, as the rest of the product has to know it: no backup relies on a piece that is lost, and a recovery
// point that needs one is not offered for a restore. A later verification that finds it whole again takes that back.
import { type RecoveryPointState } from '@adyton/domain';
import { sql } from 'kysely';
import { recordAudit } from './audit-events';
import { inTransaction, type LedgerSession } from './ledger';
import { now, toJson } from './sql-values';
import { noteCorruptPoints } from './vault-alerts';

/** What was verified when; the ledger only keeps it, its shape belongs to the vault. Null before the first verification. */
export async function readVerifyState<T>(session: LedgerSession): Promise<T | null> {
  const row = await session.selectFrom('vault_verified').select('state').executeTakeFirst();
  return row === undefined ? null : (row.state as T);
}

export async function storeVerifyState(session: LedgerSession, state: object): Promise<void> {
  await session
    .insertInto('vault_verified')
    .values({ state: toJson(state) })
    .onConflict((c) => c.column('only_row').doUpdateSet({ state: toJson(state) }))
    .execute();
}

export interface VerifiedPoints {
  /** Object keys of manifests whose recovery points cannot be restored. */
  readonly corruptManifests: readonly string[];
  /** Handles of the pieces that cannot be given back. */
  readonly lostHandles: readonly string[];
  /** Whether everything that is not named was found whole. */
  readonly othersAreWhole: boolean;
  readonly principal: string;
}

export function recordVerifiedPoints(session: LedgerSession, verified: VerifiedPoints): Promise<void> {
  return inTransaction(session, async (tx) => {
    const { corruptManifests, lostHandles, othersAreWhole, principal } = verified;
    const isCorrupt = sql<boolean>`manifest_key = ANY(${[...corruptManifests]}::text[])`;
    const isLost = sql<boolean>`handle = ANY(${[...lostHandles]}::text[])`;
    await movePoints(tx, { from: 'available', to: 'corrupt', where: isCorrupt, principal });
    await tx.updateTable('pieces').set({ lost_at: now }).where('lost_at', 'is', null).where(isLost).execute();
    if (!othersAreWhole) return;
    await movePoints(tx, { from: 'corrupt', to: 'available', where: sql`NOT ${isCorrupt}`, principal });
    await tx
      .updateTable('pieces')
      .set({ lost_at: null })
      .where('lost_at', 'is not', null)
      .where(sql<boolean>`NOT ${isLost}`)
      .execute();
  });
}

type WholeOrNot = Extract<RecoveryPointState, 'available' | 'corrupt'>;

interface PointMove {
  readonly from: WholeOrNot;
  readonly to: WholeOrNot;
  readonly where: ReturnType<typeof sql<boolean>>;
  readonly principal: string;
}

async function movePoints(tx: LedgerSession, { from, to, where, principal }: PointMove): Promise<void> {
  // one that is expiring is found corrupt too: should it be taken back, it is that
  await tx
    .updateTable('recovery_points')
    .set({ expiring_from: to })
    .where('state', '=', 'expiring')
    .where('expiring_from', '=', from)
    .where(where)
    .execute();
  const moved = await tx
    .updateTable('recovery_points')
    .set({ state: to })
    .where('state', '=', from)
    .where(where)
    .returning(['id', 'database_id'])
    .execute();
  await recordAudit(
    tx,
    moved.map(({ id, database_id }) => ({
      principal,
      action: `recovery-point.found-${to}`,
      subjectId: id,
      databaseId: database_id,
    })),
  );
  for (const databaseId of new Set(moved.map((p) => p.database_id)))
    await noteCorruptPoints(tx, databaseId, principal);
}
