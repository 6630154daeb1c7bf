// Where a run is: on the instance its database is registered with, or on the one it moved to last.
import { type Database } from '@adyton/contracts';
import { type DatabaseId, type RunId } from '@adyton/domain';
import { findDatabase } from './databases';
import { type LedgerSession } from './ledger';

/** The database as it is reached from the instance the run is on now. */
export async function databaseOfRun(
  session: LedgerSession,
  run: { readonly id: RunId; readonly database_id: DatabaseId },
): Promise<Database> {
  const database = await findDatabase(session, run.database_id);
  if (database === undefined) throw new Error('invariant: a run has its database');
  const move = await session
    .selectFrom('run_moves')
    .selectAll()
    .where('run_id', '=', run.id)
    .orderBy('fence', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (move === undefined) return database;
  return {
    ...database,
    hostId: move.to_host_id,
    oracleSid: move.to_sid,
    oracleHome: move.to_oracle_home,
    connectDescriptor: move.to_connect_descriptor,
  };
}
