// The instance that a restore starts. RMAN works on it more than once, and it lives on between: that is when its records can be read. However
// the restore ends, an instance that it started is shut down; what it leaves are files. One that ran before is none of its own: STARTUP fails.
import { printScript, runsAfter, SHUTDOWN_SCRIPT } from '@adyton/rman';
import { interruptRman } from '../rman/end-rman';
import { fenceRun } from '../rman/fence-run';
import { runRman } from '../rman/run-rman';
import { runScript } from '../rman/run-script';
import { listPieces } from './list-pieces';
import { type RestoreRun } from './restore-run';

/** Nothing is written at its end, ms. */
const SHUTDOWN_TIMEOUT_MS = 60_000;

export class RestoredInstance implements AsyncDisposable {
  private isRunning = false;

  constructor(private readonly run: RestoreRun) {}

  /** @throws RunFailure */
  async runScript(name: 'mount' | 'restore', text: string): Promise<void> {
    const { claimed, controlPlane, files, lease, log } = this.run;
    await runScript(claimed, controlPlane, files, {
      ...{ name, text, ...this.place, target: null, signal: lease.signal },
      onOutput: (lines) => {
        this.isRunning = runsAfter(lines, this.isRunning);
      },
      ending: { runId: claimed.runId, log, fence: () => fenceRun(this.run, claimed), target: null },
    });
  }

  /** Handles that its control file lists on tape. @throws RunFailure */
  listPieces(): Promise<string[]> {
    return listPieces(this.place);
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

  private get place(): { readonly oracleHome: string; readonly oracleSid: string } {
    const { database, plan } = this.run.claimed;
    return { oracleHome: database.oracleHome, oracleSid: plan.target.oracleSid };
  }
}
