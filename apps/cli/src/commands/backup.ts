// adyton backup DB: asks for a backup now and, unless told otherwise, follows it to its end.
import { callRoute, restRoutes, type BackupRequest, type DryRun, type RunDetail } from '@adyton/contracts';
import { type Command } from 'commander';
import { print, type CommandContext } from '../context';
import { type MakeContext } from '../context';
import { bytes, elapsed, fields, table } from '../render/format';
import { CommandOutcome, EXIT } from '../report-failure';
import { errorOfReason, untilClaimed, untilEnded } from '../watch-run';

interface BackupOptions {
  full?: boolean;
  incremental?: boolean;
  archivelog?: boolean;
  detach?: boolean;
  dryRun?: boolean;
}

export function addBackupCommands(program: Command, contextOf: MakeContext): void {
  program
    .command('backup')
    .description('back up a database now')
    .argument('<database>', 'name or id')
    .option('--full', 'level 0, even where a level 1 would do')
    .option('--incremental', 'level 1 (files without a usable base get level 0)')
    .option('--archivelog', 'archived logs only')
    .option('--detach', 'return as soon as the request is accepted')
    .option('--dry-run', 'shows level, checks, estimate and scripts; runs nothing')
    .action(async (database: string, options: BackupOptions, command: Command) => {
      const context = contextOf(command);
      if (options.dryRun === true) {
        const query = { kind: kindOf(options) };
        const plan = await callRoute(context.api, restRoutes.planBackup, { params: { database }, query });
        print(context, plan, dryRunText);
        return;
      }
      const request = await callRoute(context.api, restRoutes.createBackupRequest, {
        body: { database, kind: kindOf(options) },
        idempotencyKey: context.newKey(),
      });
      await followRequest(context, request, options.detach === true);
    });
}

function kindOf(options: BackupOptions): 'auto' | 'full' | 'incremental' | 'archivelog' {
  if (options.full === true) return 'full';
  if (options.incremental === true) return 'incremental';
  return options.archivelog === true ? 'archivelog' : 'auto';
}

const MARKS = { ok: '✔', warning: '!', ineligible: '-', failed: '✘' } as const;

function dryRunText({ plan, scripts }: DryRun): string {
  const logBytes = plan.archivedLogs.reduce((sum, l) => sum + l.bytes, 0);
  const summary = fields([
    ['level', `${plan.level} (${plan.levelReason})`],
    ['expected', `${bytes(plan.bytesExpected)} in all`],
    ['logs', `${plan.archivedLogs.length} waiting, ${bytes(logBytes)}`],
    ...othersIn(plan),
  ]);
  const files = table(
    ['FILE', 'NAME', 'STATUS', 'SIZE', 'EXPECTED', 'HOW', 'LEVEL', 'WHY', 'BASE'],
    plan.files.map((f) => [
      String(f.file),
      f.name,
      f.status,
      bytes(f.bytes),
      bytes(f.bytesExpected),
      f.method ?? '-',
      String(f.level ?? '-'),
      f.reason ?? '-',
      f.baseHandle ?? '-',
    ]),
  );
  const checks = plan.checks.map((c) =>
    c.verdict === 'ok'
      ? `${MARKS.ok} ${nameOf(c)}: ${c.evidence}`
      : `${MARKS[c.verdict]} ${nameOf(c)}: ${c.evidence}\n    HINT: ${c.hint}`,
  );
  const texts = scripts.map((s) => `-- ${s.step}\n${s.text}`);
  return [summary, files, checks.join('\n'), ...texts].join('\n\n');
}

/** The other instances of a cluster: one that fails a check gets no channel. */
function othersIn({ checks }: DryRun['plan']): [string, string][] {
  const leftOut = new Set(checks.filter((c) => c.verdict === 'ineligible').map((c) => c.instance));
  const names = [...new Set(checks.flatMap(({ instance }) => instance ?? []))];
  const told = names.map((name) => `${name} ${leftOut.has(name) ? 'is left out' : 'has channels'}`);
  return told.length === 0 ? [] : [['instances', told.join(', ')]];
}

/** `instance-open of ORCL2`; without an instance it is about the one the run is started on, or the database. */
function nameOf({ code, instance }: DryRun['plan']['checks'][number]): string {
  return instance === undefined ? code : `${code} of ${instance}`;
}

/** Shared by backup, restore run and run replay: the end of a run decides the exit code. */
export async function followRequest(
  context: CommandContext,
  request: BackupRequest,
  detach: boolean,
): Promise<void> {
  if (detach) {
    print(context, request, (r) => `request ${r.id} ${r.state}`);
    return;
  }
  const run = await untilEnded(context, await untilClaimed(context, request));
  finishWith(context, run);
}

/** Prints the summary of an ended run. @throws the run's reason when it failed; CommandOutcome 3 when it is degraded. */
export function finishWith(context: CommandContext, run: RunDetail): void {
  if (run.state === 'failed' || run.state === 'cancelled') {
    if (context.format === 'json') context.out.write(`${JSON.stringify({ type: 'summary', ...run })}\n`);
    else
      context.err.write(
        `run ${run.id} ${run.state}${(run.reason?.oraErrors ?? []).map((line) => `\n  ${line}`).join('')}\n`,
      );
    throw errorOfReason(run.reason, `run ${run.id} ${run.state}`);
  }
  print(context, { type: 'summary', ...run }, () => summary(run));
  if (run.state === 'degraded') throw new CommandOutcome(EXIT.degraded);
}

function summary(run: RunDetail): string {
  const { bytesRead, bytesNew, bytesStored, bytesDone } = run.progress;
  const common: [string, string][] = [
    ['run', `${run.id}  ${run.state}`],
    ['elapsed', elapsed(run.startedAt, run.finishedAt)],
  ];
  if (run.operation === 'restore') return fields([...common, ['restored', bytes(bytesDone)]]);
  return fields([
    ['backup', run.recoveryPointId ?? '-'],
    ...common,
    ['level', `${run.level ?? '-'} (${run.levelReason ?? '-'})`],
    ['read', bytes(bytesRead)],
    ['new', bytes(bytesNew)],
    ['stored', bytes(bytesStored)],
  ]);
}
