// A child process with an owner: started with an argument list, ready when it prints its JSON line, always ended by its pid.
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { PassThrough } from 'node:stream';

export interface ProcessToStart {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The `event` of the JSON line on stdout that says it is ready. */
  readonly readyEvent: string;
  readonly logFile: string;
  /** Longest wait for the ready line, ms. */
  readonly readyTimeoutMs?: number;
}

/** A cold start on two busy cores takes seconds; a minute means it hangs. */
const READY_TIMEOUT_MS = 60_000;
/** After this long a process that was asked to end is killed, ms. */
const STOP_TIMEOUT_MS = 25_000;
/** Only these variables of the caller reach a child: a stray ADYTON_ setting of the shell must not. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'NODE_COMPILE_CACHE'] as const;

export class ManagedProcess {
  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
    /** The fields of the ready line. */
    readonly ready: Readonly<Record<string, unknown>>,
    private readonly ended: Promise<number | null>,
  ) {}

  get pid(): number {
    return this.child.pid ?? -1;
  }
  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  static async start(what: ProcessToStart): Promise<ManagedProcess> {
    mkdirSync(dirname(what.logFile), { recursive: true });
    const log = createWriteStream(what.logFile, { flags: 'a' });
    const child = spawn(what.command, [...what.args], {
      env: { ...inherited(), ...what.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = exitOf(child);
    const stdout = new PassThrough();
    void pipeline(child.stdout, stdout).catch(() => undefined);
    void pipeline(child.stderr, log).catch(() => undefined);
    const ready = await readyLine(stdout, what, ended).catch(async (error: unknown) => {
      child.kill('SIGKILL');
      await ended;
      throw error;
    });
    return new ManagedProcess(what.name, child, ready, ended);
  }

  /** SIGTERM, then SIGKILL after the deadline. Resolves when the process is gone. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (!this.isRunning) return;
    this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.ended;
    clearTimeout(timer);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Resolves with the exit code once the process is gone. */
  async wait(): Promise<number | null> {
    return this.ended;
  }
}

function inherited(): Record<string, string> {
  return Object.fromEntries(
    INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject);
  child.once('exit', (code) => resolve(code));
  return promise;
}

/** The first stdout line whose JSON carries the wanted event; other lines are passed over. */
async function readyLine(
  stdout: PassThrough,
  what: ProcessToStart,
  ended: Promise<number | null>,
): Promise<Record<string, unknown>> {
  const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>();
  const limit = what.readyTimeoutMs ?? READY_TIMEOUT_MS;
  const timer = setTimeout(
    () => reject(new Error(`${what.name} was not ready within ${limit} ms; log: ${what.logFile}`)),
    limit,
  );
  createInterface({ input: stdout }).on('line', (line) => {
    const fields = parseObject(line);
    if (fields?.['event'] === what.readyEvent) resolve(fields);
  });
  ended.then(
    (code) =>
      reject(new Error(`${what.name} ended with code ${code} before it was ready; log: ${what.logFile}`)),
    (error: unknown) => reject(error instanceof Error ? error : new Error(String(error))),
  );
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

function parseObject(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null; // a line of prose that begins with a brace is no ready line
  }
}
