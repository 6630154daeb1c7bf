// Registered target databases. A database is found by name or id; its identity (DBID, DB_UNIQUE_NAME) is learned once and then guarded.
import { type Database, type DatabaseRegistration } from '@adyton/contracts';
import { type DatabaseId, type HostId } from '@adyton/domain';
import { type Selectable } from 'kysely';
import { recordAudit } from './audit-events';
import { hostExists } from './hosts';
import { inTransaction, type LedgerSession } from './ledger';
import { addToOutbox } from './outbox';
import { pageOf, type Page, type PageQuestion } from './pages';
import { refuse, type Refusal } from './refusal';
import { noteDatabaseSeen } from './release-sites';
import { toInstant } from './sql-values';
import { type DatabasesTable } from './tables';

export interface NewDatabase {
  readonly id: DatabaseId;
  readonly name: string;
  readonly hostId: HostId;
  readonly oracleHome: string;
  readonly oracleSid: string;
  readonly connectDescriptor: string;
  readonly channels: number;
  readonly principal: string;
}

/** Registers a database and asks its agent, through the outbox, who it is. */
export function registerDatabase(session: LedgerSession, database: NewDatabase): Promise<Database | Refusal> {
  return inTransaction(session, async (tx) => {
    if (!(await hostExists(tx, database.hostId)))
      return refuse('ADY_NOT_FOUND', `no host ${database.hostId} is enrolled`);
    const row = await tx
      .insertInto('databases')
      .values({
        id: database.id,
        name: database.name,
        host_id: database.hostId,
        oracle_home: database.oracleHome,
        oracle_sid: database.oracleSid,
        connect_descriptor: database.connectDescriptor,
        channels: database.channels,
        dbid: null,
        db_unique_name: null,
      })
      .onConflict((c) => c.column('name').doNothing())
      .returningAll()
      .executeTakeFirst();
    if (row === undefined)
      return refuse('ADY_ALREADY_EXISTS', `a database named ${database.name} is registered`);
    await addToOutbox(tx, {
      jobName: 'database.discover',
      hostId: database.hostId,
      payload: { v: 1, databaseId: database.id },
      jobId: `${database.id}.1`,
    });
    await recordAudit(tx, [
      {
        principal: database.principal,
        action: 'database.registered',
        subjectId: database.id,
        databaseId: database.id,
      },
    ]);
    return toDatabase(row);
  });
}

export async function listDatabases(session: LedgerSession, page: PageQuestion): Promise<Page<Database>> {
  let query = session
    .selectFrom('databases')
    .selectAll()
    .orderBy('id')
    .limit(page.limit + 1);
  if (page.cursor !== undefined) query = query.where('id', '>', page.cursor as DatabaseId);
  return pageOf(await query.execute(), page.limit, toDatabase);
}

export async function findDatabase(session: LedgerSession, nameOrId: string): Promise<Database | undefined> {
  const row = await session
    .selectFrom('databases')
    .selectAll()
    .where((e) => e.or([e('name', '=', nameOrId), e('id', '=', nameOrId as DatabaseId)]))
    .executeTakeFirst();
  return row === undefined ? undefined : toDatabase(row);
}

/** Registered databases of one host; there are a few dozen at most. */
export async function listDatabasesOfHost(session: LedgerSession, hostId: HostId): Promise<Database[]> {
  const rows = await session
    .selectFrom('databases')
    .selectAll()
    .where('host_id', '=', hostId)
    .orderBy('name')
    .execute();
  return rows.map(toDatabase);
}

/** How the database is registered, with the name of its host: what a manifest keeps of it. */
export async function readRegistration(
  session: LedgerSession,
  id: DatabaseId,
): Promise<DatabaseRegistration> {
  const row = await session
    .selectFrom('databases')
    .innerJoin('hosts', 'hosts.id', 'databases.host_id')
    .select(['databases.name', 'databases.oracle_home', 'databases.oracle_sid'])
    .select(['databases.connect_descriptor', 'databases.channels', 'hosts.name as host_name'])
    .where('databases.id', '=', id)
    .executeTakeFirstOrThrow();
  return {
    name: row.name,
    hostName: row.host_name,
    oracleHome: row.oracle_home,
    oracleSid: row.oracle_sid,
    connectDescriptor: row.connect_descriptor,
    channels: row.channels,
  };
}

/** Serialises decisions about one database until the transaction ends. Not FOR UPDATE: that would block rows that refer to it. */
export async function lockDatabase(tx: LedgerSession, id: DatabaseId): Promise<Database | undefined> {
  const row = await tx
    .selectFrom('databases')
    .selectAll()
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  return row === undefined ? undefined : toDatabase(row);
}

export interface DatabaseIdentity {
  readonly dbid: string;
  readonly dbUniqueName: string;
}

/** The first report is kept; a later one that differs is refused, because backups of two databases must never mix. */
export function recordIdentity(
  session: LedgerSession,
  id: DatabaseId,
  identity: DatabaseIdentity,
  principal: string,
): Promise<Database | Refusal> {
  return inTransaction(session, async (tx) => {
    const known = await lockDatabase(tx, id);
    if (known === undefined) return refuse('ADY_DATABASE_UNKNOWN', `no database ${id} is registered`);
    if (known.dbid === identity.dbid && known.dbUniqueName === identity.dbUniqueName) {
      await noteDatabaseSeen(tx, id, principal);
      return known;
    }
    if (known.dbid !== null) {
      return refuse(
        'ADY_DATABASE_IDENTITY_CHANGED',
        `${known.name} is registered as DBID ${known.dbid} (${known.dbUniqueName ?? ''}); it now says ${identity.dbid} (${identity.dbUniqueName})`,
      );
    }
    const row = await tx
      .updateTable('databases')
      .set({ dbid: identity.dbid, db_unique_name: identity.dbUniqueName })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow();
    const detail = `DBID ${identity.dbid}, DB_UNIQUE_NAME ${identity.dbUniqueName}`;
    await recordAudit(tx, [
      { principal, action: 'database.identified', subjectId: id, databaseId: id, detail },
    ]);
    return toDatabase(row);
  });
}

function toDatabase(row: Selectable<DatabasesTable>): Database {
  return {
    id: row.id,
    name: row.name,
    hostId: row.host_id,
    oracleHome: row.oracle_home,
    oracleSid: row.oracle_sid,
    connectDescriptor: row.connect_descriptor,
    channels: row.channels,
    dbid: row.dbid,
    dbUniqueName: row.db_unique_name,
    createdAt: toInstant(row.created_at),
  };
}
