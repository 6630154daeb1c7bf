// A server started as a child process: waits until it answers, keeps the end of what it printed, stops it by its own pid.
import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

export interface ChildServerOptions {
  readonly name: string;
  readonly command: string;
  readonly argv: readonly string[];
  readonly cwd?: string;
  /** Another OS user to run as; only root may ask for one. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Resolves true as soon as the server serves; called again and again until then. */
  readonly isReady: () => Promise<boolean>;
  readonly stopSignal?: NodeJS.Signals;
  /** Everything the server prints is added to this file as well. */
  readonly logFile?: string;
}

export interface ChildServer {
  readonly pid: number;
  /** Resolves when the process has ended, whoever ended it. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** A cold start on a loaded machine takes a few seconds; a server that needs longer is broken. */
const START_TIMEOUT_MS = 30_000;
const READY_POLL_MS = 20;
/** A clean end takes well under a second; after this the process is killed. */
const STOP_TIMEOUT_MS = 10_000;
/** Enough of the output to see why a server did not start. */
const OUTPUT_CHARS_MAX = 8_192;

/** @throws Error with the end of the server's output when it ends or stays silent instead of becoming ready. */
export async function startChildServer(options: ChildServerOptions): Promise<ChildServer> {
  const child = spawn(options.command, options.argv, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.user ?? {}),
  });
  const output = keepOutput(child, options.logFile);
  const ended = endOf(child);
  const killWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  void ended.then(() => process.off('exit', killWithUs));
  const server: ChildServer = {
    pid: child.pid ?? -1,
    ended,
    stop: async () => stopChild(child, ended, options.stopSignal ?? 'SIGTERM'),
  };
  await waitUntilReady(options, child, server, output);
  return server;
}

async function waitUntilReady(
  options: ChildServerOptions,
  child: ChildProcess,
  server: ChildServer,
  output: () => string,
): Promise<void> {
  const giveUpAt = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < giveUpAt) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined)
      throw new Error(`${options.name} ended during its start:\n${output()}`);
    if (await options.isReady()) return;
    await pause(READY_POLL_MS);
  }
  await server.stop();
  throw new Error(`${options.name} was not ready within ${START_TIMEOUT_MS} ms:\n${output()}`);
}

function keepOutput(child: ChildProcess, logFile: string | undefined): () => string {
  let text = '';
  const keep = (chunk: Buffer): void => {
    if (logFile !== undefined) appendFileSync(logFile, chunk, { mode: 0o600 });
    text = (text + chunk.toString('utf8')).slice(-OUTPUT_CHARS_MAX);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  child.on('error', (error) => keep(Buffer.from(error.message)));
  return () => text;
}

function endOf(child: ChildProcess): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once('exit', () => resolve());
  child.once('error', () => resolve());
  return promise;
}

async function stopChild(child: ChildProcess, ended: Promise<void>, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  const late = new AbortController();
  const timeout = pause(STOP_TIMEOUT_MS, 'late', { signal: late.signal }).catch(() => 'ended');
  const first = await Promise.race([ended.then(() => 'ended'), timeout]);
  late.abort();
  if (first === 'late') child.kill('SIGKILL');
  await ended;
}
