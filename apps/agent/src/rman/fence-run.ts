// Whatever ends a run early, its SBT token is fenced first: after that the dedup-worker of this host closes no piece of it any more, however
// long a server process of the database still lives. Channels on other hosts hear of a cancel through their own dedup-worker.
import { type ClaimedRun } from '@adyton/contracts';
import { fenceToken, type FenceOutcome } from '@adyton/sbt';
import { type AgentTools } from '../backup/backup-run';

/** A worker that lives confirms at once; one that hangs must not keep RMAN from being ended, ms. */
const CONFIRM_LIMIT_MS = 2_000;

/** Never rejects. */
export async function fenceRun(
  { config, log }: Pick<AgentTools, 'config' | 'log'>,
  { runId, sbtToken }: Pick<ClaimedRun, 'runId' | 'sbtToken'>,
): Promise<FenceOutcome> {
  const outcome = await fenceToken({
    socketPath: config.ADYTON_SBT_SOCKET,
    token: sbtToken,
    limitMs: CONFIRM_LIMIT_MS,
  });
  if (outcome === 'unconfirmed') log.error({ runId }, 'run.fence-unconfirmed');
  else log.info({ runId, outcome }, 'run.fenced');
  return outcome;
}
