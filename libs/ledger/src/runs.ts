// Runs as they are read, and the two ways a run row is changed: under its fence, by a compare-and-set on its state.
import { type Reason, type Run, type RunDetail } from '@adyton/contracts';
import {
  originOf,
  runTransitions,
  statesLeadingTo,
  type DatabaseId,
  type HostId,
  type Lane,
  type RunId,
  type RunState,
} from '@adyton/domain';
import { type Selectable } from 'kysely';
import { recordAudit } from './audit-events';
import { type LedgerSession } from './ledger';
import { pageOf, type Page, type PageQuestion } from './pages';
import { hasMoved, listMoves } from './read-moves';
import { refuse, type Refusal } from './refusal';
import { noteRunEnd } from './run-alerts';
import { now, toInstant, toInstantOrNull, toJson } from './sql-values';
import { type RunsTable } from './tables';

export type RunRow = Selectable<RunsTable>;
export const ACTIVE_RUN_STATES = ['planning', 'running', 'committing'] as const satisfies RunState[];

/** A list must not read plans and contents: these columns are all it shows. */
const LISTED = [
  'runs.id',
  'runs.request_id',
  'runs.database_id',
  'runs.host_id',
  'runs.operation',
  'runs.lane',
  'runs.attempt',
  'runs.fence',
  'runs.state',
  'runs.phase',
  'runs.level',
  'runs.level_reason',
  'runs.reason',
  'runs.bytes_expected',
  'runs.bytes_read',
  'runs.bytes_new',
  'runs.bytes_stored',
  'runs.percent_done',
  'runs.pieces_done',
  'runs.started_at',
  'runs.finished_at',
] as const;

function selectRuns(session: LedgerSession) {
  return session
    .selectFrom('runs')
    .innerJoin('databases', 'databases.id', 'runs.database_id')
    .innerJoin('requests', 'requests.id', 'runs.request_id')
    .leftJoin('recovery_points', 'recovery_points.run_id', 'runs.id')
    .select(LISTED)
    .select([
      'databases.name as database_name',
      'requests.replay_of',
      'requests.restore_plan_id',
      'recovery_points.id as recovery_point_id',
    ])
    .orderBy('runs.id', 'desc');
}
type ListedRow = Awaited<ReturnType<ReturnType<typeof selectRuns>['execute']>>[number];

/** Newest first. */
export async function listRuns(
  session: LedgerSession,
  page: PageQuestion & { databaseId?: DatabaseId | undefined },
): Promise<Page<Run>> {
  let query = selectRuns(session).limit(page.limit + 1);
  if (page.cursor !== undefined) query = query.where('runs.id', '<', page.cursor as RunId);
  if (page.databaseId !== undefined) query = query.where('runs.database_id', '=', page.databaseId);
  return pageOf(await query.execute(), page.limit, toRun);
}

export async function findRun(session: LedgerSession, id: string): Promise<RunDetail | undefined> {
  const row = await selectRuns(session)
    .leftJoin('run_logs', 'run_logs.run_id', 'runs.id')
    .select(['runs.plan', 'runs.scripts', 'run_logs.pruned_at'])
    .where('runs.id', '=', id as RunId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { plan, scripts } = row;
  return {
    ...toRun(row),
    plan,
    scripts: scripts ?? [],
    logKeptUntil: toInstantOrNull(row.pruned_at),
    moves: await listMoves(session, row.id),
  };
}

export function findActiveRun(
  session: LedgerSession,
  databaseId: DatabaseId,
  lane: Lane,
): Promise<Pick<RunRow, 'id' | 'state' | 'request_id'> | undefined> {
  return session
    .selectFrom('runs')
    .select(['id', 'state', 'request_id'])
    .where('database_id', '=', databaseId)
    .where('lane', '=', lane)
    .where('state', 'in', [...ACTIVE_RUN_STATES])
    .executeTakeFirst();
}

/**
 * A run keeps its rights to the end, also when its database is given another host meanwhile, and the hosts of other instances have them while
 * they take part.
 */
export async function hasActiveRunOn(
  session: LedgerSession,
  databaseId: DatabaseId,
  hostId: HostId,
): Promise<boolean> {
  const run = await session
    .selectFrom('runs')
    .leftJoin('run_instances', 'run_instances.run_id', 'runs.id')
    .select('id')
    .where('database_id', '=', databaseId)
    .where((e) => e.or([e('runs.host_id', '=', hostId), e('run_instances.host_id', '=', hostId)]))
    .where('runs.state', 'in', [...ACTIVE_RUN_STATES])
    .limit(1)
    .executeTakeFirst();
  return run !== undefined;
}

/** Until when the run lives without another heartbeat, and whether somebody asked it to stop. */
export function readLease(
  session: LedgerSession,
  id: RunId,
): Promise<{ lease_until: Date; cancel_requested_at: Date | null } | undefined> {
  return session
    .selectFrom('runs')
    .select(['lease_until', 'cancel_requested_at'])
    .where('id', '=', id)
    .executeTakeFirst();
}

/** A host that acts on one of its runs. The fence is the newest attempt's; an older one is refused everywhere. */
export interface FencedRun {
  readonly runId: string;
  readonly hostId: HostId;
  readonly fence: number;
}

/** Locks the run for the transaction after checking that it is this host's and this fence's. */
export async function lockFencedRun(tx: LedgerSession, run: FencedRun): Promise<RunRow | Refusal> {
  const row = await lockOwnRun(tx, run);
  if ('kind' in row) return row;
  if (row.fence !== run.fence)
    return refuse('ADY_FENCED', `run ${run.runId} has fence ${row.fence}, not ${run.fence}`);
  return row;
}

export async function lockOwnRun(
  tx: LedgerSession,
  run: Pick<FencedRun, 'runId' | 'hostId'>,
): Promise<RunRow | Refusal> {
  const row = await tx
    .selectFrom('runs')
    .selectAll()
    .where('id', '=', run.runId as RunId)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) return refuse('ADY_NOT_FOUND', `there is no run ${run.runId}`);
  if (row.host_id === run.hostId) return row;
  return (await hasMoved(tx, row.id, run.hostId))
    ? refuse('ADY_FENCED', `run ${row.id} has left the instance of this host`)
    : refuse('ADY_FORBIDDEN', `run ${row.id} belongs to another host`);
}

export function isRefusal(answer: object): answer is Refusal {
  return 'kind' in answer && answer.kind === 'refused';
}

export function wrongState(row: Pick<RunRow, 'id' | 'state'>): Refusal {
  return refuse('ADY_RUN_STATE', `run ${row.id} is ${row.state}`);
}

const PERCENT_DONE = 100;

export interface EndOfRun {
  readonly id: RunId;
  readonly to: Extract<RunState, 'succeeded' | 'degraded' | 'failed' | 'cancelled'>;
  /** Null only for a run that ended well. */
  readonly reason: Reason | null;
  readonly principal: string;
}

/** Ends a run if its state still allows it, with its audit row and what it means for alerts. @returns whether it was this call that ended it. */
export async function endRun(tx: LedgerSession, end: EndOfRun): Promise<boolean> {
  const row = await tx
    .updateTable('runs')
    .set({
      state: end.to,
      reason: end.reason === null ? null : toJson(end.reason),
      finished_at: now,
      ...(end.to === 'succeeded' || end.to === 'degraded' ? { percent_done: PERCENT_DONE } : {}),
    })
    .where('id', '=', end.id)
    .where('state', 'in', [...statesLeadingTo(runTransitions, end.to)])
    .returning(['id', 'database_id', 'operation', 'lane'])
    .executeTakeFirst();
  if (row === undefined) return false;
  await recordAudit(tx, [
    {
      principal: end.principal,
      action: `run.${end.to}`,
      subjectId: row.id,
      databaseId: row.database_id,
      reason: end.reason,
    },
  ]);
  const { operation, lane } = row;
  await noteRunEnd(tx, { ...end, databaseId: row.database_id, operation, lane });
  return true;
}

function toRun(row: ListedRow): Run {
  const bytesDone = row.bytes_read;
  return {
    id: row.id,
    requestId: row.request_id,
    databaseId: row.database_id,
    databaseName: row.database_name,
    hostId: row.host_id,
    operation: row.operation,
    origin: originOf(row.lane),
    lane: row.lane,
    attempt: row.attempt,
    fence: row.fence,
    state: row.state,
    phase: row.phase,
    level: row.level,
    levelReason: row.level_reason,
    progress: {
      bytesRead: row.bytes_read,
      bytesNew: row.bytes_new,
      bytesStored: row.bytes_stored,
      // a file that grew makes the estimate too small; progress still never passes 100 %
      bytesExpected: row.bytes_expected === null ? null : Math.max(row.bytes_expected, bytesDone),
      bytesDone,
      percentDone: row.percent_done,
      piecesDone: row.pieces_done,
    },
    reason: row.reason,
    recoveryPointId: row.recovery_point_id,
    restorePlanId: row.restore_plan_id,
    replayOf: row.replay_of,
    startedAt: toInstant(row.started_at),
    finishedAt: toInstantOrNull(row.finished_at),
  };
}
