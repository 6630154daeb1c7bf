// Whether RMAN's records of a database are still there to be asked: an operator may say that they are gone, and the database that they are not.
import { type DatabaseId } from '@adyton/domain';
import { recordAudit } from './audit-events';
import { type LedgerSession } from './ledger';

export async function isForgotten(tx: LedgerSession, databaseId: DatabaseId): Promise<boolean> {
  const row = await tx
    .selectFrom('release_sites')
    .select('forgotten_at')
    .where('database_id', '=', databaseId)
    .executeTakeFirst();
  return row !== undefined && row.forgotten_at !== null;
}

/** A database that says who it is has not gone: from now on its RMAN is asked again. */
export async function noteDatabaseSeen(
  tx: LedgerSession,
  databaseId: DatabaseId,
  principal: string,
): Promise<void> {
  const row = await tx
    .updateTable('release_sites')
    .set({ forgotten_at: null, forgotten_by: null })
    .where('database_id', '=', databaseId)
    .where('forgotten_at', 'is not', null)
    .returning('database_id')
    .executeTakeFirst();
  if (row === undefined) return;
  await recordAudit(tx, [{ principal, action: 'database.seen-again', subjectId: databaseId, databaseId }]);
}
