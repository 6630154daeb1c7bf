// A database by name or id, or the refusal everybody gives when there is none.
import { type Database } from '@adyton/contracts';
import { findDatabase, hasActiveRunOn, type LedgerSession } from '@adyton/ledger';
import { type DatabaseId, type HostId } from '@adyton/domain';
import { RefusedRequest } from '../http/refused-request';

/** @throws RefusedRequest ADY_DATABASE_UNKNOWN */
export async function findRegistered(session: LedgerSession, nameOrId: string): Promise<Database> {
  const database = await findDatabase(session, nameOrId);
  if (database === undefined)
    throw new RefusedRequest('ADY_DATABASE_UNKNOWN', `no database ${nameOrId} is registered`);
  return database;
}

/** For host tokens: a database of the caller's, or one a run of the caller's is at work on. @throws RefusedRequest ADY_DATABASE_UNKNOWN or ADY_FORBIDDEN */
export async function findOwn(session: LedgerSession, id: string, hostId: HostId): Promise<Database> {
  const database = await findRegistered(session, id);
  if (database.hostId !== hostId && !(await hasActiveRunOn(session, database.id, hostId)))
    throw new RefusedRequest('ADY_FORBIDDEN', `database ${id} belongs to another host`);
  return database;
}

/** The optional `database` filter of a list. */
export async function idOfFilter(
  session: LedgerSession,
  nameOrId: string | undefined,
): Promise<DatabaseId | undefined> {
  return nameOrId === undefined ? undefined : (await findRegistered(session, nameOrId)).id;
}
