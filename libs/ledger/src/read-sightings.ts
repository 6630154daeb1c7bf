// What a judgement starts from: the last sightings of every host, and the databases as earlier judgements left them.
import { type DiscoveryReport } from '@adyton/contracts';
import { type HostId, type KnownDatabase, type Sighting } from '@adyton/domain';
import { sql } from 'kysely';
import { lastReports } from './discoveries';
import { type LedgerSession } from './ledger';

export interface Sightings {
  readonly sightings: readonly Sighting[];
  /** Where listeners lead to instances, by `<host>/<sid>`. */
  readonly descriptors: ReadonlyMap<string, string>;
}

/** In a report with gaps, an instance that is not there may only not have been seen: the host's last report without gaps fills in. */
export async function readSightings(tx: LedgerSession): Promise<Sightings> {
  const [newest, complete] = await Promise.all([
    lastReports(tx, 'any').select(['host_id', 'report']).execute(),
    lastReports(tx, 'complete').select(['host_id', 'report']).execute(),
  ]);
  const whole = new Map(complete.map((row) => [row.host_id, row.report]));
  const seen = newest.flatMap(({ host_id: hostId, report }) =>
    instancesOf(report, whole.get(hostId) ?? null).map((instance) => ({ hostId, instance })),
  );
  return {
    sightings: seen.map(({ hostId, instance }) => ({
      hostId,
      sid: instance.sid,
      oracleHome: instance.oracleHome,
      running: instance.running,
      clustered: instance.clustered,
      identity: instance.identity,
    })),
    descriptors: new Map(
      seen.flatMap(({ hostId, instance }) =>
        instance.connectDescriptor === null
          ? []
          : [[placeKey(hostId, instance.sid), instance.connectDescriptor] as const],
      ),
    ),
  };
}

export function placeKey(hostId: HostId, sid: string): string {
  return `${hostId}/${sid}`;
}

function instancesOf(
  newest: DiscoveryReport | null,
  complete: DiscoveryReport | null,
): DiscoveryReport['instances'] {
  const seen = newest?.instances ?? [];
  const names = new Set(seen.map((i) => i.sid));
  return [...seen, ...(complete?.instances ?? []).filter((i) => newest !== complete && !names.has(i.sid))];
}

/** Backups of a registered database run where it is registered: that is its place, whatever was found first. */
export async function readKnownDatabases(tx: LedgerSession): Promise<KnownDatabase[]> {
  const rows = await tx
    .selectFrom('found_databases')
    .leftJoin('databases', (join) =>
      join.on((e) =>
        e.or([
          e('databases.id', '=', e.ref('found_databases.database_id')),
          e.and([
            e('found_databases.database_id', 'is', null),
            e('databases.dbid', '=', e.ref('found_databases.dbid')),
            e(sql`upper(databases.db_unique_name)`, '=', sql`upper(found_databases.db_unique_name)`),
          ]),
        ]),
      ),
    )
    .leftJoin(lastReports(tx, 'complete').select(['host_id', 'created_at']).as('look'), (join) =>
      join.onRef('look.host_id', '=', 'databases.host_id'),
    )
    .selectAll('found_databases')
    .select(['databases.host_id', 'databases.oracle_sid', 'databases.oracle_home'])
    .select(sql<boolean>`look.created_at >= databases.created_at`.as('looked'))
    .execute();
  const instances = Map.groupBy(
    await tx.selectFrom('found_instances').select(['found_database_id', 'host_id', 'sid']).execute(),
    (row) => row.found_database_id,
  );
  return rows.map((row) => ({
    id: row.id,
    identity: {
      dbid: row.dbid,
      dbName: row.db_name,
      dbUniqueName: row.db_unique_name,
      resetlogsScn: row.resetlogs_scn,
    },
    state: row.state,
    duplicate: row.duplicate,
    place: {
      hostId: row.host_id ?? row.place_host_id,
      sid: row.oracle_sid ?? row.place_sid,
      oracleHome: row.oracle_home ?? row.place_oracle_home,
    },
    placeLooked: row.host_id === null || row.looked === true, // a place that was found was seen
    instances: (instances.get(row.id) ?? []).map((i) => ({ hostId: i.host_id, sid: i.sid })),
  }));
}
