// A cluster as discovery found it: ORCL1, ORCL2 and so on, on hosts of their own.
import { type DatabaseId, type FoundDatabaseId, type HostId } from '@adyton/domain';
import { sql } from 'kysely';
import { enrolHost, recordPresence } from '../hosts';
import { type LedgerSession } from '../ledger';
import { nextId, type LedgerFixture } from './ledger-fixture';

export async function newHost(session: LedgerSession, name: string): Promise<HostId> {
  const id = nextId<HostId>('hst');
  await enrolHost(session, { id, name, tokenSha256: name, principal: 'api' });
  return id;
}

/** Their agents are there. */
export async function sign(session: LedgerSession, ...hosts: readonly HostId[]): Promise<void> {
  for (const id of hosts) await recordPresence(session, { id, incarnation: 'i', version: 'v' });
}

/** The database is registered on the fixture's host, as ORCL1. */
export async function newCluster(
  fixture: LedgerFixture,
  others: readonly HostId[],
): Promise<{ readonly databaseId: DatabaseId; readonly found: FoundDatabaseId }> {
  const { session } = fixture.ledger;
  const databaseId = await fixture.newDatabase();
  await sql`UPDATE adyton.databases SET oracle_sid = 'ORCL1', dbid = '1234567890', db_unique_name = 'ORCL'
    WHERE id = ${databaseId}`.execute(session);
  const found = nextId<FoundDatabaseId>('fdb');
  await sql`INSERT INTO adyton.found_databases (id, dbid, db_name, db_unique_name, resetlogs_scn, state, duplicate,
      place_host_id, place_sid, place_oracle_home, database_id)
    VALUES (${found}, ${found}, 'ORCL', 'ORCL', '1', 'seen', false, ${fixture.hostId}, 'ORCL1', '/u01/home', ${databaseId})`.execute(
    session,
  );
  for (const [n, hostId] of [fixture.hostId, ...others].entries())
    await sql`INSERT INTO adyton.found_instances (found_database_id, host_id, sid, oracle_home, state, connect_descriptor)
      VALUES (${found}, ${hostId}, ${`ORCL${n + 1}`}, '/u02/home', 'running', ${`orcl${n + 1}:1521/orcl`})`.execute(
      session,
    );
  return { databaseId, found };
}
