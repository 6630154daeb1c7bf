// adyton host discover, adyton database show, adyton discovery: which databases the hosts have, and what changed about them.
import {
  callRoute,
  restRoutes,
  type Database,
  type Discovery,
  type DiscoveryEventRecord,
  type FoundDatabase,
} from '@adyton/contracts';
import { type Command } from 'commander';
import { askUntil } from '../ask-until';
import { print, type CommandContext, type MakeContext } from '../context';
import { fields, table } from '../render/format';

/** Longest page of a list. */
const ROWS_MAX = 200;

export function addHostDiscover(host: Command, contextOf: MakeContext): void {
  host
    .command('discover')
    .argument('<host>', 'name or id')
    .description('looks for databases on a host now, and shows what changed')
    .action(async (name: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const asked = await callRoute(context.api, restRoutes.discoverHost, {
        params: { host: name },
      });
      const discovery = await untilFinished(context, asked.id);
      const { items } = await callRoute(context.api, restRoutes.listDiscoveryEvents, {
        query: { limit: ROWS_MAX },
      });
      const events = items.filter((e) => e.discoveryId === discovery.id);
      print(context, { discovery, events }, () => discoveryText(discovery, events));
    });
}

export function addDatabaseShow(database: Command, contextOf: MakeContext): void {
  database
    .command('show')
    .argument('<database>', 'name or id')
    .description('a registered database, its home and its instances as discovery saw them last')
    .action(async (name: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const registered = await callRoute(context.api, restRoutes.getDatabase, { params: { database: name } });
      const found = (await foundDatabases(context)).find((f) => f.databaseId === registered.id) ?? null;
      print(context, { ...registered, found }, () => databaseText(registered, found));
    });
}

export function addDiscoveryCommands(program: Command, contextOf: MakeContext): void {
  const discovery = program.command('discovery').description('what agents found on their hosts');
  discovery
    .command('list')
    .description('looks at hosts, newest first')
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const page = await callRoute(context.api, restRoutes.listDiscoveries, {});
      print(context, page, ({ items }) => discoveryTable(items));
    });
  discovery
    .command('events')
    .description('databases that are new, moved, renamed, gone, back or twice, newest first')
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const page = await callRoute(context.api, restRoutes.listDiscoveryEvents, {});
      print(context, page, ({ items }) => eventTable(items));
    });
}

/** All databases that were found, page by page. */
export async function foundDatabases({ api }: CommandContext): Promise<FoundDatabase[]> {
  const all: FoundDatabase[] = [];
  let cursor: string | undefined;
  do {
    const page = await callRoute(api, restRoutes.listFoundDatabases, {
      query: { limit: ROWS_MAX, ...(cursor === undefined ? {} : { cursor }) },
    });
    all.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return all;
}

/** `seen on 3 of 3`, `vanished`, `twice`; `-` when no discovery saw it yet. */
export function stateOf(found: FoundDatabase | undefined): string {
  if (found === undefined) return '-';
  if (found.duplicate) return 'twice';
  if (found.state === 'vanished') return 'vanished';
  const running = found.instances.filter((i) => i.state === 'running').length;
  return `seen, ${running} of ${found.instances.filter((i) => i.state !== 'gone').length} running`;
}

export function unregisteredTable(found: readonly FoundDatabase[]): string {
  const rows = found.filter((f) => f.databaseId === null);
  if (rows.length === 0) return '';
  const head = ['DB_UNIQUE_NAME', 'DBID', 'STATE', 'HOSTS', 'ORACLE_HOME'];
  return [
    '\nfound and not registered:',
    table(
      head,
      rows.map((f) => [
        f.dbUniqueName,
        f.dbid,
        stateOf(f),
        f.instances.map((i) => `${i.hostName}:${i.sid}`).join(' '),
        f.instances[0]?.oracleHome ?? '-',
      ]),
    ),
  ].join('\n');
}

function untilFinished({ api }: CommandContext, id: string): Promise<Discovery> {
  return askUntil(
    () => callRoute(api, restRoutes.getDiscovery, { params: { id } }),
    ({ state }) => state !== 'requested',
  );
}

function discoveryText(discovery: Discovery, events: readonly DiscoveryEventRecord[]): string {
  const { report } = discovery;
  const head = `${discovery.hostName}: ${discovery.state}${discovery.reason === null ? '' : `: ${discovery.reason.detail}`}`;
  if (report === null) return head;
  const instances = table(
    ['SID', 'STATE', 'DB_UNIQUE_NAME', 'DBID', 'ORACLE_HOME'],
    report.instances.map((i) => [
      i.sid,
      i.running ? 'running' : 'down',
      i.identity?.dbUniqueName ?? '-',
      i.identity?.dbid ?? '-',
      i.oracleHome,
    ]),
  );
  const troubled = report.tools
    .filter((t) => t.outcome !== 'ok' && t.outcome !== 'absent')
    .flatMap((t) => [
      `! ${t.tool} ${t.outcome}: ${t.detail}`,
      ...t.unknownLines.map((line) => `    ${line}`),
    ]);
  return [
    head,
    report.instances.length === 0 ? 'no instances' : instances,
    ...troubled,
    ...events.map((e) => `${e.kind}: ${e.detail}`),
  ].join('\n');
}

function databaseText(database: Database, found: FoundDatabase | null): string {
  const head = fields([
    ['database', `${database.name}  ${database.id}`],
    ['host', database.hostId],
    ['instance', database.oracleSid],
    ['ORACLE_HOME', database.oracleHome],
    ['connect', database.connectDescriptor],
    ['DBID', database.dbid ?? '-'],
    ['DB_UNIQUE_NAME', database.dbUniqueName ?? '-'],
    ['discovery', stateOf(found ?? undefined)],
    ['last seen', found?.lastSeenAt ?? '-'],
  ]);
  if (found === null) return head;
  const instances = table(
    ['INSTANCE', 'HOST', 'STATE', 'LAST SEEN (UTC)', 'ORACLE_HOME'],
    found.instances.map((i) => [i.sid, i.hostName, i.state, i.lastSeenAt, i.oracleHome]),
  );
  return [head, '', instances].join('\n');
}

function discoveryTable(discoveries: readonly Discovery[]): string {
  if (discoveries.length === 0) return 'no discoveries yet; ask for one with: adyton host discover HOST';
  return table(
    ['ID', 'HOST', 'ASKED (UTC)', 'BY', 'STATE', 'INSTANCES', 'TROUBLE'],
    discoveries.map((d) => [
      d.id,
      d.hostName,
      d.createdAt,
      d.trigger,
      d.state,
      String(d.report?.instances.length ?? '-'),
      (d.report?.tools ?? [])
        .filter((t) => t.outcome !== 'ok' && t.outcome !== 'absent')
        .map((t) => `${t.tool} ${t.outcome}`)
        .join(', '),
    ]),
  );
}

function eventTable(events: readonly DiscoveryEventRecord[]): string {
  if (events.length === 0)
    return 'nothing was found yet; ask for a discovery with: adyton host discover HOST';
  return table(
    ['AT (UTC)', 'WHAT', 'DB_UNIQUE_NAME', 'SEEN BY', 'DETAIL'],
    events.map((e) => [e.at, e.kind, e.dbUniqueName, e.hostName, e.detail]),
  );
}
