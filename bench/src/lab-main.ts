// `make bench-lab`: how fast the lab makes a database, opens it and is ready for rman, beside what the disk itself takes. Ends with 1 when a
// bound is missed; the figures go to build/bench/lab.json and, by hand, to docs/lab.md.
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { appMain, buildDir } from '../../stack/src/repository';
import { runCommand } from '../../stack/src/run-command';
import { MB } from './measure';
import { machineName } from './report';

/** What the lab is held to, on 2 cores. */
const BOUNDS = {
  /** From nothing to a database that is open, of the size below, seconds. */
  readySecondsMax: 5,
  readyBytes: 500 * 2 ** 20,
  /** The engine's writing of data files, MB for a second of one core, which other work on the machine does not change. */
  writeMbPerCpuSecondMin: 150,
};
/** With more than this to do before it begins, a machine of 2 cores says nothing about time on the clock. */
const IDLE_LOAD_MAX = 1;
/** The largest database the lab is meant for. */
const BYTES_MAX = 16 * 2 ** 30;
/** Online logs and control files come on top of the data files. */
const ROOM_FACTOR = 1.2;
const LAB_TIMEOUT_MS = 3_600_000;
const DISK_CHUNK = Buffer.alloc(4 * 2 ** 20, 0x5a);

interface LabFigures {
  readonly createSeconds: number;
  readonly createCpuSeconds: number;
  readonly openSeconds: number;
  readonly bytes: number;
  readonly mbPerSecond: number;
  /** The disk alone: the same bytes, written and synced by nobody else. */
  readonly diskMbPerSecond: number;
}

async function main(): Promise<void> {
  const bytes = bytesOf(process.env['BENCH_LAB_SIZE'] ?? '500M');
  const repetitions = Number(process.env['BENCH_LAB_REPETITIONS'] ?? (bytes > 2 ** 30 ? 1 : 3));
  const benchDir = join(buildDir, 'bench');
  mkdirSync(benchDir, { recursive: true });
  const loadBefore = loadavg()[0] ?? 0;
  const runs: LabFigures[] = [];
  for (let i = 0; i < repetitions; i += 1) runs.push(await measureOnce(benchDir, bytes));
  const report = { date: new Date().toISOString(), machine: machineName(), loadBefore, runs };
  writeFileSync(join(benchDir, 'lab.json'), `${JSON.stringify(report, null, 2)}\n`);
  say(`${report.date.slice(0, 10)}, ${report.machine}; load before it began ${loadBefore.toFixed(1)}`);
  for (const run of runs) say(lineOf(run));
  const missed = missedBounds(runs, { isIdle: loadBefore <= IDLE_LOAD_MAX });
  for (const text of missed) say(`missed: ${text}`);
  if (missed.length > 0) process.exitCode = 1;
}

async function measureOnce(parent: string, bytes: number): Promise<LabFigures> {
  const directory = mkdtempSync(join(parent, 'lab-'));
  try {
    refuseFullDisk(directory, bytes);
    const base = join(directory, 'host');
    const size = ['--size', String(bytes)];
    const created = await labctl(['create', '--base', base, ...size]);
    const { bytes: written, cpuMs } = JSON.parse(created.stdout) as { bytes: number; cpuMs: number };
    const opened = await labctl(['start', '--base', base, '--detach']);
    await labctl(['stop', '--base', base, '--abort']);
    rmSync(base, { recursive: true });
    return {
      createSeconds: created.seconds,
      createCpuSeconds: cpuMs / 1000,
      openSeconds: opened.seconds,
      bytes: written,
      mbPerSecond: written / MB / created.seconds,
      diskMbPerSecond: diskRate(join(directory, 'plain'), written),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function labctl(args: readonly string[]): Promise<{ stdout: string; seconds: number }> {
  const began = performance.now();
  const program = appMain('lab', 'labctl/main');
  const { code, stdout, stderr } = await runCommand(process.execPath, [program, ...args], {
    timeoutMs: LAB_TIMEOUT_MS,
  });
  if (code !== 0) throw new Error(`labctl ${args[0] ?? ''}: ${stderr}`);
  return { stdout, seconds: (performance.now() - began) / 1000 };
}

function diskRate(path: string, bytes: number): number {
  const began = performance.now();
  const fd = openSync(path, 'w');
  try {
    for (let at = 0; at < bytes; at += DISK_CHUNK.length) writeSync(fd, DISK_CHUNK);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return bytes / MB / ((performance.now() - began) / 1000);
}

/** The database, and afterwards as many bytes in one plain file. */
function refuseFullDisk(directory: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(directory);
  if (bavail * bsize < ROOM_FACTOR * bytes) throw new Error(`${directory} has no room for ${bytes} bytes`);
}

/** The best of the runs counts. Time on the clock is judged for the size it is promised for; a miss counts on a machine with nothing else to do. */
function missedBounds(runs: readonly LabFigures[], { isIdle }: { isIdle: boolean }): string[] {
  const missed: string[] = [];
  const rate = Math.max(...runs.map((run) => run.bytes / MB / run.createCpuSeconds));
  if (rate < BOUNDS.writeMbPerCpuSecondMin) missed.push(`${rate.toFixed(0)} MB for a second of one core`);
  const small = runs.filter(({ bytes }) => bytes <= 1.1 * BOUNDS.readyBytes);
  const seconds = Math.min(...small.map((run) => run.createSeconds + run.openSeconds));
  if (small.length === 0) return missed;
  if (seconds <= BOUNDS.readySecondsMax) return missed;
  if (isIdle) missed.push(`open after ${seconds.toFixed(1)} s`);
  else say(`open after ${seconds.toFixed(1)} s, but the machine has other work: not judged`);
  return missed;
}

function lineOf(run: LabFigures): string {
  const { bytes, createSeconds, createCpuSeconds, openSeconds, mbPerSecond, diskMbPerSecond } = run;
  return (
    `${Math.round(bytes / MB)} MB made in ${createSeconds.toFixed(2)} s, ${mbPerSecond.toFixed(0)} MB/s; ${createCpuSeconds.toFixed(2)} s of CPU, ` +
    `${(bytes / MB / createCpuSeconds).toFixed(0)} MB for each; open ${openSeconds.toFixed(2)} s later; the disk alone, synced: ${diskMbPerSecond.toFixed(0)} MB/s`
  );
}

/** @throws Error naming a size that is none */
function bytesOf(text: string): number {
  const [, count, unit] = /^(\d+)([MG])$/.exec(text) ?? [];
  const bytes = Number(count) * (unit === 'G' ? 2 ** 30 : 2 ** 20);
  if (!(bytes > 0 && bytes <= BYTES_MAX)) throw new Error(`BENCH_LAB_SIZE=${text}: as 500M, at most 16G`);
  return bytes;
}

function say(text: string): void {
  process.stdout.write(`bench-lab: ${text}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`bench-lab: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
