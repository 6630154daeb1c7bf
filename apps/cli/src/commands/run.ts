// adyton run list | show | why | watch | log | cancel | replay.
import { callRoute, restRoutes, type Explanation, type Run, type RunDetail } from '@adyton/contracts';
import { type Command } from 'commander';
import { print } from '../context';
import { type MakeContext } from '../context';
import { bytes, elapsed, fields, table } from '../render/format';
import { untilEnded } from '../watch-run';
import { finishWith, followRequest } from './backup';

export function addRunCommands(program: Command, contextOf: MakeContext): void {
  const run = program.command('run').description('runs: list, show, why, watch, log, cancel, replay');
  run
    .command('list')
    .argument('[database]', 'name or id')
    .description('runs, newest first')
    .action(async (database: string | undefined, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const runs = await callRoute(context.api, restRoutes.listRuns, {
        query: database === undefined ? {} : { database },
      });
      print(context, runs, ({ items }) => runTable(items));
    });
  run
    .command('show')
    .argument('<run>')
    .description('one run: state, reason, plan')
    .action(async (id: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      print(context, await callRoute(context.api, restRoutes.getRun, { params: { id } }), runText);
    });
  run
    .command('why')
    .argument('<run-or-request>')
    .description('why a run or request waits, failed or ended as it did')
    .action(async (id: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      print(context, await callRoute(context.api, restRoutes.explain, { params: { id } }), whyText);
    });
  run
    .command('watch')
    .argument('<run>')
    .description('follows a run to its end')
    .action(async (id: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      finishWith(context, await untilEnded(context, id));
    });
  run
    .command('log')
    .argument('<run>')
    .description('what RMAN printed')
    .action(async (id: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      print(
        context,
        await callRoute(context.api, restRoutes.getRunLog, { params: { id } }),
        ({ text, keptUntil }) => (keptUntil === null ? text : notKept(keptUntil)),
      );
    });
  addRunActions(run, contextOf);
}

function addRunActions(run: Command, contextOf: MakeContext): void {
  run
    .command('cancel')
    .argument('<run>')
    .description('stops a run')
    .action(async (id: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const asked = await callRoute(context.api, restRoutes.cancelRun, {
        params: { id },
        idempotencyKey: context.newKey(),
      });
      print(context, asked, (r) => `run ${r.id} is asked to stop`);
    });
  run
    .command('replay')
    .argument('<run>')
    .description('asks again for what a failed run was asked to do')
    .requiredOption('--reason <text>', 'why; kept in the audit trail')
    .option('--detach', 'return as soon as the request is accepted')
    .action(async (id: string, options: { reason: string; detach?: boolean }, command: Command) => {
      const context = contextOf(command);
      const request = await callRoute(context.api, restRoutes.replayRun, {
        params: { id },
        body: { reason: options.reason },
        idempotencyKey: context.newKey(),
      });
      await followRequest(context, request, options.detach === true);
    });
}

function runTable(runs: readonly Run[]): string {
  if (runs.length === 0) return 'no runs yet';
  return table(
    ['RUN', 'DB', 'OPERATION', 'LEVEL', 'STATE', 'STARTED (UTC)', 'ELAPSED', 'READ', 'REASON'],
    runs.map((r) => [
      r.id,
      r.databaseName,
      r.origin === 'external' ? 'by hand' : r.operation,
      r.level ?? '-',
      r.state,
      r.startedAt,
      elapsed(r.startedAt, r.finishedAt),
      bytes(r.progress.bytesDone),
      r.reason?.code ?? '-',
    ]),
  );
}

function whyText(why: Explanation): string {
  const pairs: [string, string][] = [
    [why.subject, `${why.id}  ${why.state}`],
    ['database', why.databaseName],
    ['why', why.summary],
  ];
  if (why.reason !== null) pairs.push(['reason', `${why.reason.title}  [${why.reason.code}]`]);
  for (const line of why.reason?.oraErrors ?? []) pairs.push(['', line]);
  if (why.next !== '') pairs.push(['HINT', why.next]);
  for (const { name, value } of why.facts) pairs.push([name, value]);
  const events = why.events.map((e) => [e.at, e.action, e.principal, e.detail ?? '']);
  return `${fields(pairs)}\n\n${table(['AT (UTC)', 'EVENT', 'BY', 'DETAIL'], events)}`;
}

function notKept(until: string): string {
  return `what RMAN printed was kept until ${until}`;
}

function runText(run: RunDetail): string {
  const pairs: [string, string][] = [
    ['run', `${run.id}  ${run.state}  (${run.phase})`],
    ['database', run.databaseName],
    ['operation', `${run.operation} ${run.level ?? ''} ${run.levelReason ?? ''}`],
    ['origin', run.origin],
    ['started', run.startedAt],
    ['finished', run.finishedAt ?? '-'],
    ['replay of', run.replayOf ?? '-'],
  ];
  if (run.logKeptUntil !== null) pairs.push(['output', notKept(run.logKeptUntil)]);
  for (const { from, to, reason } of run.moves)
    pairs.push([
      'moved',
      `from ${from.instance} on ${from.hostName} to ${to.instance} on ${to.hostName}: ${reason.detail}`,
    ]);
  const reason = run.reason;
  if (reason !== null) {
    pairs.push(
      ['reason', `${reason.title}  [${reason.code}]`],
      ['why', reason.detail],
      ['HINT', reason.hint],
    );
    for (const line of reason.oraErrors) pairs.push(['', line]);
  }
  const scripts = run.scripts.map((s) => `\n-- ${s.step}\n${s.text}`).join('\n');
  return `${fields(pairs)}\n${scripts}`;
}
