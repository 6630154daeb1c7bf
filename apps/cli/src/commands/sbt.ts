// adyton sbt env | close: RMAN by hand, with a script of one's own against our library.
import { AdytonError, callRoute, restRoutes, type RunDetail } from '@adyton/contracts';
import { InvalidArgumentError, type Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { POLL_MS } from '../ask-until';
import { print, type CommandContext, type MakeContext } from '../context';
import { errorOfReason, untilClaimed, untilEnded, untilRunning } from '../watch-run';
import { finishWith } from './backup';

/** The dedup-worker tells of its channels every second, ms. */
const CHANNELS_LAG_MS = 5_000;

export function addSbtCommands(program: Command, contextOf: MakeContext): void {
  const sbt = program.command('sbt').description('RMAN by hand: env, close');
  sbt
    .command('env')
    .argument('<database>', 'name or id')
    .description('opens a run by hand, or shows the open one: the channels for your own RMAN script')
    .option('--idle <minutes>', 'ends by itself after so long without a channel (default 30)', minutes)
    .action(async (database: string, options: { idle?: number }, command: Command) => {
      const context = contextOf(command);
      const run = (await findOpenRun(context, database)) ?? (await openRun(context, database, options.idle));
      print(context, run, channelText);
    });
  sbt
    .command('close')
    .argument('<database>', 'name or id')
    .description('ends the run by hand: what was backed up becomes a recovery point, if it is complete')
    .action(async (database: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const run = await findOpenRun(context, database);
      if (run === null) {
        print(context, { closed: false }, () => `no run by hand of ${database} is open`);
        return;
      }
      await closeRun(context, run.id);
      finishWith(context, await untilEnded(context, run.id));
    });
}

function minutes(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('a whole number of minutes');
  return Number(text);
}

async function openRun(
  context: CommandContext,
  database: string,
  idleMinutes: number | undefined,
): Promise<RunDetail> {
  const request = await callRoute(context.api, restRoutes.openExternalRun, {
    params: { database },
    body: idleMinutes === undefined ? {} : { idleMinutes },
    idempotencyKey: context.newKey(),
  });
  const run = await untilRunning(context, await untilClaimed(context, request));
  if (run.state === 'running') return run;
  throw errorOfReason(run.reason, `run ${run.id} ended ${run.state}`);
}

/** Channels that RMAN has just released are still on record for a moment. @throws AdytonError ADY_CHANNELS_OPEN for those that stay. */
async function closeRun(context: CommandContext, id: string): Promise<void> {
  const startedMs = context.nowMs();
  for (;;) {
    try {
      await callRoute(context.api, restRoutes.closeExternalRun, { params: { id } });
      return;
    } catch (error) {
      const open = error instanceof AdytonError && error.code === 'ADY_CHANNELS_OPEN';
      if (!open || context.nowMs() - startedMs > CHANNELS_LAG_MS) throw error;
      await sleep(POLL_MS);
    }
  }
}

/** At most one run by hand of a database is open; it began after all that ended, or not much before. */
async function findOpenRun(context: CommandContext, database: string): Promise<RunDetail | null> {
  const { items } = await callRoute(context.api, restRoutes.listRuns, { query: { database } });
  const open = items.find((run) => run.origin === 'external' && run.state === 'running');
  if (open === undefined) return null;
  return callRoute(context.api, restRoutes.getRun, { params: { id: open.id } });
}

function channelText(run: RunDetail): string {
  const text = run.scripts.map((script) => script.text).join('\n');
  return [
    `run ${run.id} is open for RMAN on the host of ${run.databaseName}, as the user the agent runs as`,
    `it ends with: adyton sbt close ${run.databaseName}`,
    '',
    text.trimEnd(),
  ].join('\n');
}
