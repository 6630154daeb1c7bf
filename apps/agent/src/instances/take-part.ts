// The host of another instance takes part in a run: it makes the token of its channels known to them, checks its instance, and goes on
// saying that it lives until the run is over. Losing the instance is told at once.
import { AdytonError } from '@adyton/contracts';
import { type RunId } from '@adyton/domain';
import { pause } from '@adyton/runtime';
import { type AgentTools } from '../backup/backup-run';
import { createRunFiles } from '../rman/token-file';
import { checkOwnInstance, verdictOf } from './check-own-instance';
import { findBackground, type Background } from './watch-background';

export interface PartToTake {
  readonly runId: RunId;
  readonly fence: number;
  readonly sid: string;
}

/** How often the process monitor is looked at, ms: a look at one file. */
const LOOK_MS = 2_000;
/** Signs in the time after which an agent counts as silent, as with presence. */
const SIGNS_PER_TTL = 3;
/** A control-plane that is away for longer has failed the run by its lease, ms. */
const UNHEARD_MS_MAX = 120_000;

/** @returns when the run is over, or when this agent ends; the channels need the token for as long as it lives. */
export async function takePart(tools: AgentTools, part: PartToTake, signal: AbortSignal): Promise<void> {
  const { config, controlPlane } = tools;
  const joined = await controlPlane.joinRun(part);
  const files = await createRunFiles(config.ADYTON_STATE_DIR, {
    runId: part.runId,
    sbtToken: joined.sbtToken,
  });
  const background = await findBackground({ sid: part.sid, oracleHome: joined.oracleHome });
  const checks = await checkOwnInstance(config, { sid: part.sid, asked: joined, background });
  const word = verdictOf(config, checks, files.tokenFile);
  const { goesOn } = await controlPlane.reportInstance(part, word);
  if (goesOn && word.state === 'eligible') await showLife(tools, part, { background, signal });
  if (!signal.aborted) await files.remove();
}

async function showLife(
  { config, controlPlane, clock, log }: AgentTools,
  part: PartToTake,
  { background, signal }: { readonly background: Background; readonly signal: AbortSignal },
): Promise<void> {
  const signMs = (config.ADYTON_PRESENCE_TTL_SECONDS * 1000) / SIGNS_PER_TTL;
  const lookMs = Math.min(LOOK_MS, signMs);
  let heardMs = clock.monotonicMs();
  let toldMs = heardMs;
  while (!signal.aborted) {
    await pause(lookMs, signal);
    const lives = await background.isAlive();
    const nowMs = clock.monotonicMs();
    if (lives && nowMs - toldMs < signMs) continue;
    toldMs = nowMs;
    try {
      const word = lives
        ? ({ state: 'alive' } as const)
        : ({ state: 'lost', detail: `its process monitor ora_pmon_${part.sid} is gone` } as const);
      const { goesOn } = await controlPlane.reportInstance(part, word);
      heardMs = nowMs;
      if (!goesOn || !lives) return;
    } catch (error) {
      log.warn({ runId: part.runId, sid: part.sid, err: error }, 'instance.sign-failed');
      if (isOver(error) || nowMs - heardMs > UNHEARD_MS_MAX) return;
    }
  }
}

/** Another attempt has the run, or nobody knows of it. */
function isOver(error: unknown): boolean {
  return (
    error instanceof AdytonError && ['ADY_FENCED', 'ADY_FORBIDDEN', 'ADY_RUN_STATE'].includes(error.code)
  );
}
