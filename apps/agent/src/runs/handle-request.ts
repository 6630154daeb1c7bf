// The doorbell: claims the request, hands the run to the run table and returns. A claim that is refused is no failure of the job: somebody
// else was first, or it was too late.
import { AdytonError, type ClaimedRun } from '@adyton/contracts';
import { type RequestId } from '@adyton/domain';
import { type AgentTools, type BackupRun } from '../backup/backup-run';
import { type RestoreRun } from '../restore/run-restore';
import { createRunFiles } from '../rman/token-file';
import { RunFailure, reasonOfFailure } from './run-failure';
import { RunLease } from './run-lease';
import { type RunOnItsWay, type RunTable } from './run-table';

/** What a run does between its claim and its end; the benchmark of the control side has its own. */
interface RunBodies {
  backup(run: BackupRun): Promise<void>;
  restore(run: RestoreRun): Promise<void>;
}

export interface RequestParts {
  readonly tools: AgentTools;
  readonly bodies: RunBodies;
  readonly table: RunTable;
  readonly incarnation: string;
}

const REFUSED_CLAIMS: readonly string[] = [
  'ADY_NOT_CLAIMABLE',
  'ADY_EXPIRED',
  'ADY_RUN_ACTIVE',
  'ADY_NOT_FOUND',
];

export async function handleRequest(
  { tools, bodies, table, incarnation }: RequestParts,
  requestId: RequestId,
): Promise<void> {
  table.assertRoom();
  const claimed = await claim(tools, requestId, incarnation);
  if (claimed !== null)
    table.start(claimed, (earlierEnded) => begin({ tools, bodies }, claimed, earlierEnded));
}

async function claim(
  { controlPlane, log }: AgentTools,
  requestId: RequestId,
  incarnation: string,
): Promise<ClaimedRun | null> {
  try {
    const claimed = await controlPlane.claim(requestId, incarnation);
    log.info(
      { requestId, runId: claimed.runId, fence: claimed.fence, databaseId: claimed.database.id },
      'run.claimed',
    );
    return claimed;
  } catch (error) {
    if (!(error instanceof AdytonError) || !REFUSED_CLAIMS.includes(error.code)) throw error;
    log.info({ requestId, code: error.code }, 'request.not-claimed');
    return null;
  }
}

type CarryingOut = Pick<RequestParts, 'tools' | 'bodies'>;

function begin(parts: CarryingOut, claimed: ClaimedRun, earlierEnded: Promise<unknown>): RunOnItsWay {
  const lease = new RunLease(claimed, parts.tools);
  return { lease, done: earlierEnded.then(() => carryOut(parts, claimed, lease)) };
}

async function carryOut({ tools, bodies }: CarryingOut, claimed: ClaimedRun, lease: RunLease): Promise<void> {
  const files = await createRunFiles(tools.config.ADYTON_STATE_DIR, claimed);
  try {
    if (claimed.operation === 'backup') await bodies.backup({ ...tools, claimed, lease, files });
    else await bodies.restore({ ...tools, claimed, lease, files });
  } catch (error) {
    await recordFailure(tools, claimed, lease, error);
  } finally {
    await lease.release();
    await files.remove();
  }
}

/** A run that was fenced is not ours to end any more; one in committing is ended by its manifest. */
async function recordFailure(
  { controlPlane, log }: AgentTools,
  claimed: ClaimedRun,
  lease: RunLease,
  error: unknown,
): Promise<void> {
  const reason = reasonOfFailure(error, lease.phase);
  const { runId } = claimed;
  log.error({ runId, code: reason.code, phase: reason.phase, err: error }, 'run.failed');
  const cancelled = error instanceof RunFailure && error.code === 'ADY_CANCELLED';
  try {
    await controlPlane.failRun(claimed, cancelled ? 'cancelled' : 'failed', reason);
  } catch (refusal) {
    log.warn({ runId, err: refusal }, 'run.failure-not-recorded'); // the lease sweep ends the run instead
  }
}
