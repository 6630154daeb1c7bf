// Databases that discovery found, and what changed about them, as they are read.
import { type DiscoveryEventRecord, type FoundDatabase } from '@adyton/contracts';
import { type FoundDatabaseId } from '@adyton/domain';
import { type LedgerSession } from './ledger';
import { pageOf, type Page, type PageQuestion } from './pages';
import { toInstant } from './sql-values';

export async function listFoundDatabases(
  session: LedgerSession,
  page: PageQuestion,
): Promise<Page<FoundDatabase>> {
  let query = session
    .selectFrom('found_databases')
    .leftJoin('databases', 'databases.id', 'found_databases.database_id')
    .selectAll('found_databases')
    .select('databases.name as database_name')
    .orderBy('found_databases.id')
    .limit(page.limit + 1);
  if (page.cursor !== undefined)
    query = query.where('found_databases.id', '>', page.cursor as FoundDatabaseId);
  const rows = await query.execute();
  const instances = Map.groupBy(
    await readInstances(
      session,
      rows.map((r) => r.id),
    ),
    (i) => i.found_database_id,
  );
  return pageOf(rows, page.limit, (row) => ({
    id: row.id,
    dbid: row.dbid,
    dbName: row.db_name,
    dbUniqueName: row.db_unique_name,
    resetlogsScn: row.resetlogs_scn,
    state: row.state,
    duplicate: row.duplicate,
    databaseId: row.database_id,
    databaseName: row.database_name,
    firstSeenAt: toInstant(row.first_seen_at),
    lastSeenAt: toInstant(row.last_seen_at),
    instances: (instances.get(row.id) ?? []).map((i) => ({
      hostId: i.host_id,
      hostName: i.host_name,
      sid: i.sid,
      oracleHome: i.oracle_home,
      state: i.state,
      lastSeenAt: toInstant(i.last_seen_at),
    })),
  }));
}

async function readInstances(session: LedgerSession, ids: readonly FoundDatabaseId[]) {
  if (ids.length === 0) return [];
  return session
    .selectFrom('found_instances')
    .innerJoin('hosts', 'hosts.id', 'found_instances.host_id')
    .selectAll('found_instances')
    .select('hosts.name as host_name')
    .where('found_database_id', 'in', [...ids])
    .orderBy('found_instances.sid')
    .orderBy('hosts.name')
    .execute();
}

/** Newest first. */
export async function listDiscoveryEvents(
  session: LedgerSession,
  page: PageQuestion,
): Promise<Page<DiscoveryEventRecord>> {
  let query = session
    .selectFrom('discovery_events')
    .innerJoin('hosts', 'hosts.id', 'discovery_events.host_id')
    .selectAll('discovery_events')
    .select('hosts.name as host_name')
    .orderBy('discovery_events.id', 'desc')
    .limit(page.limit + 1);
  if (page.cursor !== undefined) query = query.where('discovery_events.id', '<', Number(page.cursor));
  const rows = (await query.execute()).map((row) => ({ id: String(row.id), row }));
  return pageOf(rows, page.limit, ({ row }) => ({
    id: row.id,
    at: toInstant(row.at),
    discoveryId: row.discovery_id,
    hostName: row.host_name,
    kind: row.kind,
    foundDatabaseId: row.found_database_id,
    databaseId: row.database_id,
    dbUniqueName: row.db_unique_name,
    detail: row.detail,
  }));
}
