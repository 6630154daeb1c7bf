// The doorbell: claims the request, hands the run to the run table and returns. A claim that is refused is no failure of the job: somebody
// else was first, or it was too late.
import { AdytonError, type ClaimedRun } from '@adyton/contracts';
import { type RequestId } from '@adyton/domain';
import { type AgentTools, type BackupRun } from '../backup/backup-run';
import { type RestoreRun } from '../restore/restore-run';
import { fenceRun } from '../rman/fence-run';
import { createRunFiles } from '../rman/token-file';
import { leaveHanging } from './leave-hanging';
import { RunFailure, reasonOfFailure } from './run-failure';
import { RunLease } from './run-lease';
import { type RunOnItsWay, type RunTable } from './run-table';

/** What a run does between its claim and its end; the benchmark of the control side has its own. */
interface RunBodies {
  backup(run: BackupRun): Promise<void>;
  /** RMAN by hand. */
  external(run: BackupRun): Promise<void>;
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

/** Nobody's fault: the run was stopped, or nothing was done in it. */
const CANCELLED_BY: readonly string[] = ['ADY_CANCELLED', 'ADY_NOTHING_BACKED_UP'];

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
    await leaveHanging(play(bodies, { ...tools, lease, files }, claimed), lease.signal);
  } catch (error) {
    // Before its end is on record: nothing of it is closed after that. In commit RMAN is over, and the dedup-worker has the manifest to make.
    if (lease.phase !== 'commit') await fenceRun(tools, claimed);
    await recordFailure(tools, claimed, lease, error);
  } finally {
    await lease.release();
    await files.remove();
  }
}

function play(
  bodies: RunBodies,
  run: Omit<BackupRun & RestoreRun, 'claimed'>,
  claimed: ClaimedRun,
): Promise<void> {
  if (claimed.operation === 'restore') return bodies.restore({ ...run, claimed });
  return claimed.lane === 'external'
    ? bodies.external({ ...run, claimed })
    : bodies.backup({ ...run, claimed });
}

/** A run that was fenced is not ours to end any more; one in committing is ended by its manifest. */
async function recordFailure(
  { controlPlane, log }: AgentTools,
  claimed: ClaimedRun,
  lease: RunLease,
  error: unknown,
): Promise<void> {
  // what breaks off because the run was stopped is not why it ended
  const reason = reasonOfFailure(
    lease.signal.aborted && !(error instanceof RunFailure) ? lease.signal.reason : error,
    lease.phase,
  );
  const { runId } = claimed;
  log.error({ runId, code: reason.code, phase: reason.phase, err: error }, 'run.failed');
  const cancelled = CANCELLED_BY.includes(reason.code);
  try {
    await controlPlane.failRun(claimed, cancelled ? 'cancelled' : 'failed', reason);
  } catch (refusal) {
    log.warn({ runId, err: refusal }, 'run.failure-not-recorded'); // the lease sweep ends the run instead
  }
}
