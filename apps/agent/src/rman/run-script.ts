// One RMAN invocation of a run: script to file, output to the run's log, and the verdict. RMAN's exit code alone never means success.
import { isErrorCode, RUN_LOG_CHARS_MAX, type ErrorCode } from '@adyton/contracts';
import { classifyRmanFailure, readRmanOutput, type RmanReport } from '@adyton/rman';
import { type ControlPlane, type FencedRun } from '../control-plane';
import { RunFailure } from '../runs/run-failure';
import { endRman, type EndingOfRun } from './end-rman';
import { runRman } from './run-rman';
import { type TargetLogin } from './target-login';
import { type RunFiles } from './token-file';

export interface ScriptToRun {
  readonly name: string;
  readonly text: string;
  readonly oracleHome: string;
  readonly oracleSid: string;
  readonly signal: AbortSignal;
  /** Of the target, for channels on other instances, which log in as RMAN did; null: by operating-system authentication. */
  readonly target: TargetLogin | null;
  readonly ending: EndingOfRun;
  /** Told RMAN's output as it comes, whole lines. */
  readonly onOutput?: (text: string) => void;
}

/** RMAN ended with errors. */
export class ScriptFailure extends RunFailure {
  constructor(
    code: ErrorCode,
    detail: string,
    stack: readonly string[],
    readonly report: RmanReport,
  ) {
    super(code, detail, stack);
    this.name = 'ScriptFailure';
  }
}

/** Output is sent on when this much gathered, or when RMAN ended, characters. */
const LOG_CHUNK_CHARS = 16_384;

/** @throws RunFailure with RMAN's stack when it did not end cleanly. */
export async function runScript(
  run: FencedRun,
  controlPlane: ControlPlane,
  files: RunFiles,
  script: ScriptToRun,
): Promise<RmanReport> {
  const log = new RunLog(run, controlPlane);
  const scriptFile = await files.writeScript(script.name, script.text);
  try {
    const { exitCode, output } = await runRman({
      ...script,
      scriptFile,
      onOutput: (text) => {
        log.add(text);
        script.onOutput?.(text);
      },
      end: (rman) => endRman(rman, script.ending),
    });
    const report = readRmanOutput(output);
    if (report.outcome.kind === 'errors') throw failureOf(report.outcome.stack, report);
    if (exitCode !== 0)
      throw new ScriptFailure(
        'ADY_RMAN_FAILED',
        `rman ended with exit code ${exitCode ?? 'none (it was killed)'} and printed no error stack`,
        [],
        report,
      );
    return report;
  } finally {
    await log.flush();
  }
}

function failureOf(stack: readonly string[], report: RmanReport): ScriptFailure {
  const { code, detail } = classifyRmanFailure(stack);
  return new ScriptFailure(isErrorCode(code) ? code : 'ADY_RMAN_FAILED', detail, stack, report);
}

/** The log is for people; a control-plane that is away for a moment must not end a backup. */
class RunLog {
  private gathered = '';
  private sending: Promise<void> = Promise.resolve();

  constructor(
    private readonly run: FencedRun,
    private readonly controlPlane: ControlPlane,
  ) {}

  add(text: string): void {
    this.gathered += text;
    if (this.gathered.length >= LOG_CHUNK_CHARS) this.send();
  }

  async flush(): Promise<void> {
    this.send();
    await this.sending;
  }

  private send(): void {
    if (this.gathered === '') return;
    const text = this.gathered.slice(-RUN_LOG_CHARS_MAX);
    this.gathered = '';
    this.sending = this.sending
      .then(() => this.controlPlane.appendLog(this.run, text))
      .then(
        () => undefined,
        () => undefined, // told again by nobody: the stack travels with the reason anyway
      );
  }
}
