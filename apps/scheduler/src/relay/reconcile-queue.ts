// Redis may forget what it acknowledged. What the ledger says should be on a queue and is not there any more, is rung again.
import { findReconcileCandidates, redispatch, type Ledger, type ReconcileCandidate } from '@adyton/ledger';
import { type QueueInspector } from '@adyton/queue';
import { type Logger } from '@adyton/runtime';
import { type Duty } from '../tick';

/** A request is asked about when its last job is older than this, seconds. */
const REQUEST_SECONDS = 5;
/** A committing run is asked about when its last job is older than this, seconds: a commit takes a second or two. */
const COMMIT_SECONDS = 30;

export interface ReconcileParts {
  readonly ledger: Ledger;
  readonly inspector: QueueInspector;
  readonly log: Logger;
}

export function reconcileQueue(parts: ReconcileParts): Duty {
  return {
    name: 'reconcile-queue',
    run: async () => {
      const limits = { requestSeconds: REQUEST_SECONDS, commitSeconds: COMMIT_SECONDS };
      for (const candidate of await findReconcileCandidates(parts.ledger.session, limits))
        await reconcile(parts, candidate);
    },
  };
}

async function reconcile(
  { ledger, inspector, log }: ReconcileParts,
  candidate: ReconcileCandidate,
): Promise<void> {
  const presence = await inspector.presenceOf(candidate.family, candidate.hostId, candidate.jobId);
  if (presence === 'pending') return;
  const jobId = await redispatch(ledger.session, candidate);
  if (jobId !== null)
    log.info({ kind: candidate.kind, lostJobId: candidate.jobId, jobId, presence }, 'job.rung-again');
}
