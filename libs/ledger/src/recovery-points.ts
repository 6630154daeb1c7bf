// Recovery points as they are listed, and as the facts from which the level of a backup and the way of a restore are decided.
import {
  type BackupQuestion,
  type RecoveryPoint,
  type RecoveryPointContents,
  type RecoveryPointDetail,
} from '@adyton/contracts';
import {
  originOf,
  type DatabaseId,
  type LogRange,
  type RecoveryPointFacts,
  type RecoveryPointId,
  type Scn,
} from '@adyton/domain';
import { sql } from 'kysely';
import { type LedgerSession } from './ledger';
import { pageOf, type Page, type PageQuestion } from './pages';
import { toInstant, toInstantOrNull } from './sql-values';

function selectPoints(session: LedgerSession) {
  return session
    .selectFrom('recovery_points')
    .innerJoin('databases', 'databases.id', 'recovery_points.database_id')
    .innerJoin('runs', 'runs.id', 'recovery_points.run_id')
    .select([
      'runs.lane',
      'recovery_points.id',
      'recovery_points.database_id',
      'databases.name as database_name',
      'recovery_points.run_id',
      'recovery_points.level',
      'recovery_points.tag',
      'recovery_points.consistent_scn',
      'recovery_points.created_at',
      'recovery_points.started_at',
      'recovery_points.completed_at',
      'recovery_points.totals',
      'recovery_points.state',
      'recovery_points.expiring_until',
      'recovery_points.held_since',
      'recovery_points.held_by',
      'recovery_points.hold_reason',
    ])
    .select(sql<boolean | null>`jsonb_array_length(recovery_points.contents->'leftOut') > 0`.as('partial'))
    .orderBy('recovery_points.id', 'desc');
}
type ListedRow = Awaited<ReturnType<ReturnType<typeof selectPoints>['execute']>>[number];

/** Newest first. */
export async function listRecoveryPoints(
  session: LedgerSession,
  page: PageQuestion & { databaseId?: DatabaseId | undefined },
): Promise<Page<RecoveryPoint>> {
  let query = selectPoints(session).limit(page.limit + 1);
  if (page.cursor !== undefined)
    query = query.where('recovery_points.id', '<', page.cursor as RecoveryPointId);
  if (page.databaseId !== undefined) query = query.where('recovery_points.database_id', '=', page.databaseId);
  return pageOf(await query.execute(), page.limit, toPoint);
}

export async function findRecoveryPoint(
  session: LedgerSession,
  id: string,
): Promise<RecoveryPointDetail | undefined> {
  const row = await selectPoints(session)
    .select(['recovery_points.manifest_key', 'recovery_points.contents'])
    .where('recovery_points.id', '=', id as RecoveryPointId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return { ...toPoint(row), manifestKey: row.manifest_key, contents: row.contents };
}

/** Points that are held, expiring, or expired and still in the vault; newest first. */
export async function listPointsInRetention(
  session: LedgerSession,
  databaseId: DatabaseId,
): Promise<RecoveryPoint[]> {
  const rows = await selectPoints(session)
    .where('recovery_points.database_id', '=', databaseId)
    .where((e) =>
      e.or([
        e('recovery_points.held_since', 'is not', null),
        e('recovery_points.state', '=', 'expiring'),
        e.and([
          e('recovery_points.state', '=', 'expired'),
          e('recovery_points.vault_expired_at', 'is', null),
        ]),
      ]),
    )
    .execute();
  return rows.map(toPoint);
}

/** Object keys of the manifests that must be in the vault: those of all recovery points that have not expired, or of one database's. */
export async function listManifestKeys(session: LedgerSession, databaseId?: string): Promise<string[]> {
  let query = session
    .selectFrom('recovery_points')
    .select('manifest_key')
    .where('state', 'in', ['available', 'corrupt', 'expiring']);
  if (databaseId !== undefined) query = query.where('database_id', '=', databaseId as DatabaseId);
  return (await query.orderBy('id').execute()).map((row) => row.manifest_key);
}

/** What planRestore decides from: every available point of the database with the logs it holds. */
export async function readRecoveryPointFacts(
  session: LedgerSession,
  databaseId: DatabaseId,
): Promise<RecoveryPointFacts[]> {
  const points = await session
    .selectFrom('recovery_points')
    .select(['id', 'level', 'resetlogs_scn', 'consistent_scn', 'redo_from_scn'])
    .select(sql<RecoveryPointContents['leftOut'] | null>`contents->'leftOut'`.as('left_out'))
    .where('database_id', '=', databaseId)
    .where('state', '=', 'available')
    .orderBy('id')
    .execute();
  const logs = await session
    .selectFrom('archived_logs')
    .selectAll()
    .where('database_id', '=', databaseId)
    .execute();
  const logsOf = Map.groupBy(logs, (l) => l.recovery_point_id);
  return points.map((p) => ({
    id: p.id,
    level: p.level,
    resetlogsScn: p.resetlogs_scn,
    consistentScn: p.consistent_scn,
    redoFromScn: p.redo_from_scn,
    logs: (logsOf.get(p.id) ?? []).map(toLogRange),
    missingFiles: (p.left_out ?? []).map((f) => f.file),
  }));
}

type PluggableDatabases = NonNullable<RecoveryPointContents['pluggableDatabases']>;

/** The newest recovery point with data files: what a level 1 may build on. */
export async function readLastDataPoint(
  session: LedgerSession,
  databaseId: DatabaseId,
): Promise<BackupQuestion['lastPoint']> {
  const row = await session
    .selectFrom('recovery_points')
    .select(['id', 'completed_at', 'resetlogs_scn', 'consistent_scn', 'redo_from_scn'])
    .select(sql<PluggableDatabases | null>`contents->'pluggableDatabases'`.as('pluggable_databases'))
    .where('database_id', '=', databaseId)
    .where('state', '=', 'available')
    .where('level', 'in', ['level0', 'level1'])
    .orderBy('id', 'desc')
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    id: row.id,
    completedAt: toInstant(row.completed_at),
    resetlogsScn: row.resetlogs_scn,
    consistentScn: row.consistent_scn,
    redoFromScn: row.redo_from_scn,
    pluggableDatabases: row.pluggable_databases,
  };
}

/** The newest archived log the vault holds, per incarnation and thread. */
export async function readLastLogs(
  session: LedgerSession,
  databaseId: DatabaseId,
): Promise<{ resetlogsScn: Scn; thread: number; sequence: number }[]> {
  const rows = await session
    .selectFrom('archived_logs')
    .innerJoin('recovery_points', 'recovery_points.id', 'archived_logs.recovery_point_id')
    .select(['archived_logs.resetlogs_scn', 'archived_logs.thread'])
    .select((e) => e.fn.max('archived_logs.sequence').as('sequence'))
    .where('archived_logs.database_id', '=', databaseId)
    .where('recovery_points.state', '=', 'available')
    .groupBy(['archived_logs.resetlogs_scn', 'archived_logs.thread'])
    .execute();
  return rows.map((r) => ({ resetlogsScn: r.resetlogs_scn, thread: r.thread, sequence: r.sequence }));
}

/** The last completion of a recovery point, per database. */
export async function readLastCompletions(session: LedgerSession): Promise<Map<DatabaseId, Date>> {
  const rows = await session
    .selectFrom('recovery_points')
    .select('database_id')
    .select((e) => e.fn.max('completed_at').as('completed_at'))
    .where('state', '=', 'available')
    .groupBy('database_id')
    .execute();
  return new Map(rows.map((r) => [r.database_id, r.completed_at]));
}

function toLogRange(row: {
  thread: number;
  sequence: number;
  resetlogs_scn: Scn;
  first_scn: Scn;
  next_scn: Scn;
  handle: string;
}): LogRange {
  return {
    thread: row.thread,
    sequence: row.sequence,
    resetlogsScn: row.resetlogs_scn,
    firstScn: row.first_scn,
    nextScn: row.next_scn,
    handle: row.handle,
  };
}

function holdOf(row: ListedRow): RecoveryPoint['hold'] {
  if (row.held_since === null) return null;
  return { by: row.held_by ?? '', reason: row.hold_reason ?? '', since: toInstant(row.held_since) };
}

function toPoint(row: ListedRow): RecoveryPoint {
  return {
    id: row.id,
    databaseId: row.database_id,
    databaseName: row.database_name,
    runId: row.run_id,
    origin: originOf(row.lane),
    level: row.level,
    tag: row.tag,
    consistentScn: row.consistent_scn,
    createdAt: toInstant(row.created_at),
    startedAt: toInstant(row.started_at),
    completedAt: toInstant(row.completed_at),
    totals: row.totals,
    state: row.state,
    expiresAt: toInstantOrNull(row.expiring_until),
    hold: holdOf(row),
    // points of older releases name no files that were left out
    partial: row.partial ?? false,
  };
}
