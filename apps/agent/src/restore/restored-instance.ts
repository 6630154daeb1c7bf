// The instance that a restore starts. RMAN works on it more than once, and it lives on between: that is when it is asked where its control files
// belong, and what they list. However the restore ends, an instance that it started is shut down; what it leaves are files. One that ran before
// is none of its own.
import { type RunScript } from '@adyton/contracts';
import { printScript, runsAfter, SHUTDOWN_SCRIPT } from '@adyton/rman';
import { interruptRman } from '../rman/end-rman';
import { fenceRun } from '../rman/fence-run';
import { runRman } from '../rman/run-rman';
import { runScript } from '../rman/run-script';
import { RunFailure } from '../runs/run-failure';
import { askControlFiles, askListedPieces, type LocalInstance } from './ask-instance';
import { type RestoreRun } from './restore-run';

/** Nothing is written at its end, ms. */
const SHUTDOWN_TIMEOUT_MS = 60_000;

export class RestoredInstance implements AsyncDisposable {
  private isRunning = false;

  constructor(private readonly run: RestoreRun) {}

  /** RMAN's STARTUP takes an instance that runs already as it is, and ends well: only one that it says it has started is ours. @throws RunFailure */
  async start(script: RunScript): Promise<void> {
    await this.runScript(script);
    if (this.isRunning) return;
    throw new RunFailure('ADY_TARGET_RUNNING', `instance ${this.place.oracleSid} was running already`);
  }

  /** @throws RunFailure */
  async runScript({ step, text }: RunScript): Promise<void> {
    const { claimed, controlPlane, files, lease, log } = this.run;
    await runScript(claimed, controlPlane, files, {
      ...{ name: step, text, ...this.place, target: null, signal: lease.signal },
      onOutput: (lines) => {
        this.isRunning = runsAfter(lines, this.isRunning);
      },
      ending: { runId: claimed.runId, log, fence: () => fenceRun(this.run, claimed), target: null },
    });
  }

  /** Where its control files belong, whether they exist or not. @throws RunFailure */
  controlFiles(): Promise<string[]> {
    return askControlFiles(this.place);
  }

  /** Handles that its control file lists on tape. @throws RunFailure */
  listedPieces(): Promise<string[]> {
    return askListedPieces(this.place);
  }

  /** Never throws: how the restore ended is known already. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.isRunning) return;
    const { claimed, files, log } = this.run;
    try {
      const { exitCode } = await runRman({
        ...{ ...this.place, target: null, end: interruptRman, onOutput: () => undefined },
        scriptFile: await files.writeScript('shutdown', printScript(SHUTDOWN_SCRIPT)),
        signal: AbortSignal.timeout(SHUTDOWN_TIMEOUT_MS),
      });
      log.info({ runId: claimed.runId, exitCode }, 'restored-instance.shut-down');
    } catch (error) {
      log.error({ runId: claimed.runId, err: error }, 'restored-instance.left');
    }
  }

  private get place(): LocalInstance {
    const { database, plan } = this.run.claimed;
    return { oracleHome: database.oracleHome, oracleSid: plan.target.oracleSid };
  }
}
