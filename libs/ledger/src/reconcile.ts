// What the queue may have lost. Postgres knows which doorbells must still ring; the caller asks the queue about each and rings again
// where the job is gone. Ringing once too often is harmless: the claim and the commit decide.
import { type QueueFamily } from '@adyton/contracts';
import {
  type DatabaseId,
  type DiscoveryId,
  type HostId,
  type RequestId,
  type RequestState,
  type RunId,
} from '@adyton/domain';
import { discoveryJobId, dispatchDiscovery } from './discoveries';
import { commitJobId, dispatchCommit } from './commit-run';
import { inTransaction, type LedgerSession } from './ledger';
import { dispatchRequest, OPEN_REQUEST_STATES, requestJobId } from './requests';
import { ACTIVE_RUN_STATES } from './runs';
import { findUntakenMoves, redispatchTakeOver } from './ring-take-over';
import { type MovableWork } from './read-moves';
import { nowMinus } from './sql-values';
import { findWaitingSites, redispatchUncatalog } from './uncatalog';

interface OpenRequest {
  readonly kind: 'request';
  readonly requestId: RequestId;
  readonly state: RequestState;
  /** Whose agent is to be asked follows from these. */
  readonly database: { readonly id: DatabaseId; readonly hostId: HostId };
  readonly work: MovableWork;
}

export type ReconcileCandidate = {
  readonly family: QueueFamily;
  /** Of the queue that the last job was sent to. */
  readonly hostId: HostId;
  /** The last job sent; if the queue does not hold it as pending, it must be sent again. */
  readonly jobId: string;
} & (
  | OpenRequest
  | { readonly kind: 'commit'; readonly runId: RunId }
  | { readonly kind: 'take-over'; readonly runId: RunId; readonly fence: number }
  | { readonly kind: 'discovery'; readonly discoveryId: DiscoveryId }
  | { readonly kind: 'uncatalog'; readonly databaseId: DatabaseId }
);

export interface ReconcileLimits {
  /** An open request, or a run that was moved and not taken over, is asked about when its last job is older. */
  readonly requestSeconds: number;
  /** A committing run is asked about when its last job is older. */
  readonly commitSeconds: number;
  /** Pieces that RMAN has to forget are asked about when their database's last job is older: one that failed is not tried all the time. */
  readonly uncatalogSeconds: number;
  /** Only requests after this one: a look goes through all of them, page by page. */
  readonly afterRequestId?: RequestId;
}

const CANDIDATES_MAX = 200;

export async function findReconcileCandidates(
  session: LedgerSession,
  limits: ReconcileLimits,
): Promise<ReconcileCandidate[]> {
  const requests = await findOpenRequests(session, limits);
  const commits = await session
    .selectFrom('runs')
    .select(['id', 'host_id', 'dispatches'])
    .where('state', '=', 'committing')
    .where('dispatched_at', '<', nowMinus(limits.commitSeconds))
    .orderBy('id')
    .limit(CANDIDATES_MAX)
    .execute();
  const discoveries = await session
    .selectFrom('discoveries')
    .select(['id', 'host_id', 'dispatches'])
    .where('state', '=', 'requested')
    .where('dispatched_at', '<', nowMinus(limits.requestSeconds))
    .orderBy('id')
    .limit(CANDIDATES_MAX)
    .execute();
  const moves = await findUntakenMoves(session, limits.requestSeconds);
  const sites = await findWaitingSites(session, limits.uncatalogSeconds);
  return [
    ...requests.map((r) => ({
      kind: 'request' as const,
      family: 'agent' as const,
      hostId: r.asked_host_id ?? r.host_id,
      jobId: requestJobId(r.id, r.dispatches),
      requestId: r.id,
      state: r.state,
      database: { id: r.database_id, hostId: r.host_id },
      work: { operation: r.operation, lane: r.lane },
    })),
    ...commits.map((r) => ({
      kind: 'commit' as const,
      family: 'dedup' as const,
      hostId: r.host_id,
      jobId: commitJobId(r.id, r.dispatches),
      runId: r.id,
    })),
    ...moves.map((move) => ({ kind: 'take-over' as const, family: 'agent' as const, ...move })),
    ...discoveries.map((r) => ({
      kind: 'discovery' as const,
      family: 'agent' as const,
      hostId: r.host_id,
      jobId: discoveryJobId(r.id, r.dispatches),
      discoveryId: r.id,
    })),
    ...sites.map((site) => ({ kind: 'uncatalog' as const, family: 'agent' as const, ...site })),
  ];
}

/** A request behind an active run of its lane is left alone: its claim would be refused until that run ends. */
function findOpenRequests(session: LedgerSession, limits: ReconcileLimits) {
  const query = session
    .selectFrom('requests')
    .innerJoin('databases', 'databases.id', 'requests.database_id')
    .select(['requests.id', 'requests.state', 'requests.dispatches', 'databases.host_id'])
    .select(['requests.asked_host_id', 'requests.operation', 'requests.lane', 'requests.database_id'])
    .where('requests.state', 'in', [...OPEN_REQUEST_STATES])
    .where('requests.dispatched_at', '<', nowMinus(limits.requestSeconds))
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('runs')
            .select('runs.id')
            .whereRef('runs.database_id', '=', 'requests.database_id')
            .whereRef('runs.lane', '=', 'requests.lane')
            .where('runs.state', 'in', [...ACTIVE_RUN_STATES]),
        ),
      ),
    )
    .orderBy('requests.id')
    .limit(CANDIDATES_MAX);
  return (
    limits.afterRequestId === undefined ? query : query.where('requests.id', '>', limits.afterRequestId)
  ).execute();
}

/** Puts the candidate's job into the outbox again, for its `hostId`, unless it moved on meanwhile. @returns the new job id. */
export function redispatch(session: LedgerSession, candidate: ReconcileCandidate): Promise<string | null> {
  return inTransaction(session, async (tx) => {
    switch (candidate.kind) {
      case 'request':
        return redispatchRequest(tx, candidate.requestId, candidate);
      case 'commit':
        return redispatchCommit(tx, candidate.runId, candidate);
      case 'take-over':
        return redispatchTakeOver(tx, candidate);
      case 'discovery':
        return redispatchDiscovery(tx, candidate.discoveryId, candidate);
      case 'uncatalog':
        return redispatchUncatalog(tx, candidate.databaseId, candidate.jobId);
    }
  });
}

async function redispatchRequest(
  tx: LedgerSession,
  id: RequestId,
  candidate: ReconcileCandidate,
): Promise<string | null> {
  const row = await tx
    .selectFrom('requests')
    .select(['dispatches', 'state'])
    .where('id', '=', id)
    .where('state', 'in', [...OPEN_REQUEST_STATES])
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined || requestJobId(id, row.dispatches) !== candidate.jobId) return null;
  return dispatchRequest(tx, id, candidate.hostId);
}

async function redispatchCommit(
  tx: LedgerSession,
  id: RunId,
  candidate: ReconcileCandidate,
): Promise<string | null> {
  const row = await tx
    .selectFrom('runs')
    .select('dispatches')
    .where('id', '=', id)
    .where('state', '=', 'committing')
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined || commitJobId(id, row.dispatches) !== candidate.jobId) return null;
  return dispatchCommit(tx, id);
}

async function redispatchDiscovery(
  tx: LedgerSession,
  id: DiscoveryId,
  candidate: ReconcileCandidate,
): Promise<string | null> {
  const row = await tx
    .selectFrom('discoveries')
    .select('dispatches')
    .where('id', '=', id)
    .where('state', '=', 'requested')
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined || discoveryJobId(id, row.dispatches) !== candidate.jobId) return null;
  return dispatchDiscovery(tx, id, candidate.hostId);
}
