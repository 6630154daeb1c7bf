// `make bench`: how much memory the dedup-worker takes while a large database passes through two channels. Memory must not grow with the
// size of the database. BENCH_SIZE (default 4G) sets the size. Writes build/bench/report.json.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { type RunDetail } from '@adyton/contracts';
import { buildDir } from '../../stack/src/repository';
import { DATABASE_NAME, startStack, type Stack } from '../../stack/src/start-stack';

/** The bound the product promises for two channels, MiB. */
const RSS_MIB_MAX = 500;
const MIB = 1_048_576;

interface RunFigures {
  readonly level: string;
  readonly mibRead: number;
  readonly mibNew: number;
  readonly mibStored: number;
  readonly seconds: number;
  readonly mibPerSecond: number;
  readonly cpuSecondsPerGib: number;
  readonly rssMibPeak: number;
}

const benchDir = join(buildDir, 'bench');

async function main(): Promise<void> {
  rmSync(join(benchDir, 'stack'), { recursive: true, force: true });
  mkdirSync(benchDir, { recursive: true });
  const size = process.env['BENCH_SIZE'] ?? '4G';
  const stack = await startStack({ directory: join(benchDir, 'stack'), databaseBytes: size, say });
  try {
    const runs = [await measure(stack, []), await measure(stack, ['--full'])];
    const report = {
      date: new Date().toISOString(),
      machine: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
      databaseSize: size,
      channels: 2,
      runs,
    };
    writeFileSync(join(benchDir, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
    const peak = Math.max(...runs.map((r) => r.rssMibPeak));
    say(`peak RSS of the dedup-worker ${peak.toFixed(0)} MiB, bound ${RSS_MIB_MAX} MiB`);
    if (peak > RSS_MIB_MAX) process.exitCode = 1;
  } finally {
    await stack.stop();
    rmSync(join(benchDir, 'stack'), { recursive: true, force: true });
  }
}

async function measure(stack: Stack, flags: readonly string[]): Promise<RunFigures> {
  const { pid } = stack.services['dedup-worker'];
  const cpuBefore = cpuSeconds(pid);
  const result = await stack.cli(['backup', DATABASE_NAME, ...flags, '-o', 'json'], { timeoutMs: 3_600_000 });
  if (result.code !== 0) throw new Error(`the backup ended with ${result.code}\n${result.stderr}`);
  const run = JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '{}') as RunDetail;
  const figures = figuresOf(run, rssPeakBytes(pid), cpuSeconds(pid) - cpuBefore);
  say(JSON.stringify(figures));
  return figures;
}

function figuresOf(run: RunDetail, rssPeak: number, cpu: number): RunFigures {
  const seconds = (Date.parse(run.finishedAt ?? run.startedAt) - Date.parse(run.startedAt)) / 1000;
  const mibRead = run.progress.bytesRead / MIB;
  return {
    level: run.level ?? '-',
    mibRead: round(mibRead),
    mibNew: round(run.progress.bytesNew / MIB),
    mibStored: round(run.progress.bytesStored / MIB),
    seconds: round(seconds),
    mibPerSecond: round(mibRead / seconds),
    cpuSecondsPerGib: round((cpu * 1024) / mibRead),
    rssMibPeak: round(rssPeak / MIB),
  };
}

/** Highest resident memory since the process started, as the kernel keeps it. */
function rssPeakBytes(pid: number): number {
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1] ?? 0) * 1024;
}

/** User and system time of the process with all its threads, seconds. */
function cpuSeconds(pid: number): number {
  const CLOCK_TICKS_PER_SECOND = 100;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function say(text: string): void {
  process.stdout.write(`bench: ${text}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
