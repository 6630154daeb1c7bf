// Archived logs that may go from disk after a run: the policy says so, and available recovery points hold them. While another run of the database
// is on its way none may go: it may have chosen its logs before this one brought them into the vault. A run that is claimed later chooses behind them.
import { type Scn } from '@adyton/domain';
import { sql } from 'kysely';
import { inTransaction, type LedgerSession } from './ledger';
import { readPolicy } from './policies';
import { wrongState, ACTIVE_RUN_STATES, isRefusal, lockOwnRun, type FencedRun, type RunRow } from './runs';
import { type Refusal } from './refusal';

export interface DeletableLogs {
  readonly kind: 'listed';
  /** Null when none may go now. */
  readonly olderThanHours: number | null;
  /** Of the incarnation of the run. */
  readonly ranges: {
    readonly thread: number;
    readonly fromSequence: number;
    readonly untilSequence: number;
  }[];
}

/** Holes between ranges come from points that were let go; what is older than so many is not on disk any more. */
const RANGES_MAX = 200;

export function listDeletableLogs(
  session: LedgerSession,
  run: Pick<FencedRun, 'runId' | 'hostId'>,
): Promise<DeletableLogs | Refusal> {
  return inTransaction(session, async (tx) => {
    const row = await lockOwnRun(tx, run);
    if (isRefusal(row)) return row;
    const point = await pointOf(tx, row);
    if (point === undefined) return wrongState(row); // logs go after a commit, never before
    const policy = await readPolicy(tx, row.database_id);
    const olderThanHours = policy?.deleteLogsAfterHours ?? null;
    if (olderThanHours === null || (await otherRunIsActive(tx, row)))
      return { kind: 'listed', olderThanHours: null, ranges: [] };
    return { kind: 'listed', olderThanHours, ranges: await rangesInVault(tx, row, point.resetlogs_scn) };
  });
}

function pointOf(tx: LedgerSession, { id }: RunRow): Promise<{ resetlogs_scn: Scn } | undefined> {
  return tx
    .selectFrom('recovery_points')
    .select('resetlogs_scn')
    .where('run_id', '=', id)
    .where('state', '=', 'available')
    .executeTakeFirst();
}

async function otherRunIsActive(tx: LedgerSession, { id, database_id }: RunRow): Promise<boolean> {
  const other = await tx
    .selectFrom('runs')
    .select('id')
    .where('database_id', '=', database_id)
    .where('id', '<>', id)
    .where('state', 'in', [...ACTIVE_RUN_STATES])
    .limit(1)
    .executeTakeFirst();
  return other !== undefined;
}

/** Neighbouring sequences share the difference between sequence and rank. */
async function rangesInVault(
  tx: LedgerSession,
  { database_id }: RunRow,
  resetlogsScn: Scn,
): Promise<DeletableLogs['ranges']> {
  const { rows } = await sql<DeletableLogs['ranges'][number]>`
    SELECT thread, min(sequence) AS "fromSequence", max(sequence) AS "untilSequence" FROM (
      SELECT thread, sequence, sequence - rank() OVER (PARTITION BY thread ORDER BY sequence) AS island FROM (
        SELECT DISTINCT logs.thread, logs.sequence FROM adyton.archived_logs logs
        JOIN adyton.recovery_points points ON points.id = logs.recovery_point_id AND points.state = 'available'
        WHERE logs.database_id = ${database_id} AND logs.resetlogs_scn = ${resetlogsScn}) held) ranked
    GROUP BY thread, island ORDER BY max(sequence) DESC, thread LIMIT ${RANGES_MAX}`.execute(tx);
  return rows;
}
