/** Starts an instance process that outlives labctl, and waits for processes to end. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';

const MAIN = resolve(__dirname, '..', 'instance', 'main.js');
/** Instance recovery of a big log takes seconds at most. */
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 30_000;
const POLL_MS = 20;

/** Starts `instance/main.js` with these arguments, output to `logPath`; answers its `instance.open` event. */
export async function startDetached(argv: string[], logPath: string): Promise<unknown> {
  const log = openSync(logPath, 'a+');
  try {
    const from = fstatSync(log).size;
    const child = spawn(process.execPath, [MAIN, ...argv], { detached: true, stdio: ['ignore', log, log] });
    const exited = new Promise<number>((done) => child.once('exit', (code) => done(code ?? 1)));
    child.unref();
    let exitCode: number | undefined;
    void exited.then((code) => (exitCode = code));
    for (let waitedMs = 0; waitedMs < START_TIMEOUT_MS; waitedMs += POLL_MS) {
      const text = readFrom(log, from);
      const open = text.split('\n').find((line) => line.startsWith('{"event":"instance.open"'));
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
