// The doorbell of a moved run: its new host's agent is rung, and rung again when the queue lost the job. Whether it may take the run over is decided
// when it does.
import { type HostId, type RunId } from '@adyton/domain';
import { type LedgerSession } from './ledger';
import { addToOutbox } from './outbox';
import { now, nowMinus } from './sql-values';

interface MovedRun {
  readonly runId: RunId;
  readonly fence: number;
}

export interface UntakenMove extends MovedRun {
  readonly hostId: HostId;
  readonly jobId: string;
}

/** Runs of one look; the next one has the rest. */
const CANDIDATES_MAX = 200;

/** Those whose last job is older than `olderThanSeconds`. */
export async function findUntakenMoves(
  session: LedgerSession,
  olderThanSeconds: number,
): Promise<UntakenMove[]> {
  const rows = await session
    .selectFrom('run_moves')
    .innerJoin('runs', (join) =>
      join.onRef('runs.id', '=', 'run_moves.run_id').onRef('runs.fence', '=', 'run_moves.fence'),
    )
    .select(['run_moves.run_id', 'run_moves.fence', 'run_moves.to_host_id', 'run_moves.dispatches'])
    .where('runs.state', '=', 'planning')
    .where('run_moves.taken_at', 'is', null)
    .where('run_moves.dispatched_at', '<', nowMinus(olderThanSeconds))
    .orderBy('run_moves.run_id')
    .limit(CANDIDATES_MAX)
    .execute();
  return rows.map((row) => ({
    runId: row.run_id,
    fence: row.fence,
    hostId: row.to_host_id,
    jobId: takeOverJobId({ runId: row.run_id, fence: row.fence }, row.dispatches),
  }));
}

/** Rings the agent of the new host, unless it took the run over meanwhile. @returns the job's id */
export async function redispatchTakeOver(tx: LedgerSession, lost: UntakenMove): Promise<string | null> {
  const row = await tx
    .selectFrom('run_moves')
    .select('dispatches')
    .where('run_id', '=', lost.runId)
    .where('fence', '=', lost.fence)
    .where('taken_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined || takeOverJobId(lost, row.dispatches) !== lost.jobId) return null;
  return dispatchTakeOver(tx, lost);
}

export async function dispatchTakeOver(tx: LedgerSession, { runId, fence }: MovedRun): Promise<string> {
  const row = await tx
    .updateTable('run_moves')
    .set((e) => ({ dispatches: e('dispatches', '+', 1), dispatched_at: now }))
    .where('run_id', '=', runId)
    .where('fence', '=', fence)
    .returning(['dispatches', 'to_host_id'])
    .executeTakeFirstOrThrow();
  const jobId = takeOverJobId({ runId, fence }, row.dispatches);
  const payload = { v: 1 as const, runId, fence };
  await addToOutbox(tx, { jobName: 'run.take-over', hostId: row.to_host_id, payload, jobId });
  return jobId;
}

function takeOverJobId({ runId, fence }: MovedRun, dispatches: number): string {
  return `${runId}.${fence}.take-over.${dispatches}`;
}
