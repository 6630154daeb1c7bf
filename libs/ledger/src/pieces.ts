// Backup pieces the vault holds, as the dedup-worker reported them closed. Pieces of failed runs count too: RMAN may build on them.
import { type ByteTotals, type IngestReport, type PieceToKnow } from '@adyton/contracts';
import {
  isTerminal,
  runTransitions,
  type DatabaseId,
  type HostId,
  type RunId,
  type RunState,
} from '@adyton/domain';
import { sql } from 'kysely';
import { isSealing, recordChannels } from './external-runs';
import { inTransaction, type LedgerSession } from './ledger';
import { type Refusal } from './refusal';
import { lockRunOfHost } from './run-instances';
import { ACTIVE_RUN_STATES, isRefusal, type FencedRun, type RunRow } from './runs';

export interface ClosedPiece {
  readonly handle: string;
  readonly bytes: number;
  readonly bytesNew: number;
  readonly bytesStored: number;
  /** RFC 3339, by the clock of the host. */
  readonly closedAt: string;
}

export interface IngestToRecord
  extends FencedRun, Pick<IngestReport, 'channels' | 'removed' | 'sealed' | 'writerSession'> {
  readonly totals: ByteTotals;
  readonly pieces: readonly ClosedPiece[];
}

export interface IngestRecorded {
  readonly kind: 'recorded';
  readonly state: RunState;
  readonly fence: number;
  readonly sealing: boolean;
  /** The run was cancelled: its sessions may do nothing more. */
  readonly stopping: boolean;
}
/** Pieces of one answer: those of some weeks of a database with many files and hourly logs. */
const PIECES_TOLD_MAX = 70_000;

/** Rows of one INSERT; Postgres takes at most 65,535 parameters in a statement. */
const PIECES_PER_INSERT = 1_000;

/** Totals only grow; a piece reported twice is one piece. */
export function recordIngest(
  session: LedgerSession,
  report: IngestToRecord,
): Promise<IngestRecorded | Refusal> {
  return inTransaction(session, async (tx) => {
    const run = await lockRunOfHost(tx, report);
    if (isRefusal(run)) return run;
    for (let i = 0; i < report.pieces.length; i += PIECES_PER_INSERT)
      await insertPieces(tx, run, report.pieces.slice(i, i + PIECES_PER_INSERT));
    await deletePieces(tx, run, report.removed ?? []);
    if (!isTerminal(runTransitions, run.state)) {
      await updateTotals(tx, run, await sumOverHosts(tx, report));
      await recordSession(tx, run, report);
      await recordChannels(tx, run, report);
    }
    const stopping = run.cancel_requested_at !== null;
    return { kind: 'recorded', state: run.state, fence: run.fence, sealing: isSealing(run), stopping };
  });
}

async function insertPieces(tx: LedgerSession, run: RunRow, pieces: readonly ClosedPiece[]): Promise<void> {
  await tx
    .insertInto('pieces')
    .values(
      pieces.map((p) => ({
        database_id: run.database_id,
        handle: p.handle,
        run_id: run.id,
        bytes: p.bytes,
        bytes_new: p.bytesNew,
        bytes_stored: p.bytesStored,
        closed_at: new Date(p.closedAt),
      })),
    )
    .onConflict((c) => c.columns(['database_id', 'handle']).doNothing())
    .execute();
}

/** Pieces of the run itself, and of runs that are over: a library removes no other. */
async function deletePieces(tx: LedgerSession, run: RunRow, handles: readonly string[]): Promise<void> {
  if (handles.length === 0) return;
  await tx
    .deleteFrom('pieces')
    .where('database_id', '=', run.database_id)
    .where('handle', '=', sql<string>`ANY(${[...handles]}::text[])`)
    .where((e) =>
      e.or([
        e('run_id', '=', run.id),
        e(
          'run_id',
          'in',
          e
            .selectFrom('runs')
            .select('id')
            .where('database_id', '=', run.database_id)
            .where('state', 'not in', [...ACTIVE_RUN_STATES]),
        ),
      ]),
    )
    .execute();
}

/** Each host tells of its own bytes; the run's are their sum. */
async function sumOverHosts(
  tx: LedgerSession,
  { runId, hostId, totals }: IngestToRecord,
): Promise<ByteTotals> {
  const told = {
    bytes_read: totals.bytesRead,
    bytes_new: totals.bytesNew,
    bytes_stored: totals.bytesStored,
  };
  await tx
    .insertInto('run_ingest')
    .values({ run_id: runId as RunId, host_id: hostId, ...told })
    .onConflict((c) => c.columns(['run_id', 'host_id']).doUpdateSet(told))
    .execute();
  return totalsOfHosts(tx, runId as RunId);
}

/** @param without a host whose bytes are not wanted */
export async function totalsOfHosts(
  session: LedgerSession,
  runId: RunId,
  without?: HostId,
): Promise<ByteTotals> {
  const sum = (column: string) => sql<number>`coalesce(sum(${sql.ref(column)}), 0)::bigint`;
  let query = session
    .selectFrom('run_ingest')
    .select([sum('bytes_read').as('bytesRead'), sum('bytes_new').as('bytesNew')])
    .select(sum('bytes_stored').as('bytesStored'))
    .where('run_id', '=', runId);
  if (without !== undefined) query = query.where('host_id', '!=', without);
  return query.executeTakeFirstOrThrow();
}

/** Only the run's own host opens the session that the others belong to. */
async function recordSession(
  tx: LedgerSession,
  run: RunRow,
  { hostId, writerSession }: IngestToRecord,
): Promise<void> {
  if (writerSession === undefined || hostId !== run.host_id || run.writer_session === writerSession) return;
  await tx.updateTable('runs').set({ writer_session: writerSession }).where('id', '=', run.id).execute();
}

async function updateTotals(tx: LedgerSession, run: RunRow, totals: ByteTotals): Promise<void> {
  const { count } = await tx
    .selectFrom('pieces')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('run_id', '=', run.id)
    .executeTakeFirstOrThrow();
  await tx
    .updateTable('runs')
    .set({
      bytes_read: Math.max(run.bytes_read, totals.bytesRead),
      bytes_new: Math.max(run.bytes_new, totals.bytesNew),
      bytes_stored: Math.max(run.bytes_stored, totals.bytesStored),
      pieces_done: count,
      percent_done: Math.max(run.percent_done, percentOf(run, totals)),
    })
    .where('id', '=', run.id)
    .execute();
}

/** A run is not done before it has ended, however much more was read than expected. */
const PERCENT_BEFORE_END_MAX = 99;

function percentOf(run: RunRow, { bytesRead }: ByteTotals): number {
  if (run.bytes_expected === null || run.bytes_expected === 0) return 0;
  return Math.min(PERCENT_BEFORE_END_MAX, Math.floor((100 * bytesRead) / run.bytes_expected));
}

/**
 * Which of these handles the vault holds for this database, whole as far as verification knows. What is on its way out is none of them: no
 * backup may build on it any more.
 */
export async function knownHandles(
  session: LedgerSession,
  databaseId: DatabaseId,
  handles: readonly string[],
): Promise<string[]> {
  if (handles.length === 0) return [];
  const rows = await session
    .selectFrom('pieces')
    .select('handle')
    .where('database_id', '=', databaseId)
    .where('lost_at', 'is', null)
    .where('release_state', '=', 'kept')
    .where('handle', '=', sql<string>`ANY(${[...handles]}::text[])`)
    .execute();
  return rows.map((r) => r.handle);
}

/** Bytes RMAN gave for these pieces, as far as they are known. */
export async function bytesOfPieces(
  session: LedgerSession,
  databaseId: DatabaseId,
  handles: readonly string[],
): Promise<number> {
  const row = await session
    .selectFrom('pieces')
    .select((e) => e.fn.coalesce(sql<number>`sum(bytes)::bigint`, sql<number>`0::bigint`).as('bytes'))
    .where('database_id', '=', databaseId)
    .where('handle', '=', sql<string>`ANY(${[...handles]}::text[])`)
    .executeTakeFirstOrThrow();
  return row.bytes;
}

/**
 * The whole pieces of runs that ended within so many days: RMAN's records of older ones may be gone by age. The ledger's clock says so, not that
 * of the host which closed them, which may be off. One of a good run that no recovery point names was closed after RMAN had given it up, and
 * belongs on the record too.
 */
export async function piecesToKnow(
  session: LedgerSession,
  databaseId: DatabaseId,
  withinDays: number,
): Promise<PieceToKnow[]> {
  const since = sql`adyton.now() - make_interval(days => ${withinDays}::int)`;
  const { rows } = await sql<PieceToKnow>`
    WITH named AS (
      SELECT jsonb_array_elements_text(contents->'closure') AS handle, bool_or(state NOT IN ('expiring', 'expired')) AS needed
      FROM adyton.recovery_points
      WHERE database_id = ${databaseId} AND created_at >= ${since}
      GROUP BY 1)
    SELECT pieces.handle, NOT coalesce(named.needed, runs.state IN ('succeeded', 'degraded')) AS unneeded
    FROM adyton.pieces JOIN adyton.runs ON runs.id = pieces.run_id
    LEFT JOIN named ON named.handle = pieces.handle
    WHERE pieces.database_id = ${databaseId} AND pieces.lost_at IS NULL AND runs.finished_at >= ${since}
      AND pieces.release_state = 'kept'
      AND runs.state NOT IN (${sql.join([...ACTIVE_RUN_STATES])})
    ORDER BY pieces.handle LIMIT ${PIECES_TOLD_MAX}`.execute(session);
  return rows;
}
