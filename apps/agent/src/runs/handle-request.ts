// The doorbells of runs: claims the request, or takes over a run that left another instance, hands it to the run table and returns. One that is
// refused is no failure of the job: somebody else was first, or it was too late.
import { AdytonError, type ClaimedRun, type Reason, type RunPlan } from '@adyton/contracts';
import { type RequestId, type RunId } from '@adyton/domain';
import { type AgentTools, type BackupRun } from '../backup/backup-run';
import { descriptorOf } from '../instances/instance-address';
import { failedByInstance } from '../instances/judge-own-instance';
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

const REFUSED: readonly string[] = [
  'ADY_NOT_CLAIMABLE',
  'ADY_EXPIRED',
  'ADY_RUN_ACTIVE',
  'ADY_NOT_FOUND',
  // of a run that went on elsewhere, or ended, before it was taken over
  'ADY_FENCED',
  'ADY_RUN_STATE',
];

/** Nobody's fault: the run was stopped, or nothing was done in it. */
const CANCELLED_BY: readonly string[] = ['ADY_CANCELLED', 'ADY_NOTHING_BACKED_UP'];

export function handleRequest(parts: RequestParts, requestId: RequestId): Promise<void> {
  const { tools, incarnation } = parts;
  return startRun(parts, { requestId }, () => tools.controlPlane.claim(requestId, incarnation));
}

export function takeOverRun(
  parts: RequestParts,
  run: { readonly runId: RunId; readonly fence: number },
): Promise<void> {
  const { tools, incarnation } = parts;
  return startRun(parts, { runId: run.runId }, () => tools.controlPlane.takeOver(run, incarnation));
}

/** A backup of a cluster talks to the instance it is on, and to no other that the descriptor may lead to. */
function onItsInstance(claimed: ClaimedRun): ClaimedRun {
  if (claimed.operation !== 'backup' || claimed.otherInstances.length === 0) return claimed;
  const { database } = claimed;
  const connectDescriptor = descriptorOf(database.connectDescriptor, database.oracleSid);
  return { ...claimed, database: { ...database, connectDescriptor } };
}

/** @param asked what the doorbell named */
async function startRun(
  { tools, bodies, table }: RequestParts,
  asked: { readonly requestId: RequestId } | { readonly runId: RunId },
  obtain: () => Promise<ClaimedRun>,
): Promise<void> {
  table.assertRoom();
  const obtained = await unlessRefused(tools, asked, obtain);
  if (obtained === null) return;
  const claimed = onItsInstance(obtained);
  const { requestId, runId, fence, database } = claimed;
  tools.log.info(
    { requestId, runId, fence, databaseId: database.id, sid: database.oracleSid },
    'run.claimed',
  );
  table.start(claimed, (earlierEnded) => begin({ tools, bodies }, claimed, earlierEnded));
}

async function unlessRefused(
  { log }: AgentTools,
  asked: object,
  obtain: () => Promise<ClaimedRun>,
): Promise<ClaimedRun | null> {
  try {
    return await obtain();
  } catch (error) {
    if (!(error instanceof AdytonError) || !REFUSED.includes(error.code)) throw error;
    log.info({ ...asked, code: error.code }, 'run.not-claimed');
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
    await leaveHanging(play(bodies, { ...tools, lease, files, waitedFor: new Set() }, claimed), lease.signal);
  } catch (error) {
    // Before its end is on record: nothing of it is closed after that. In commit RMAN is over, and the dedup-worker has the manifest to make.
    if (lease.phase !== 'commit') await fenceRun(tools, claimed);
    await giveUp(tools, claimed, lease, error);
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
async function giveUp(
  tools: AgentTools,
  claimed: ClaimedRun,
  lease: RunLease,
  error: unknown,
): Promise<void> {
  // what breaks off because the run was stopped is not why it ended
  const cause: unknown = lease.signal.aborted && !(error instanceof RunFailure) ? lease.signal.reason : error;
  const reason = reasonOfFailure(cause, lease.phase);
  const { log } = tools;
  const { runId } = claimed;
  log.error({ runId, code: reason.code, phase: reason.phase, err: error }, 'run.given-up');
  try {
    await recordEnd(tools, claimed, { reason, checks: failedByInstance(claimed, cause, lease.phase) });
  } catch (refusal) {
    log.warn({ runId, err: refusal }, 'run.failure-not-recorded'); // the lease sweep ends the run instead
  }
}

/** What only this instance failed is the next one's chance; the control-plane knows whether there is one, and fails the run otherwise. */
async function recordEnd(
  { controlPlane, log }: AgentTools,
  claimed: ClaimedRun,
  { reason, checks }: { readonly reason: Reason; readonly checks: RunPlan['checks'] },
): Promise<void> {
  if (checks.length === 0) {
    await controlPlane.failRun(claimed, CANCELLED_BY.includes(reason.code) ? 'cancelled' : 'failed', reason);
    return;
  }
  const movedTo = await controlPlane.leaveInstance(claimed, { reason, checks });
  if (movedTo !== null) log.warn({ runId: claimed.runId, movedTo }, 'run.moved');
}
