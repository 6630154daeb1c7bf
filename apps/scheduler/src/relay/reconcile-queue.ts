// Redis may forget what it acknowledged. What the ledger says should be on a queue and is not there any more, is rung again. A scheduled
// request whose agent went away before it claimed is marked as waiting for it; one of a cluster is then asked of another instance's host.
import {
  findReconcileCandidates,
  hostToAsk,
  markWaiting,
  redispatch,
  type Ledger,
  type ReconcileCandidate,
} from '@adyton/ledger';
import { type AgentPresence, type HostId, type RequestId } from '@adyton/domain';
import { type QueueInspector } from '@adyton/queue';
import { type Logger } from '@adyton/runtime';
import { type Duty } from '../tick';

/** A request is asked about when its last job is older than this, seconds. */
const REQUEST_SECONDS = 5;
/** A committing run is asked about when its last job is older than this, seconds: a commit takes a second or two. */
const COMMIT_SECONDS = 30;
/** Pieces RMAN has to forget are rung for again when the last job is older than this, seconds: a database that is down is not asked all the time. */
const UNCATALOG_SECONDS = 300;

export interface ReconcileParts {
  readonly ledger: Ledger;
  readonly inspector: QueueInspector;
  readonly log: Logger;
  readonly presenceOf: (hostId: HostId) => Promise<AgentPresence>;
}

export function reconcileQueue(parts: ReconcileParts): Duty {
  return { name: 'reconcile-queue', run: () => reconcileAll(parts) };
}

/** Page by page to the last one: requests that wait for absent agents must not hide the ones behind them. */
async function reconcileAll(parts: ReconcileParts): Promise<void> {
  const limits = {
    requestSeconds: REQUEST_SECONDS,
    commitSeconds: COMMIT_SECONDS,
    uncatalogSeconds: UNCATALOG_SECONDS,
  };
  let after: RequestId | undefined;
  do {
    const page = await findReconcileCandidates(parts.ledger.session, {
      ...limits,
      ...(after === undefined ? {} : { afterRequestId: after }),
    });
    for (const candidate of page) await reconcile(parts, candidate);
    after = page.findLast((c) => c.kind === 'request')?.requestId;
  } while (after !== undefined);
}

async function reconcile(parts: ReconcileParts, candidate: ReconcileCandidate): Promise<void> {
  const { ledger, inspector, log } = parts;
  const hostId = candidate.kind === 'request' ? await askedHost(parts, candidate) : candidate.hostId;
  const presence = await inspector.presenceOf(candidate.family, candidate.hostId, candidate.jobId);
  if (presence === 'pending' && hostId === candidate.hostId) return;
  const jobId = await redispatch(ledger.session, { ...candidate, hostId });
  if (jobId !== null)
    log.info({ kind: candidate.kind, lostJobId: candidate.jobId, jobId, presence }, 'job.rung-again');
}

type RequestCandidate = Extract<ReconcileCandidate, { kind: 'request' }>;

async function askedHost(
  { ledger, log, presenceOf }: ReconcileParts,
  { requestId, state, database, work }: RequestCandidate,
): Promise<HostId> {
  const { hostId, presence } = await hostToAsk(ledger.session, database, work, presenceOf);
  if (state === 'dispatching' && presence === 'not-running' && (await markWaiting(ledger.session, requestId)))
    log.info({ requestId, hostId }, 'request.waiting');
  return hostId;
}
