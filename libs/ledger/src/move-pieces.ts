// The one way a piece moves on its way out: by compare-and-set, along the table.
import { pieceReleaseTransitions, transition, type DatabaseId, type PieceReleaseState } from '@adyton/domain';
import { sql } from 'kysely';
import { type LedgerSession } from './ledger';
import { now } from './sql-values';

export interface PiecesMove {
  readonly databaseId: DatabaseId;
  /** Left out: every piece of the database that is in `from`. */
  readonly handles?: readonly string[];
  readonly from: PieceReleaseState;
  readonly to: PieceReleaseState;
}

/** @returns handles of the pieces that moved. */
export async function movePieces(
  tx: LedgerSession,
  { databaseId, handles, from, to }: PiecesMove,
): Promise<string[]> {
  if (transition(pieceReleaseTransitions, from, to).kind === 'refused')
    throw new Error(`invariant: no piece goes from ${from} to ${to}`);
  if (handles?.length === 0) return [];
  let update = tx
    .updateTable('pieces')
    .set({ release_state: to, release_changed_at: to === 'kept' ? null : now })
    .where('database_id', '=', databaseId)
    .where('release_state', '=', from);
  if (handles !== undefined) update = update.where('handle', '=', sql<string>`ANY(${[...handles]}::text[])`);
  return (await update.returning('handle').execute()).map((row) => row.handle);
}
