// adyton host, database, schedule: what is protected, where, and when.
import {
  callRoute,
  restRoutes,
  type CreateSchedule,
  type Database,
  type FoundDatabase,
  type Host,
  type RegisterDatabase,
  type Schedule,
} from '@adyton/contracts';
import { type Command } from 'commander';
import { print } from '../context';
import { type MakeContext } from '../context';
import { table } from '../render/format';
import { addDatabaseShow, addHostDiscover, foundDatabases, stateOf, unregisteredTable } from './discovery';
import { addDatabaseKeystore } from './keystore';
import { addDatabaseForget } from './retention';

export function addInventoryCommands(program: Command, contextOf: MakeContext): void {
  addHostCommands(program.command('host').description('database hosts'), contextOf);
  addDatabaseCommands(program.command('database').description('target databases'), contextOf);
  addScheduleCommands(program.command('schedule').description('schedules of a database'), contextOf);
}

function addHostCommands(host: Command, contextOf: MakeContext): void {
  addHostDiscover(host, contextOf);
  host
    .command('enroll')
    .argument('<name>')
    .description('enrols a database host; its token is shown this once')
    .action(async (name: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const enrolled = await callRoute(context.api, restRoutes.enrollHost, {
        body: { name },
        idempotencyKey: context.newKey(),
      });
      print(
        context,
        enrolled,
        (h) =>
          `host ${h.id}\ntoken ${h.token}\nkeep the token in a 0600 file on the host: ADYTON_HOST_TOKEN_FILE`,
      );
    });
  host
    .command('list')
    .description('enrolled hosts and whether their agents run')
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      print(context, await callRoute(context.api, restRoutes.listHosts, {}), ({ items }) => hostTable(items));
    });
}

interface RegisterOptions {
  host: string;
  oracleHome: string;
  sid: string;
  connect: string;
  channels: string;
}

function addDatabaseCommands(database: Command, contextOf: MakeContext): void {
  addDatabaseShow(database, contextOf);
  addDatabaseForget(database, contextOf);
  addDatabaseKeystore(database, contextOf);
  database
    .command('register')
    .argument('<name>')
    .description('registers a target database')
    .requiredOption('--host <id>', 'id of its host')
    .requiredOption('--oracle-home <path>')
    .requiredOption('--sid <sid>')
    .requiredOption('--connect <descriptor>', 'host:port/service')
    .option('--channels <n>', 'RMAN channels per run', '2')
    .action(async (name: string, options: RegisterOptions, command: Command) => {
      const context = contextOf(command);
      const body = {
        name,
        hostId: options.host as RegisterDatabase['hostId'],
        oracleHome: options.oracleHome,
        oracleSid: options.sid,
        connectDescriptor: options.connect,
        channels: Number(options.channels),
      };
      const registered = await callRoute(context.api, restRoutes.registerDatabase, {
        body,
        idempotencyKey: context.newKey(),
      });
      print(context, registered, (d) => `database ${d.name} ${d.id}`);
    });
  database
    .command('list')
    .description('registered databases, and those that were found and are not registered')
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const page = await callRoute(context.api, restRoutes.listDatabases, {});
      const found = await foundDatabases(context);
      print(context, { ...page, found }, ({ items }) =>
        [databaseTable(items, found), unregisteredTable(found)].filter((text) => text !== '').join('\n'),
      );
    });
}

interface ScheduleOptions {
  kind: CreateSchedule['kind'];
  cron: string;
  timeZone: string;
  expiry: string;
}

function addScheduleCommands(schedule: Command, contextOf: MakeContext): void {
  schedule
    .command('add')
    .argument('<database>', 'name or id')
    .description('adds a schedule')
    .requiredOption('--kind <kind>', 'auto, full, incremental or archivelog')
    .requiredOption('--cron <expression>', 'five fields, e.g. "30 1 * * *"')
    .option('--time-zone <zone>', 'IANA time zone', 'UTC')
    .option('--expiry <minutes>', 'how long a request may wait for its agent', '240')
    .action(async (database: string, options: ScheduleOptions, command: Command) => {
      const context = contextOf(command);
      const body = {
        kind: options.kind,
        cron: options.cron,
        timeZone: options.timeZone,
        expiryWindowMinutes: Number(options.expiry),
      };
      const made = await callRoute(context.api, restRoutes.createSchedule, {
        params: { database },
        body,
        idempotencyKey: context.newKey(),
      });
      print(context, made, (s) => `schedule ${s.id}, next ${s.nextAt ?? '-'}`);
    });
  schedule
    .command('list')
    .argument('<database>', 'name or id')
    .description('schedules and their next times')
    .action(async (database: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      print(
        context,
        await callRoute(context.api, restRoutes.listSchedules, { params: { database } }),
        ({ items }) => scheduleTable(items),
      );
    });
  schedule
    .command('remove')
    .argument('<id>')
    .description('removes a schedule')
    .action(async (id: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      await callRoute(context.api, restRoutes.deleteSchedule, { params: { id } });
      print(context, { id, removed: true }, () => `schedule ${id} removed`);
    });
}

function hostTable(hosts: readonly Host[]): string {
  if (hosts.length === 0) return 'no hosts yet; enrol one with: adyton host enroll NAME';
  return table(
    ['ID', 'NAME', 'AGENT', 'LAST SEEN (UTC)', 'VERSION'],
    hosts.map((h) => [h.id, h.name, h.agent, h.lastSeenAt ?? '-', h.agentVersion ?? '-']),
  );
}

function databaseTable(databases: readonly Database[], found: readonly FoundDatabase[]): string {
  if (databases.length === 0) return 'no databases yet; register one with: adyton database register NAME …';
  return table(
    ['ID', 'NAME', 'HOST', 'SID', 'DBID', 'DB_UNIQUE_NAME', 'CHANNELS', 'DISCOVERY'],
    databases.map((d) => [
      d.id,
      d.name,
      d.hostId,
      d.oracleSid,
      d.dbid ?? '-',
      d.dbUniqueName ?? '-',
      String(d.channels),
      stateOf(found.find((f) => f.databaseId === d.id)),
    ]),
  );
}

function scheduleTable(schedules: readonly Schedule[]): string {
  if (schedules.length === 0) return 'no schedules; add one with: adyton schedule add DATABASE …';
  return table(
    ['ID', 'KIND', 'CRON', 'ZONE', 'EXPIRY (MIN)', 'NEXT (UTC)'],
    schedules.map((s) => [s.id, s.kind, s.cron, s.timeZone, String(s.expiryWindowMinutes), s.nextAt ?? '-']),
  );
}
