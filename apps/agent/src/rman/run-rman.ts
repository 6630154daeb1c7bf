// Runs RMAN with a command file, as the operating-system user of this agent (OS authentication), in a process group of its own. Its output
// is passed on as it comes; an aborted run ends it: SIGINT first, SIGKILL for what does not listen.
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Readable, type Writable } from 'node:stream';
import { RunFailure } from '../runs/run-failure';
import { connectStatement, type TargetLogin } from './target-login';

export interface RmanInvocation {
  readonly oracleHome: string;
  readonly oracleSid: string;
  readonly scriptFile: string;
  /** Null: operating-system authentication. */
  readonly target: TargetLogin | null;
  readonly signal: AbortSignal;
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
/** How long RMAN may take to end after SIGINT, ms; its channels need a moment to give up their pieces. */
const INTERRUPT_GRACE_MS = 5_000;

/** @throws RunFailure ADY_RMAN_NOT_STARTED, or the signal's reason when the run was stopped. */
export async function runRman(invocation: RmanInvocation): Promise<RmanResult> {
  invocation.signal.throwIfAborted();
  const program = join(invocation.oracleHome, 'bin', 'rman');
  await assertExecutable(program);
  const child = start(program, invocation);
  const ending = endWhenAborted(child, invocation.signal);
  const output = new BoundedText(OUTPUT_CHARS_MAX);
  try {
    const exit = exitOf(child);
    await Promise.all([child.stdout, child.stderr].map((stream) => readLines(stream, output, invocation)));
    const exitCode = await exit;
    invocation.signal.throwIfAborted();
    return { exitCode, output: output.text };
  } finally {
    ending.stop();
  }
}

/** A login is given on standard input, where nobody else sees it; what RMAN does with it afterwards it does for the channels too. */
function start(program: string, invocation: RmanInvocation): RmanProcess {
  const { scriptFile, target } = invocation;
  const options = { env: rmanEnvironment(invocation), detached: true } as const;
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

function rmanEnvironment({ oracleHome, oracleSid }: RmanInvocation): Record<string, string> {
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
function endWhenAborted(child: ChildProcess, signal: AbortSignal): { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => {
    signalGroup(child, 'SIGINT');
    timer = setTimeout(() => signalGroup(child, 'SIGKILL'), INTERRUPT_GRACE_MS);
  };
  signal.addEventListener('abort', end, { once: true });
  return {
    stop: () => {
      signal.removeEventListener('abort', end);
      clearTimeout(timer);
      if (signal.aborted) signalGroup(child, 'SIGKILL');
    },
  };
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
