// adyton policy show | set | simulate.
import {
  callRoute,
  restRoutes,
  type ChangePolicy,
  type PolicyDetail,
  type PolicySimulation,
} from '@adyton/contracts';
import { type Command } from 'commander';
import { print } from '../context';
import { type MakeContext } from '../context';
import { bytes, fields, table } from '../render/format';

type PolicyInput = ChangePolicy['policy'];

interface PolicyOptions {
  full?: string;
  incremental?: string;
  logEvery?: string;
  logWhenFra?: string;
  deleteLogsAfter?: string;
  timeZone?: string;
  roles?: string;
  expiry?: string;
  jitter?: string;
  misfire?: 'run-once' | 'skip';
  bandwidth?: string;
  windowDays?: string;
  redundancy?: string;
  disable?: boolean;
}

export function addPolicyCommands(program: Command, contextOf: MakeContext): void {
  const policy = program.command('policy').description('the policy of a database: show, set, simulate');
  policy
    .command('show')
    .argument('<database>', 'name or id')
    .description('when it is backed up and what is kept')
    .action(async (database: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      print(
        context,
        await callRoute(context.api, restRoutes.getPolicy, { params: { database } }),
        policyText,
      );
    });
  withPolicyOptions(policy.command('set'))
    .description('sets the whole policy; what is not named is off')
    .option('--accept-plan <digest>', 'the retention plan you have seen (adyton policy simulate)')
    .action(async (database: string, options: PolicyOptions & { acceptPlan?: string }, command: Command) => {
      const context = contextOf(command);
      const accepted = options.acceptPlan === undefined ? {} : { acceptedPlan: options.acceptPlan };
      const changed = await callRoute(context.api, restRoutes.changePolicy, {
        params: { database },
        body: { policy: policyOf(options), ...accepted },
      });
      print(context, changed, policyText);
    });
  withPolicyOptions(policy.command('simulate'))
    .description('next runs, and what retention would keep and let go; changes nothing')
    .option('--at <instant>', 'RFC 3339, UTC (default: now)')
    .option('--runs <n>', 'runs to list', '10')
    .action(
      async (database: string, options: PolicyOptions & { at?: string; runs: string }, command: Command) => {
        const context = contextOf(command);
        const asStored = options.windowDays === undefined && options.redundancy === undefined;
        const simulation = await callRoute(context.api, restRoutes.simulatePolicy, {
          params: { database },
          body: {
            slots: Number(options.runs),
            ...(asStored ? {} : { policy: policyOf(options) }),
            ...(options.at === undefined ? {} : { at: options.at }),
          },
        });
        print(context, simulation, simulationText);
      },
    );
}

function withPolicyOptions(command: Command): Command {
  return command
    .argument('<database>', 'name or id')
    .option('--full <cron>', 'level 0, five fields, e.g. "30 1 * * 0"')
    .option('--incremental <cron>', 'level 1, five fields')
    .option('--log-every <minutes>', 'archived logs: 5, 10, 15, 20, 30, 60, … 1440')
    .option('--log-when-fra <percent>', 'archived logs also when the recovery area is fuller than this')
    .option(
      '--delete-logs-after <hours>',
      'archived logs go from disk when they are backed up and this old (default: never)',
    )
    .option(
      '--roles <roles>',
      'roles in which the database is backed up (default, and all there is: primary)',
    )
    .option('--time-zone <zone>', 'IANA time zone of the expressions (default: UTC)')
    .option('--expiry <minutes>', 'how long a request may wait for its agent (default: 240)')
    .option('--jitter <seconds>', 'longest delay of a slot, to spread databases (default: 0)')
    .option('--misfire <rule>', 'slots nobody saw in time: run-once or skip (default: run-once)')
    .option(
      '--bandwidth <bytes>',
      'bytes per second of all backups of the database on a host (default: no limit)',
    )
    .option('--window-days <days>', 'every moment of the last days stays recoverable')
    .option('--redundancy <n>', 'at least so many data recovery points stay')
    .option('--disable', 'starts nothing; keeps what is kept');
}

function policyOf(options: PolicyOptions): PolicyInput {
  const numberOf = (text: string | undefined): number | null => (text === undefined ? null : Number(text));
  return {
    enabled: options.disable !== true,
    fullCron: options.full ?? null,
    incrementalCron: options.incremental ?? null,
    // the control-plane refuses an interval that is none of the list
    logEveryMinutes: numberOf(options.logEvery) as PolicyInput['logEveryMinutes'] & number,
    logWhenRecoveryAreaPercent: numberOf(options.logWhenFra),
    deleteLogsAfterHours: numberOf(options.deleteLogsAfter),
    bandwidthBytesPerSecond: numberOf(options.bandwidth),
    retention: {
      recoveryWindowDays: numberOf(options.windowDays),
      redundancy: numberOf(options.redundancy),
    },
    // the control-plane refuses what is no role
    ...(options.roles === undefined
      ? {}
      : { databaseRoles: options.roles.split(',') as PolicyDetail['policy']['databaseRoles'] }),
    ...(options.timeZone === undefined ? {} : { timeZone: options.timeZone }),
    ...(options.expiry === undefined ? {} : { expiryWindowMinutes: Number(options.expiry) }),
    ...(options.jitter === undefined ? {} : { jitterSeconds: Number(options.jitter) }),
    ...(options.misfire === undefined ? {} : { misfire: options.misfire }),
  };
}

function policyText({ policy }: PolicyDetail): string {
  const { retention } = policy;
  return fields([
    ['policy', policy.enabled ? 'enabled' : 'disabled'],
    ['roles', policy.databaseRoles.join(', ')],
    ['full', policy.fullCron ?? '-'],
    ['incremental', policy.incrementalCron ?? '-'],
    ['time zone', policy.timeZone],
    ['logs', policy.logEveryMinutes === null ? '-' : `every ${policy.logEveryMinutes} min`],
    [
      'logs when FRA',
      policy.logWhenRecoveryAreaPercent === null ? '-' : `> ${policy.logWhenRecoveryAreaPercent} %`,
    ],
    [
      'logs on disk',
      policy.deleteLogsAfterHours === null
        ? 'stay'
        : `go ${policy.deleteLogsAfterHours} h after they were archived`,
    ],
    ['expiry', `${policy.expiryWindowMinutes} min`],
    ['jitter', `${policy.jitterSeconds} s`],
    ['misfire', policy.misfire],
    [
      'bandwidth',
      policy.bandwidthBytesPerSecond === null ? 'no limit' : `${bytes(policy.bandwidthBytesPerSecond)}/s`,
    ],
    ['window', retention.recoveryWindowDays === null ? '-' : `${retention.recoveryWindowDays} days`],
    ['redundancy', retention.redundancy === null ? '-' : String(retention.redundancy)],
  ]);
}

function simulationText({ nextRuns, retention }: PolicySimulation): string {
  const runs = table(
    ['NEXT RUN (UTC)', 'KIND', 'DUE BY', 'EXPIRES'],
    nextRuns.map((r) => [r.scheduledAt, r.kind, r.dueBy, r.expiresAt]),
  );
  const points = table(
    ['RECOVERY POINT', 'LEVEL', 'COMPLETED (UTC)', `ON ${retention.at}`],
    [
      ...retention.kept.map((p) => [p.id, p.level, p.completedAt, `kept: ${p.reason}`]),
      ...retention.expired.map((p) => [p.id, p.level, p.completedAt, 'goes']),
    ],
  );
  const summary = `${retention.kept.length} kept, ${retention.expired.length} would go; plan ${retention.digest}`;
  return `${nextRuns.length === 0 ? 'no runs' : runs}\n\n${points}\n${summary}`;
}
