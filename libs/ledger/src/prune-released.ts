// Rows of what has left the vault: recovery points whose manifests are marked as expired, and released pieces. They stay for people who ask what
// became of a backup, and then go; their runs go later. Of a handle that is gone nothing is said by a row, so nothing comes back with it.
import { sql } from 'kysely';
import { inTransaction, rowsAffected, type LedgerSession } from './ledger';
import { nowMinus } from './sql-values';

/** Rows of each kind in one look, whose closures are megabytes: the next look takes the rest. */
const POINTS_MAX = 500;
const PIECES_MAX = 20_000;

/** @returns how many points and pieces went */
export function pruneReleased(session: LedgerSession, olderThanSeconds: number): Promise<number> {
  return inTransaction(session, async (tx) => {
    const points = await tx
      .selectFrom('recovery_points')
      .select('id')
      .where('state', '=', 'expired')
      .where('vault_expired_at', '<', nowMinus(olderThanSeconds))
      .orderBy('vault_expired_at')
      .limit(POINTS_MAX)
      .execute();
    const ids = points.map(({ id }) => id);
    if (ids.length > 0) {
      await tx.deleteFrom('archived_logs').where('recovery_point_id', 'in', ids).execute();
      await tx.deleteFrom('recovery_points').where('id', 'in', ids).execute();
    }
    const pieces = await rowsAffected(
      tx,
      sql`DELETE FROM adyton.pieces WHERE (database_id, handle) IN (
        SELECT database_id, handle FROM adyton.pieces
        WHERE release_state = 'released' AND release_changed_at < ${nowMinus(olderThanSeconds)}
        ORDER BY release_changed_at LIMIT ${PIECES_MAX})`,
    );
    return ids.length + pieces;
  });
}
