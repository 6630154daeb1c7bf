// Runs RMAN with a command file, as the operating-system user of this agent (OS authentication), in a process group of its own. Its output
// is passed on as it comes; an aborted run has it ended.
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Readable, type Writable } from 'node:stream';
import { RunFailure } from '../runs/run-failure';
import { type RunningRman } from './end-rman';
import { connectStatement, type TargetLogin } from './target-login';

export interface RmanInvocation {
  readonly oracleHome: string;
  readonly oracleSid: string;
  readonly scriptFile: string;
  /** Null: operating-system authentication. */
  readonly target: TargetLogin | null;
  readonly signal: AbortSignal;
  /** Ends it when the signal fires. @returns what is to be added to the signal's reason, if anything */
  readonly end: (rman: RunningRman) => Promise<string | null>;
  /** Called with pieces of output, whole lines each. */
  readonly onOutput: (text: string) => void;
}

export interface RmanResult {
  readonly exitCode: number | null;
  /** All of what RMAN printed, up to a bound; the end is kept. */
  readonly output: string;
}

type RmanProcess = ChildProcessByStdio<Writable | null, Readable, Readable>;

/** Kept in memory for reading the outcome, characters; a long backup prints a few lines per piece. */
const OUTPUT_CHARS_MAX = 8 * 1024 * 1024;

/** @throws RunFailure ADY_RMAN_NOT_STARTED, or the signal's reason when the run was stopped. */
export async function runRman(invocation: RmanInvocation): Promise<RmanResult> {
  invocation.signal.throwIfAborted();
  const program = join(invocation.oracleHome, 'bin', 'rman');
  await assertExecutable(program);
  const child = start(program, invocation);
  const output = new BoundedText(OUTPUT_CHARS_MAX);
  const read = [child.stdout, child.stderr].map((stream) => readLines(stream, output, invocation));
  const running = Promise.all([exitOf(child), ...read]).then(([exitCode]) => exitCode);
  const exitCode = await unlessStopped(running, runningRman(child), invocation);
  return { exitCode, output: output.text };
}

/** @throws the signal's reason when the run is stopped first, once nothing of RMAN is left */
async function unlessStopped(
  running: Promise<number | null>,
  rman: RunningRman,
  { signal, end }: RmanInvocation,
): Promise<number | null> {
  const { promise: stopped, resolve: stop } = Promise.withResolvers<Event | null>();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await Promise.race([running, stopped]);
    if (!signal.aborted) return await running;
    running.catch(() => undefined); // how it ended is not asked any more
    throw withDetail(signal.reason, await end(rman));
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function withDetail(reason: unknown, detail: string | null): unknown {
  if (detail === null || !(reason instanceof RunFailure)) return reason;
  const { code, message, oraErrors, instance } = reason;
  return new RunFailure(code, `${message}; ${detail}`, oraErrors, {
    cause: reason,
    ...(instance === null ? {} : { instance }),
  });
}

/** A login is given on standard input, where nobody else sees it; what RMAN does with it afterwards it does for the channels too. */
function start(program: string, invocation: RmanInvocation): RmanProcess {
  const { scriptFile, target } = invocation;
  const options = { env: oracleEnvironment(invocation), detached: true } as const;
  if (target === null)
    return spawn(program, ['target', '/', 'nocatalog', `cmdfile=${scriptFile}`], {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const child = spawn(program, ['nocatalog'], { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => undefined); // it ended before it read: its exit says so
  child.stdin.end(`${connectStatement(target)}\n@${scriptFile}\n`);
  return child;
}

/** Of a program of Oracle that logs in to the instance as the operating-system user. */
export function oracleEnvironment({
  oracleHome,
  oracleSid,
}: Pick<RmanInvocation, 'oracleHome' | 'oracleSid'>): Record<string, string> {
  return {
    ORACLE_HOME: oracleHome,
    ORACLE_SID: oracleSid,
    PATH: `${join(oracleHome, 'bin')}:/usr/bin:/bin`,
    LD_LIBRARY_PATH: join(oracleHome, 'lib'),
    NLS_LANG: 'AMERICAN_AMERICA.AL32UTF8',
    NLS_DATE_FORMAT: 'YYYY-MM-DD HH24:MI:SS',
  };
}

async function assertExecutable(program: string): Promise<void> {
  try {
    await access(program, constants.X_OK);
  } catch (cause) {
    throw new RunFailure('ADY_RMAN_NOT_STARTED', `${program} is missing or may not be executed`, [], {
      cause,
    });
  }
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', (cause) =>
    reject(
      new RunFailure('ADY_RMAN_NOT_STARTED', `rman could not be started: ${cause.message}`, [], { cause }),
    ),
  );
  child.once('close', (code) => resolve(code));
  return promise;
}

async function readLines(
  stream: Readable,
  output: BoundedText,
  { target, onOutput }: RmanInvocation,
): Promise<void> {
  for await (const line of createInterface({ input: stream })) {
    const text = `${target === null ? line : line.replaceAll(target.password, '***')}\n`;
    output.add(text);
    onOutput(text);
  }
}

/** The group holds RMAN and what it started; a negative pid names the group. */
function runningRman(child: ChildProcess): RunningRman {
  const { promise: exited, resolve } = Promise.withResolvers<unknown>();
  child.once('exit', resolve);
  child.once('error', resolve);
  return { exited, signal: (signal) => signalGroup(child, signal) };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    const gone = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ESRCH';
    if (!gone) throw error;
  }
}

class BoundedText {
  private parts: string[] = [];
  private chars = 0;

  constructor(private readonly charsMax: number) {}

  get text(): string {
    return this.parts.join('');
  }

  add(text: string): void {
    this.parts.push(text);
    this.chars += text.length;
    while (this.chars > this.charsMax) this.chars -= this.parts.shift()?.length ?? 0;
  }
}
