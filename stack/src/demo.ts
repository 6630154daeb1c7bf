// `make demo`: the main job end to end, on a machine that has nothing but this checkout. A database is backed up at level 0, changes,
// is backed up at level 1, changes again, its archived logs are backed up; then it is restored into another directory to a moment
// between two commits, and every data file is compared with what the database held at that SCN.
import { type RunDetail } from '@adyton/contracts';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildDir } from './repository';
import { DATABASE_NAME, startStack, type Stack } from './start-stack';

interface RunFigures {
  readonly level: string;
  readonly bytesRead: number;
  readonly bytesNew: number;
  readonly bytesStored: number;
  readonly seconds: number;
}

interface RestoreFigures {
  readonly untilScn: string;
  readonly dataFiles: number;
  readonly identical: number;
  readonly seconds: number;
}

const demoDir = join(buildDir, 'demo');

async function main(): Promise<void> {
  rmSync(demoDir, { recursive: true, force: true });
  mkdirSync(demoDir, { recursive: true });
  const size = process.env['DEMO_SIZE'] ?? '400M';
  const stack = await startStack({ directory: join(demoDir, 'stack'), databaseBytes: size, say });
  try {
    const report = await backUpAndRestore(stack);
    writeFileSync(join(demoDir, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
    printTable(report.runs);
    const { dataFiles, identical, untilScn } = report.restore;
    process.stdout.write(`demo: ${identical} of ${dataFiles} data files byte-identical at SCN ${untilScn}\n`);
    if (identical !== dataFiles || dataFiles === 0) process.exitCode = 1;
  } finally {
    await stack.stop();
  }
}

async function backUpAndRestore(stack: Stack): Promise<{ runs: RunFigures[]; restore: RestoreFigures }> {
  const runs: RunFigures[] = [];
  runs.push(await backUp(stack, 'level 0', []));
  await workload(stack, 1);
  runs.push(await backUp(stack, 'level 1', []));
  await workload(stack, 2);
  const mark = await stack.lab.ctl<{ untilScn: string }>(['mark', '--sid', DATABASE_NAME]);
  say(`marked SCN ${mark.untilScn}: what the database holds between two commits`);
  await workload(stack, 3);
  runs.push(await backUp(stack, 'archived logs', ['--archivelog']));
  hideArchivedLogs(stack);
  const restore = await restoreTo(stack, mark.untilScn);
  return { runs, restore };
}

/** RMAN takes a log from the disk when it is still there; without them everything must come out of the bucket. */
function hideArchivedLogs({ lab }: Stack): void {
  const logs = join(lab.base, 'fra', DATABASE_NAME, 'archivelog');
  renameSync(logs, `${logs}.away`);
  say('the archived logs on disk are moved away: all that follows comes out of the bucket');
}

async function backUp(stack: Stack, title: string, flags: readonly string[]): Promise<RunFigures> {
  say(`backup: ${title}`);
  const run = await runOf(stack, ['backup', DATABASE_NAME, ...flags]);
  const { bytesRead, bytesNew, bytesStored } = run.progress;
  return { level: run.level ?? '-', bytesRead, bytesNew, bytesStored, seconds: secondsOf(run) };
}

async function restoreTo(stack: Stack, untilScn: string): Promise<RestoreFigures> {
  const directory = join(demoDir, 'restored');
  const planned = await mustCli(stack, [
    'restore',
    'plan',
    DATABASE_NAME,
    '--scn',
    untilScn,
    '--directory',
    directory,
    '--sid',
    'ORCLCOPY',
    '-o',
    'json',
  ]);
  const plan = JSON.parse(planned) as { id: string };
  say(`restore: into another directory, until SCN ${untilScn}`);
  const run = await runOf(stack, ['restore', 'run', plan.id, '--confirm', DATABASE_NAME]);
  const result = await stack.lab.tryCtl(['compare', '--until-scn', untilScn, '--dir', directory]);
  const compared = JSON.parse(result.stdout) as { dataFiles: number; identical: number };
  return { untilScn, dataFiles: compared.dataFiles, identical: compared.identical, seconds: secondsOf(run) };
}

async function workload(stack: Stack, seed: number): Promise<void> {
  say('workload: rows change');
  await stack.lab.ctl([
    'workload',
    '--sid',
    DATABASE_NAME,
    '--transactions',
    '200',
    '--rows-per-transaction',
    '20',
    '--seed',
    String(seed),
  ]);
}

/** Runs a CLI command that follows a run, passing its progress lines on, and returns the run. */
async function runOf(stack: Stack, args: readonly string[]): Promise<RunDetail> {
  const lines = (await mustCli(stack, [...args, '-o', 'json'], showStatus)).trim().split('\n');
  return JSON.parse(lines.at(-1) ?? '{}') as RunDetail;
}

interface StatusLine {
  readonly type: string;
  readonly phase?: string;
  readonly bytesDone?: number;
  readonly bytesExpected?: number | null;
}

function showStatus(text: string): void {
  const { type, phase, bytesDone = 0, bytesExpected } = JSON.parse(text) as StatusLine;
  if (type !== 'status') return;
  const expected = typeof bytesExpected === 'number' ? ` of ${mebibytes(bytesExpected)}` : '';
  say(`  ${(phase ?? '').padEnd(10)} ${mebibytes(bytesDone)}${expected} MiB`);
}

async function mustCli(
  stack: Stack,
  args: readonly string[],
  onLine?: (line: string) => void,
): Promise<string> {
  const result = await stack.cli(args, onLine === undefined ? {} : { onLine });
  if (result.code !== 0)
    throw new Error(`adyton ${args.join(' ')} ended with ${result.code}\n${result.stderr}${result.stdout}`);
  return result.stdout;
}

function printTable(runs: readonly RunFigures[]): void {
  const row = (cells: readonly string[]): string =>
    cells.map((c, i) => (i === 0 ? c.padEnd(12) : c.padStart(12))).join('');
  const lines = runs.map((r) =>
    row([
      r.level,
      mebibytes(r.bytesRead),
      mebibytes(r.bytesNew),
      mebibytes(r.bytesStored),
      r.seconds.toFixed(1),
    ]),
  );
  process.stdout.write(
    `\n${[row(['run', 'read MiB', 'new MiB', 'stored MiB', 'seconds']), ...lines].join('\n')}\n\n`,
  );
}

function mebibytes(count: number): string {
  return (count / 1_048_576).toFixed(1);
}

function secondsOf(run: RunDetail): number {
  return run.finishedAt === null ? 0 : (Date.parse(run.finishedAt) - Date.parse(run.startedAt)) / 1000;
}

function say(text: string): void {
  process.stdout.write(`demo: ${text}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
