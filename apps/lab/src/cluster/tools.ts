/**
 * srvctl, olsnodes and crsctl as far as a backup product asks them: the documented commands and their documented output. Everything else
 * is refused with the number the real tool has for it.
 */
import { type ClusterFile, type ClusterMember } from './cluster-file';

/** State of each instance by SID, from the control socket; empty when the cluster process is not running. */
export type InstanceStates = ReadonlyMap<string, string>;

interface ToolRun {
  cluster: ClusterFile;
  /** Node the tool runs on. */
  node: string;
  states: InstanceStates;
}

interface ToolResult {
  lines: string[];
  exitCode: number;
}

const FAILED = 1;
const ok = (lines: string[]): ToolResult => ({ lines, exitCode: 0 });
const refused = (...lines: string[]): ToolResult => ({ lines, exitCode: FAILED });

export const TOOLS = { srvctl, olsnodes, crsctl } as const;
export type ToolName = keyof typeof TOOLS;

function optionOf(argv: readonly string[], ...names: string[]): string | undefined {
  const at = argv.findIndex((word) => names.includes(word));
  return at < 0 ? undefined : argv[at + 1];
}

function isRunning({ states }: ToolRun, { sid }: ClusterMember): boolean {
  return (states.get(sid) ?? 'DOWN') !== 'DOWN';
}

function srvctl(argv: readonly string[], run: ToolRun): ToolResult {
  const [verb, object] = argv;
  const { cluster } = run;
  const database = optionOf(argv, '-d', '-db');
  if (database !== undefined && database.toLowerCase() !== cluster.dbUniqueName.toLowerCase())
    return refused(
      `PRCD-1120 : The resource for database ${database} could not be found.`,
      'PRCR-1001 : Resource ora.' + `${database.toLowerCase()}.db does not exist`,
    );
  if (verb === 'config' && object === 'database')
    return ok(database === undefined ? [cluster.dbUniqueName] : describeDatabase(cluster));
  if (verb === 'status' && object === 'database' && database !== undefined)
    return ok(cluster.members.map((member) => statusLine(member, run, argv)));
  if (verb === 'status' && object === 'instance' && database !== undefined) {
    const wanted = optionOf(argv, '-i', '-instance');
    const member = cluster.members.find(({ sid }) => sid === wanted);
    if (member === undefined) return refused(`PRCD-1061 : No database exists with instance ${wanted ?? ''}`);
    return ok([statusLine(member, run, argv)]);
  }
  if (verb === 'status' && object === 'asm')
    return ok([`ASM is running on ${cluster.members.map(({ node }) => node).join(',')}`]);
  if (verb === 'status' && (object === 'scan_listener' || object === 'listener'))
    return ok(listenerLines(run, object));
  return refused(`PRKO-2000 : Invalid command line syntax: ${argv.join(' ')}`);
}

function statusLine(member: ClusterMember, run: ToolRun, argv: readonly string[]): string {
  const { sid, node } = member;
  if (!isRunning(run, member)) return `Instance ${sid} is not running on node ${node}`;
  const verbose = argv.includes('-v') || argv.includes('-verbose');
  if (!verbose) return `Instance ${sid} is running on node ${node}`;
  const state = run.states.get(sid) ?? '';
  const shown = { OPEN: 'Open', MOUNTED: 'Mounted', STARTED: 'Started', HANGING: 'Open' }[state] ?? state;
  return `Instance ${sid} is running on node ${node} with online services ${run.cluster.service}. Instance status: ${shown}.`;
}

function describeDatabase({ dbName, dbUniqueName, service, base, members }: ClusterFile): string[] {
  return [
    `Database unique name: ${dbUniqueName}`,
    `Database name: ${dbName}`,
    `Oracle home: ${members[0]?.oracleHome ?? ''}`,
    'Oracle user: oracle',
    `Spfile: ${base}/oradata/${dbName}/spfile${dbName}.ora`,
    `Password file: ${base}/oradata/${dbName}/orapw${dbName}`,
    'Domain:',
    'Start options: open',
    'Stop options: immediate',
    'Database role: PRIMARY',
    'Management policy: AUTOMATIC',
    'Server pools:',
    'Disk Groups:',
    'Mount point paths:',
    `Services: ${service}`,
    'Type: RAC',
    'Start concurrency:',
    'Stop concurrency:',
    'OSDBA group: dba',
    'OSOPER group:',
    `Database instances: ${members.map(({ sid }) => sid).join(',')}`,
    `Configured nodes: ${members.map(({ node }) => node).join(',')}`,
    'CSS critical: no',
    'CPU count: 0',
    'Memory target: 0',
    'Maximum memory: 0',
    'Default network number for database services:',
    'Database is administrator managed',
  ];
}

function listenerLines({ cluster }: ToolRun, object: 'scan_listener' | 'listener'): string[] {
  const nodes = cluster.members.map(({ node }) => node);
  if (object === 'listener')
    return ['Listener LISTENER is enabled', `Listener LISTENER is running on node(s): ${nodes.join(',')}`];
  return [
    'SCAN Listener LISTENER_SCAN1 is enabled',
    `SCAN listener LISTENER_SCAN1 is running on node ${nodes[0] ?? ''}`,
  ];
}

/** -n number, -i virtual address, -s state, -t pinned, -l this node only. */
function olsnodes(argv: readonly string[], { cluster, node }: ToolRun): ToolResult {
  const flags = new Set(argv.flatMap((word) => [...word.replace(/^-/, '')]));
  const unknown = [...flags].find((flag) => !'nistlpc'.includes(flag));
  if (unknown !== undefined) return refused(`olsnodes: invalid option -- '${unknown}'`);
  if (flags.has('c')) return ok([`${cluster.dbName.toLowerCase()}-cluster`]);
  const shown = flags.has('l') ? cluster.members.filter((member) => member.node === node) : cluster.members;
  return ok(
    shown.map((member) =>
      [
        member.node,
        ...(flags.has('n') ? [String(member.number)] : []),
        ...(flags.has('p') ? [member.address] : []),
        ...(flags.has('i') ? ['<none>'] : []),
        ...(flags.has('s') ? ['Active'] : []),
        ...(flags.has('t') ? ['Unpinned'] : []),
      ].join('\t'),
    ),
  );
}

const STACK_ONLINE = [
  'CRS-4537: Cluster Ready Services is online',
  'CRS-4529: Cluster Synchronization Services is online',
  'CRS-4533: Event Manager is online',
];
const SEPARATOR = '*'.repeat(62);

function crsctl(argv: readonly string[], run: ToolRun): ToolResult {
  const [verb, object, ...rest] = argv;
  const nodes = run.cluster.members.map(({ node }) => node);
  if (verb === 'check' && object === 'crs')
    return ok(['CRS-4638: Oracle High Availability Services is online', ...STACK_ONLINE]);
  if (verb === 'check' && object === 'cluster') {
    if (!rest.includes('-all')) return ok(STACK_ONLINE);
    return ok([SEPARATOR, ...nodes.flatMap((node) => [`${node}:`, ...STACK_ONLINE, SEPARATOR])]);
  }
  if ((verb === 'stat' || verb === 'status') && (object === 'res' || object === 'resource'))
    return resourceState(rest, run);
  return refused(`CRS-4256: Unable to process command: ${argv.join(' ')}`);
}

function resourceState([name, ...flags]: readonly string[], run: ToolRun): ToolResult {
  const database = `ora.${run.cluster.dbUniqueName.toLowerCase()}.db`;
  if (name !== database) return refused(`CRS-2613: Could not find resource '${name ?? ''}'.`);
  const { members } = run.cluster;
  if (!flags.includes('-v')) {
    const states = members.map((member) => (isRunning(run, member) ? `ONLINE on ${member.node}` : 'OFFLINE'));
    return ok([
      `NAME=${database}`,
      'TYPE=ora.database.type',
      `TARGET=${members.map(() => 'ONLINE').join(', ')}`,
      `STATE=${states.join(', ')}`,
      '',
    ]);
  }
  return ok(members.flatMap((member) => verboseState(database, member, run)));
}

function verboseState(database: string, member: ClusterMember, run: ToolRun): string[] {
  const up = isRunning(run, member);
  return [
    `NAME=${database}`,
    'TYPE=ora.database.type',
    `LAST_SERVER=${member.node}`,
    `STATE=${up ? `ONLINE on ${member.node}` : 'OFFLINE'}`,
    'TARGET=ONLINE',
    `STATE_DETAILS=${up ? `Open,HOME=${member.oracleHome}` : 'Instance Shutdown'}`,
    `GEN_USR_ORA_INST_NAME=${member.sid}`,
    '',
  ];
}
