// Follows a request and its run to the end: a rewritten line on a terminal, a line every ten seconds elsewhere, a JSON line
// every second for machines.
import {
  AdytonError,
  callRoute,
  isErrorCode,
  restRoutes,
  type BackupRequest,
  type ErrorCode,
  type Reason,
  type RunDetail,
} from '@adyton/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { askUntil, POLL_MS } from './ask-until';
import { type CommandContext } from './context';
import { progressLine, type Sample } from './render/progress-line';

/** Between two lines where no terminal rewrites them, ms. */
const LINE_INTERVAL_MS = 10_000;
/** Between two status objects for a machine, ms. */
const JSON_INTERVAL_MS = 1_000;

const OPEN_REQUESTS: readonly string[] = ['requested', 'dispatching', 'waiting_for_agent'];
const OPEN_RUNS: readonly string[] = ['planning', 'running', 'committing'];

/** Waits until the request was claimed; returns its run id. @throws AdytonError with the request's own reason when it ended otherwise. */
export async function untilClaimed(context: CommandContext, request: BackupRequest): Promise<string> {
  let current = request;
  let said = '';
  while (OPEN_REQUESTS.includes(current.state)) {
    const wait = `request ${current.id}: ${current.state}${current.expiresAt === null ? '' : `, expires ${current.expiresAt}`}`;
    if (wait !== said && context.format === 'table') context.err.write(`${wait}\n`);
    said = wait;
    await sleep(POLL_MS);
    current = await callRoute(context.api, restRoutes.getBackupRequest, { params: { id: current.id } });
  }
  if (current.runId !== null) return current.runId;
  throw errorOfReason(current.reason, `request ${current.id} ended ${current.state}`);
}

/** Waits until the run is prepared, or ended before. */
export function untilRunning(context: CommandContext, runId: string): Promise<RunDetail> {
  return askUntil(
    () => getRun(context, runId),
    ({ state }) => state !== 'planning',
  );
}

/** Waits until the run ended and returns it, whatever its end. */
export async function untilEnded(context: CommandContext, runId: string): Promise<RunDetail> {
  const view = new ProgressView(context);
  const run = await askUntil(
    () => getRun(context, runId),
    ({ state }) => !OPEN_RUNS.includes(state),
    (seen) => view.show(seen),
  );
  view.end();
  return run;
}

function getRun({ api }: CommandContext, id: string): Promise<RunDetail> {
  return callRoute(api, restRoutes.getRun, { params: { id } });
}

export function errorOfReason(reason: Reason | null, fallback: string): AdytonError {
  const code: ErrorCode = reason !== null && isErrorCode(reason.code) ? reason.code : 'ADY_INTERNAL';
  return new AdytonError(code, reason?.detail ?? fallback);
}

class ProgressView {
  private started: Sample | null = null;
  private lastLineAtMs = Number.NEGATIVE_INFINITY;
  private lastText = '';

  constructor(private readonly context: CommandContext) {}

  show(run: RunDetail): void {
    const nowMs = this.context.nowMs();
    if (this.started === null && run.progress.bytesDone > 0)
      this.started = { atMs: nowMs, bytesDone: run.progress.bytesDone };
    const text = progressLine(run, this.started, nowMs);
    if (this.context.format === 'json') this.showJson(run, nowMs);
    else if (this.context.err.isTTY === true) this.context.err.write(`\r\u001b[2K${text}`);
    else this.showLine(text, run.phase, nowMs);
  }

  end(): void {
    if (this.context.format === 'table' && this.context.err.isTTY === true)
      this.context.err.write('\r\u001b[2K');
  }

  private showLine(text: string, phase: string, nowMs: number): void {
    if (nowMs - this.lastLineAtMs < LINE_INTERVAL_MS && this.lastText === phase) return;
    this.context.err.write(`  ${text}\n`);
    this.lastText = phase;
    this.lastLineAtMs = nowMs;
  }

  private showJson(run: RunDetail, nowMs: number): void {
    if (nowMs - this.lastLineAtMs < JSON_INTERVAL_MS && this.lastText === run.phase) return;
    this.context.out.write(
      `${JSON.stringify({ type: 'status', runId: run.id, state: run.state, phase: run.phase, ...run.progress })}\n`,
    );
    this.lastText = run.phase;
    this.lastLineAtMs = nowMs;
  }
}
