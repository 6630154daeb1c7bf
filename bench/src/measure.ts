// What the kernel knows of a process, and what GNU time knows of a command: CPU time is the main figure here, because it depends less on what
// else the machine does than the time on the clock. GB = 10^9 bytes throughout.
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, statSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export const GB = 1_000_000_000;
export const MB = 1_000_000;

/** What a step cost. */
export interface Cost {
  /** User and system time, of all threads and children. */
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** Highest resident memory, bytes. */
  readonly rssBytesPeak: number;
}

const CLOCK_TICKS_PER_SECOND = 100;
/** Enough of a command's complaint to understand it. */
const STDERR_CHARS_KEPT = 4_000;

/** User and system time of a running process with all its threads, seconds; exact to 10 ms. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
}

/** Highest resident memory since the process started, as the kernel keeps it. */
export function rssBytesPeakOf(pid: number): number {
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1] ?? 0) * 1024;
}

export interface CommandToTime {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** A file the command reads as its standard input. */
  readonly stdin?: string;
  /** Takes the standard output; without it the output is kept as text. */
  readonly sink?: (bytes: Buffer) => void;
  /** Where GNU time may write. */
  readonly scratch: string;
}

/** Runs a command to its end. @throws Error with its last words when it fails. */
export async function timeCommand(command: CommandToTime): Promise<{ cost: Cost; stdout: string }> {
  const timeFile = join(command.scratch, 'time.txt');
  const stdin = command.stdin === undefined ? 'ignore' : openSync(command.stdin, 'r');
  const began = performance.now();
  const child = spawn('/usr/bin/time', ['-f', '%U %S %M', '-o', timeFile, ...command.argv], {
    env: { PATH: process.env['PATH'], ...command.env },
    stdio: [stdin, 'pipe', 'pipe'],
  });
  try {
    const stdout = await outputOf(child, command);
    const wallSeconds = (performance.now() - began) / 1000;
    const [user = NaN, system = NaN, rssKib = NaN] = readFileSync(timeFile, 'utf8')
      .trim()
      .split(' ')
      .map(Number);
    return { cost: { cpuSeconds: user + system, wallSeconds, rssBytesPeak: rssKib * 1024 }, stdout };
  } finally {
    if (typeof stdin === 'number') closeSync(stdin);
    rmSync(timeFile, { force: true });
  }
}

async function outputOf(child: ChildProcess, { argv, sink }: CommandToTime): Promise<string> {
  const kept: Buffer[] = [];
  let complaint = '';
  child.stdout?.on('data', sink ?? ((bytes: Buffer) => void kept.push(bytes)));
  child.stderr?.on('data', (text: Buffer) => {
    complaint = `${complaint}${text.toString('utf8')}`.slice(-STDERR_CHARS_KEPT);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${argv.slice(0, 3).join(' ')} ended with ${code}\n${complaint}`);
  return Buffer.concat(kept).toString('utf8');
}

/** Takes bytes and says what they hash to: where every restore ends. */
export interface DigestSink {
  readonly take: (bytes: Uint8Array) => void;
  readonly result: () => { readonly sha256: string; readonly bytes: number };
}

export function digestSink(): DigestSink {
  const hash = createHash('sha256');
  let bytes = 0;
  return {
    take: (part) => {
      hash.update(part);
      bytes += part.length;
    },
    result: () => ({ sha256: hash.digest('hex'), bytes }),
  };
}

/** Files below a directory with their sizes; paths are relative to it. */
export function filesBelow(directory: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const size = statSync(path, { throwIfNoEntry: false })?.size; // what was being written has another name by now
    if (size !== undefined) found.set(path.slice(directory.length + 1), size);
  }
  return found;
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}
