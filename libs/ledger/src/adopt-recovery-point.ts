// Puts a recovery point on record that only the bucket knows: after the ledger was lost, or set back to an older copy of itself. Its database
// is registered as the manifest says, its run and request are written as ended; doing it again changes nothing.
import { type ManifestContents } from '@adyton/contracts';
import {
  type DatabaseId,
  type Lane,
  type RecoveryPointId,
  type RequestId,
  type RunId,
  type RunState,
} from '@adyton/domain';
import { sql } from 'kysely';
import { recordAudit } from './audit-events';
import { insertRecoveryPoint } from './insert-recovery-point';
import { inTransaction, type LedgerSession } from './ledger';
import { endRun } from './runs';
import { nowMinus } from './sql-values';

export interface RecoveryPointToAdopt {
  readonly manifestKey: string;
  readonly manifestSha256: string;
  readonly runId: RunId;
  readonly fence: number;
  readonly contents: ManifestContents;
  readonly pieces: readonly { readonly handle: string; readonly bytes: number }[];
  readonly principal: string;
  /** Ids for what has to be made; a recovery point's id sorts as its manifest's time does. */
  readonly ids: {
    readonly recoveryPointId: RecoveryPointId;
    readonly databaseId: DatabaseId;
    readonly requestId: RequestId;
  };
}

export type Adoption =
  | { readonly kind: 'known' }
  /** `registered`: the database had to be put on record too. */
  | { readonly kind: 'added'; readonly registered: boolean }
  /** It stands against what is on record, or its host is not enrolled. */
  | { readonly kind: 'left-out'; readonly detail: string };

/** Rows of one INSERT; Postgres takes at most 65,535 parameters in a statement. */
const PIECES_PER_INSERT = 5_000;
const ONE_HOUR_SECONDS = 3_600;

export function adoptRecoveryPoint(session: LedgerSession, point: RecoveryPointToAdopt): Promise<Adoption> {
  return inTransaction(session, async (tx) => {
    const known = await tx
      .selectFrom('recovery_points')
      .select('id')
      .where('manifest_key', '=', point.manifestKey)
      .executeTakeFirst();
    if (known !== undefined) return { kind: 'known' };
    const database = await findOrRegister(tx, point);
    if (database.kind === 'left-out') return database;
    const obstacle = await settleRun(tx, point, database);
    if (obstacle !== null) return { kind: 'left-out', detail: obstacle };
    await insertPieces(tx, point, database.id);
    await insertRecoveryPoint(tx, {
      ...point,
      recoveryPointId: point.ids.recoveryPointId,
      databaseId: database.id,
      totals: point.contents.totals,
      startedAt: new Date(point.contents.startedAt), // what the bucket says is all that is known
      completedAt: new Date(point.contents.completedAt),
    });
    await recordAudit(tx, [
      {
        principal: point.principal,
        action: 'recovery-point.adopted',
        subjectId: point.ids.recoveryPointId,
        databaseId: database.id,
        detail: point.manifestKey,
      },
    ]);
    return { kind: 'added', registered: database.registered };
  });
}

type DatabaseFound =
  | { readonly kind: 'found'; readonly id: DatabaseId; readonly registered: boolean }
  | { readonly kind: 'left-out'; readonly detail: string };

async function findOrRegister(tx: LedgerSession, point: RecoveryPointToAdopt): Promise<DatabaseFound> {
  const { registration, dbid, dbUniqueName } = point.contents;
  const same = await tx
    .selectFrom('databases')
    .select('id')
    .where('dbid', '=', dbid)
    .where('db_unique_name', '=', dbUniqueName)
    .executeTakeFirst();
  if (same !== undefined) return { kind: 'found', id: same.id, registered: false };
  const namesake = await tx
    .selectFrom('databases')
    .select(['id', 'dbid'])
    .where('name', '=', registration.name)
    .forUpdate()
    .executeTakeFirst();
  if (namesake === undefined) return register(tx, point);
  if (namesake.dbid !== null) {
    const detail = `a database with DBID ${namesake.dbid} is registered as ${registration.name}; the vault holds DBID ${dbid}`;
    return { kind: 'left-out', detail };
  }
  await tx
    .updateTable('databases')
    .set({ dbid, db_unique_name: dbUniqueName })
    .where('id', '=', namesake.id)
    .execute();
  return { kind: 'found', id: namesake.id, registered: false };
}

async function register(
  tx: LedgerSession,
  { contents, ids, principal }: RecoveryPointToAdopt,
): Promise<DatabaseFound> {
  const { registration } = contents;
  const host = await tx
    .selectFrom('hosts')
    .select('id')
    .where('name', '=', registration.hostName)
    .executeTakeFirst();
  if (host === undefined) {
    const detail = `host ${registration.hostName} is not enrolled: adyton host enroll ${registration.hostName}, then rebuild again`;
    return { kind: 'left-out', detail };
  }
  await tx
    .insertInto('databases')
    .values({
      id: ids.databaseId,
      name: registration.name,
      host_id: host.id,
      oracle_home: registration.oracleHome,
      oracle_sid: registration.oracleSid,
      connect_descriptor: registration.connectDescriptor,
      channels: registration.channels,
      dbid: contents.dbid,
      db_unique_name: contents.dbUniqueName,
    })
    .execute();
  await recordAudit(tx, [
    { principal, action: 'database.adopted', subjectId: ids.databaseId, databaseId: ids.databaseId },
  ]);
  return { kind: 'found', id: ids.databaseId, registered: true };
}

/** The run of the point, succeeded. @returns why that cannot be, or null. */
async function settleRun(
  tx: LedgerSession,
  point: RecoveryPointToAdopt,
  database: { readonly id: DatabaseId },
): Promise<string | null> {
  const run = await tx
    .selectFrom('runs')
    .select(['id', 'state'])
    .where('id', '=', point.runId)
    .forUpdate()
    .executeTakeFirst();
  if (run === undefined) {
    await insertEndedRun(tx, point, database.id);
    return null;
  }
  if (run.state === 'committing') {
    await endRun(tx, { id: run.id, to: 'succeeded', reason: null, principal: point.principal });
    return null;
  }
  const ended: readonly RunState[] = ['succeeded', 'degraded'];
  return ended.includes(run.state) ? null : `run ${run.id} is on record as ${run.state}`;
}

/** A run that only the bucket knows, with the request it must have come from. Fences go on above those that were given out. */
async function insertEndedRun(
  tx: LedgerSession,
  point: RecoveryPointToAdopt,
  databaseId: DatabaseId,
): Promise<void> {
  const lane = laneOfPoint(point.contents);
  await insertClaimedRequest(tx, point, { databaseId, lane });
  await insertSucceededRun(tx, point, { databaseId, lane });
  await sql`SELECT setval('adyton.fences', greatest(${point.fence}, (SELECT last_value FROM adyton.fences)))`.execute(
    tx,
  );
}

function laneOfPoint({ origin, level }: RecoveryPointToAdopt['contents']): Lane {
  if (origin === 'external') return 'external';
  return level === 'archivelog' ? 'log' : 'data';
}

interface Whose {
  readonly databaseId: DatabaseId;
  readonly lane: Lane;
}

async function insertClaimedRequest(
  tx: LedgerSession,
  { contents, ids, principal }: RecoveryPointToAdopt,
  { databaseId, lane }: Whose,
): Promise<void> {
  const startedAt = new Date(contents.startedAt);
  await tx
    .insertInto('requests')
    .values({
      id: ids.requestId,
      database_id: databaseId,
      operation: 'backup',
      trigger: 'manual',
      kind: contents.level === 'archivelog' ? 'archivelog' : 'auto',
      lane,
      state: 'claimed',
      reason: null,
      principal,
      schedule_id: null,
      scheduled_at: null,
      expires_at: null,
      claim_by: null,
      replay_of: null,
      restore_plan_id: null,
      dispatched_at: null,
      created_at: startedAt,
      finished_at: startedAt,
    })
    .execute();
}

async function insertSucceededRun(
  tx: LedgerSession,
  { contents, runId, fence, ids }: RecoveryPointToAdopt,
  { databaseId, lane }: Whose,
): Promise<void> {
  await tx
    .insertInto('runs')
    .values({
      id: runId,
      request_id: ids.requestId,
      database_id: databaseId,
      host_id: sql`(SELECT host_id FROM adyton.databases WHERE id = ${databaseId})`,
      operation: 'backup',
      lane,
      attempt: 1,
      fence,
      state: 'succeeded',
      phase: 'commit',
      level: contents.level,
      level_reason: null,
      reason: null,
      agent_incarnation: '',
      sbt_token_sha256: '',
      lease_until: nowMinus(ONE_HOUR_SECONDS),
      cancel_requested_at: null,
      bytes_expected: contents.totals.bytesRead,
      bytes_read: contents.totals.bytesRead,
      bytes_new: contents.totals.bytesNew,
      bytes_stored: contents.totals.bytesStored,
      plan: null,
      scripts: null,
      contents: null,
      dispatched_at: null,
      started_at: new Date(contents.startedAt),
      finished_at: new Date(contents.completedAt),
    })
    .execute();
}

/** A piece belongs to the first run that is found to need it: which run wrote it is only known to its recipe. */
async function insertPieces(
  tx: LedgerSession,
  { pieces, runId, contents }: RecoveryPointToAdopt,
  databaseId: DatabaseId,
): Promise<void> {
  const rows = pieces.map(({ handle, bytes }) => ({
    database_id: databaseId,
    handle,
    run_id: runId,
    bytes,
    bytes_new: 0,
    bytes_stored: 0,
    closed_at: new Date(contents.completedAt),
  }));
  for (let i = 0; i < rows.length; i += PIECES_PER_INSERT)
    await tx
      .insertInto('pieces')
      .values(rows.slice(i, i + PIECES_PER_INSERT))
      .onConflict((c) => c.doNothing())
      .execute();
}
