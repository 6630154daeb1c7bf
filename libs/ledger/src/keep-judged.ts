// Keeps what a judgement made of one database: its row and instances, the events with their audit rows, and, when a registered database has
// moved, its registration. Nothing is ever deleted: instances nobody sees any more are gone, databases vanished, both stay on record.
import {
  type DatabaseId,
  type DiscoveryId,
  type FoundDatabaseId,
  type HostId,
  type JudgedDatabase,
} from '@adyton/domain';
import { sql } from 'kysely';
import { recordAudit } from './audit-events';
import { noteFound, type FoundDatabase } from './discovery-alerts';
import { type LedgerSession } from './ledger';
import { placeKey } from './read-sightings';
import { now } from './sql-values';

export interface JudgementContext {
  readonly discoveryId: DiscoveryId;
  /** The host whose report led to the judgement. */
  readonly hostId: HostId;
  readonly descriptors: ReadonlyMap<string, string>;
  newFoundDatabaseId(): FoundDatabaseId;
}

export async function keepJudged(
  tx: LedgerSession,
  judged: JudgedDatabase,
  context: JudgementContext,
): Promise<void> {
  const id = judged.id ?? context.newFoundDatabaseId();
  const { databaseId, hasRegisteredName } = await keepDatabase(tx, id, judged, context);
  await keepInstances(tx, id, judged, context);
  // found for the first time, it stays where it is registered: whether it moved shows when its own host has looked
  if (databaseId !== null && judged.id !== null) await relocate(tx, databaseId, judged, context);
  await keepEvents(tx, { id, databaseId }, judged, context);
  await noteFound(tx, { id, databaseId, hasRegisteredName }, judged, context.hostId);
}

/** What registered database it is, if any; one that was renamed stays bound to its registration. */
async function keepDatabase(
  tx: LedgerSession,
  id: FoundDatabaseId,
  { identity, state, duplicate, place, sightings }: JudgedDatabase,
  { hostId }: JudgementContext,
): Promise<Pick<FoundDatabase, 'databaseId' | 'hasRegisteredName'>> {
  const registered = await tx
    .selectFrom('databases')
    .select('id')
    .where('dbid', '=', identity.dbid)
    .where(sql`upper(db_unique_name)`, '=', identity.dbUniqueName.toUpperCase()) // RMAN prints it in capitals
    .executeTakeFirst();
  const values = {
    dbid: identity.dbid,
    db_name: identity.dbName,
    db_unique_name: identity.dbUniqueName,
    resetlogs_scn: identity.resetlogsScn,
    state,
    duplicate,
    place_host_id: place.hostId,
    place_sid: place.sid,
    place_oracle_home: place.oracleHome,
    ...(registered === undefined ? {} : { database_id: registered.id }),
    ...(sightings.some((s) => s.hostId === hostId) ? { last_seen_at: now } : {}), // others saw it when they looked
  };
  const row = await tx
    .insertInto('found_databases')
    .values({ ...values, id, database_id: registered?.id ?? null })
    .onConflict((c) => c.column('id').doUpdateSet(values))
    .returning('database_id')
    .executeTakeFirstOrThrow();
  return { databaseId: row.database_id, hasRegisteredName: registered !== undefined };
}

async function keepInstances(
  tx: LedgerSession,
  id: FoundDatabaseId,
  { sightings }: JudgedDatabase,
  { hostId, descriptors }: JudgementContext,
): Promise<void> {
  await tx
    .updateTable('found_instances')
    .set({ state: 'gone' })
    .where('found_database_id', '=', id)
    .execute();
  for (const seen of sightings) {
    const values = {
      oracle_home: seen.oracleHome,
      state: seen.running ? ('running' as const) : ('down' as const),
      connect_descriptor: descriptors.get(placeKey(seen.hostId, seen.sid)) ?? null,
    };
    await tx
      .insertInto('found_instances')
      .values({ ...values, found_database_id: id, host_id: seen.hostId, sid: seen.sid })
      .onConflict((c) =>
        c
          .columns(['found_database_id', 'host_id', 'sid'])
          .doUpdateSet({ ...values, ...(seen.hostId === hostId ? { last_seen_at: now } : {}) }),
      )
      .execute();
  }
}

/** The next claim is the new host's: requests that wait are rung there, and the old host's claim is refused. */
async function relocate(
  tx: LedgerSession,
  databaseId: DatabaseId,
  { place, state }: JudgedDatabase,
  { descriptors }: JudgementContext,
): Promise<void> {
  if (state === 'vanished') return;
  const descriptor = descriptors.get(placeKey(place.hostId, place.sid));
  const registered = await tx
    .selectFrom('databases')
    .select(['host_id', 'oracle_sid', 'oracle_home'])
    .where('id', '=', databaseId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  const isElsewhere = registered.host_id !== place.hostId || registered.oracle_sid !== place.sid;
  if (!isElsewhere && registered.oracle_home === place.oracleHome) return;
  await tx
    .updateTable('databases')
    .set({
      host_id: place.hostId,
      oracle_sid: place.sid,
      oracle_home: place.oracleHome,
      // in another home on its host the listener is reached as before
      ...(isElsewhere && descriptor !== undefined ? { connect_descriptor: descriptor } : {}),
    })
    .where('id', '=', databaseId)
    .execute();
}

async function keepEvents(
  tx: LedgerSession,
  { id, databaseId }: { id: FoundDatabaseId; databaseId: DatabaseId | null },
  { identity, events }: JudgedDatabase,
  { discoveryId, hostId }: JudgementContext,
): Promise<void> {
  for (const { kind, detail } of events) {
    await tx
      .insertInto('discovery_events')
      .values({
        discovery_id: discoveryId,
        host_id: hostId,
        kind,
        found_database_id: id,
        database_id: databaseId,
        db_unique_name: identity.dbUniqueName,
        detail,
      })
      .execute();
    await recordAudit(tx, [
      {
        principal: `host:${hostId}`,
        action: `database.${kind}`,
        subjectId: databaseId ?? id,
        databaseId,
        detail,
      },
    ]);
  }
}
