/** Starts an instance process that outlives whoever started it, and waits for processes to end. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { join, resolve } from 'node:path';

const LAB = resolve(__dirname, '..');
/** Instance recovery of a big log takes seconds at most. */
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 30_000;
const POLL_MS = 20;

/** Starts `<kind>/main.js` with these arguments, output to `logPath`; answers its `<kind>.open` event. */
export async function startDetached(
  argv: string[],
  logPath: string,
  kind: 'instance' | 'cluster' = 'instance',
): Promise<unknown> {
  const log = openSync(logPath, 'a+');
  try {
    const from = fstatSync(log).size;
    const child = spawn(process.execPath, [join(LAB, kind, 'main.js'), ...argv], {
      detached: true,
      stdio: ['ignore', log, log],
    });
    const exited = new Promise<number>((done) => child.once('exit', (code) => done(code ?? 1)));
    child.unref();
    let exitCode: number | undefined;
    void exited.then((code) => (exitCode = code));
    for (let waitedMs = 0; waitedMs < START_TIMEOUT_MS; waitedMs += POLL_MS) {
      const text = readFrom(log, from);
      const whole = text.split('\n').slice(0, -1); // the last line may still be on its way
      const open = whole.find((line) => line.startsWith(`{"event":"${kind}.open"`));
      if (open !== undefined) return JSON.parse(open) as unknown;
      if (exitCode !== undefined) throw new Error(`the instance did not start: ${text.trim()}`);
      await pause();
    }
    child.kill('SIGKILL');
    throw new Error(`the instance did not open within ${START_TIMEOUT_MS} ms`);
  } finally {
    closeSync(log);
  }
}

/** Waits until a process is gone. */
export async function waitUntilGone(pid: number): Promise<void> {
  for (let waitedMs = 0; existsSync(`/proc/${pid}`); waitedMs += POLL_MS) {
    if (waitedMs > STOP_TIMEOUT_MS) throw new Error(`process ${pid} is still there`);
    await pause();
  }
}

function readFrom(fd: number, from: number): string {
  const bytes = Buffer.alloc(fstatSync(fd).size - from);
  readSync(fd, bytes, 0, bytes.length, from);
  return bytes.toString('utf8');
}

function pause(): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, POLL_MS);
  });
}
