// What time does to requests and runs, by Postgres time: windows end, claims stay out, leases run out. Any number of sweepers may run;
// rows another one holds are skipped. A run in committing is never touched: only its manifest ends it.
import { reasonOf } from '@adyton/contracts';
import { type HostId, type RequestId, type RunId } from '@adyton/domain';
import { inTransaction, type LedgerSession } from './ledger';
import { followUpLostRun } from './next-attempt';
import { isUntaken } from './read-moves';
import { endRequest, OPEN_REQUEST_STATES, requestJobId } from './requests';
import { endRun } from './runs';
import { now } from './sql-values';

/** Rows of one sweep transaction; the next tick takes the rest. */
const SWEEP_ROWS_MAX = 100;
const SYSTEM = 'system';

export interface SweptRequest {
  readonly requestId: RequestId;
  readonly hostId: HostId;
  /** The job that may still wait on the host's queue; null when none was sent. */
  readonly jobId: string | null;
}

/** Open requests whose expiry window is over become expired. */
export function sweepExpiredRequests(session: LedgerSession): Promise<SweptRequest[]> {
  return inTransaction(session, async (tx) => {
    const due = await lockDueRequests(tx, 'expires_at');
    for (const { id, expires_at } of due) {
      const detail = `its window ended at ${expires_at?.toISOString() ?? ''} and the agent had not claimed it`;
      await endRequest(tx, { id, to: 'expired', reason: reasonOf('ADY_EXPIRED', detail), principal: SYSTEM });
    }
    return due.map(toSwept);
  });
}

/** Requests somebody waits for, which their agent did not claim in time, become failed. */
export function sweepUnclaimedRequests(session: LedgerSession): Promise<SweptRequest[]> {
  return inTransaction(session, async (tx) => {
    const due = await lockDueRequests(tx, 'claim_by');
    for (const { id } of due) {
      const reason = reasonOf('ADY_AGENT_NOT_RUNNING', 'the agent did not claim it in time');
      await endRequest(tx, { id, to: 'failed', reason, principal: SYSTEM });
    }
    return due.map(toSwept);
  });
}

type DueRow = Awaited<ReturnType<typeof lockDueRequests>>[number];

function lockDueRequests(tx: LedgerSession, deadline: 'expires_at' | 'claim_by') {
  return tx
    .selectFrom('requests')
    .innerJoin('databases', 'databases.id', 'requests.database_id')
    .select(['requests.id', 'requests.expires_at', 'requests.dispatches'])
    .select((e) => e.fn.coalesce('requests.asked_host_id', 'databases.host_id').as('host_id'))
    .where('requests.state', 'in', [...OPEN_REQUEST_STATES])
    .where(`requests.${deadline}`, '<=', now)
    .orderBy('requests.id')
    .limit(SWEEP_ROWS_MAX)
    .forUpdate('requests')
    .skipLocked()
    .execute();
}

function toSwept(row: DueRow): SweptRequest {
  return {
    requestId: row.id,
    hostId: row.host_id,
    jobId: row.dispatches === 0 ? null : requestJobId(row.id, row.dispatches),
  };
}

/**
 * Runs whose agent stopped reporting become failed(ADY_AGENT_LOST); what a schedule asked for is tried again while its window is open. One that
 * was moved and not taken over yet has no agent to lose: see sweepUntakenMoves.
 */
export function sweepLostRuns(session: LedgerSession): Promise<RunId[]> {
  return inTransaction(session, async (tx) => {
    const lost = await tx
      .selectFrom('runs')
      .select(['id', 'phase', 'lease_until', 'request_id', 'attempt', 'cancel_requested_at'])
      .where('state', 'in', ['planning', 'running'])
      .where('lease_until', '<', now)
      .where((e) => e.not(isUntaken))
      .orderBy('id')
      .limit(SWEEP_ROWS_MAX)
      .forUpdate()
      .skipLocked()
      .execute();
    for (const run of lost) {
      const detail = `no heartbeat came before ${run.lease_until.toISOString()}`;
      const reason = reasonOf('ADY_AGENT_LOST', detail, { phase: run.phase });
      const ended = await endRun(tx, { id: run.id, to: 'failed', reason, principal: SYSTEM });
      if (ended) await followUpLostRun(tx, run, SYSTEM);
    }
    return lost.map((r) => r.id);
  });
}
