// A cluster of three instances as real processes: addresses, redo threads, background processes, cluster tools, and the loss of one.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import oracledb from 'oracledb';
import { readControlFile } from '../control-file/control-file-store';
import { compareFiles } from '../engine/compare-files';
import { parseScn } from '../formats/scn';
import { askControl } from '../instance/control-server';
import { type TruthMark } from '../instance/instance-port';
import { connectInstance, type InstanceClient } from '../instance/ipc-client';
import { hostPaths } from '../instance/oracle-home';
import { buildLab } from '../instance/testing/build-lab';
import { applyRedo } from '../recovery/apply-redo';
import { type ClusterFile } from './cluster-file';

const PASSWORD = 'Lab_password_1';
let lab: string;
let base: string;
let cluster: ClusterFile;
let child: ChildProcess;
let ports: number[];

beforeAll(async () => {
  lab = await buildLab();
}, 60_000);

beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'lab-rac-'));
  const password = join(base, 'password');
  writeFileSync(password, `${PASSWORD}\n`);
  const options = ['--size', '8M', '--redo-size', '1M', '--backup-user', 'c##adyton'];
  const argv = ['cluster-create', '--base', base, ...options, '--backup-password-file', password];
  const made = spawnSync(process.execPath, [join(lab, 'labctl/main.js'), ...argv], { encoding: 'utf8' });
  cluster = JSON.parse(made.stdout);
  await start();
});

afterEach(async () => {
  await end('SIGKILL');
  rmSync(base, { recursive: true, force: true });
});

interface Opened {
  instances: { listenerPort: number }[];
}

async function start(): Promise<void> {
  child = spawn(process.execPath, [join(lab, 'cluster/main.js'), '--base', base], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const opened = Promise.withResolvers<Opened>();
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    const line = output.split('\n').find((text) => text.startsWith('{"event":"cluster.open"'));
    if (line !== undefined) opened.resolve(JSON.parse(line) as Opened);
  });
  child.once('exit', (code) => opened.reject(new Error(`the cluster ended with ${String(code)}`)));
  ports = (await opened.promise).instances.map(({ listenerPort }) => listenerPort);
}

async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill(signal);
  await gone;
}

async function client(number: number): Promise<InstanceClient> {
  const member = cluster.members[number - 1];
  const file = JSON.parse(
    readFileSync(join(member?.oracleHome ?? '', 'dbs', `lab_${member?.sid}.json`), 'utf8'),
  );
  const connected = await connectInstance({ socketPath: file.ipcSocket });
  if (connected === undefined) throw new Error(`instance ${number} does not listen`);
  return connected;
}

async function withClient<T>(number: number, use: (c: InstanceClient) => Promise<T>): Promise<T> {
  const connected = await client(number);
  try {
    return await use(connected);
  } finally {
    connected.close();
  }
}

async function select(number: number, sql: string, callTimeout = 0): Promise<unknown> {
  const connection = await oracledb.getConnection({
    ...{ user: 'c##adyton', password: PASSWORD, privilege: oracledb.SYSBACKUP },
    connectString: `127.0.1.${number}:${ports[number - 1]}/orcl`,
  });
  try {
    connection.callTimeout = callTimeout;
    return (await connection.execute(sql)).rows;
  } finally {
    await connection.close();
  }
}

const control = (command: 'status' | 'start' | 'crash' | 'hang' | 'resume', sid?: string) =>
  askControl(cluster.controlSocket, { command, ...(sid === undefined ? {} : { sid }) });

const workload = (number: number, seed: number) =>
  withClient(number, (c) => c.workload({ transactions: 40, rowsPerTransaction: 20, seed, uniform: true }));

function processes(pattern: RegExp): { pid: number; title: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/cmdline`))
    .map((name) => ({ pid: Number(name), title: titleOf(name) }))
    .filter(({ title }) => pattern.test(title));
}

/** A process may end while it is looked at. */
function titleOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0$/, '');
  } catch {
    return '';
  }
}

/** Empty for a process that ended meanwhile. */
function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return '';
    throw error;
  }
}

/** Background processes of this cluster only: others may run on the machine. */
function background(): string[] {
  return processes(/^ora_(pmon|lmon)_ORCL[123]$/)
    .filter(({ pid }) => environmentOf(pid).includes(base))
    .map(({ title }) => title)
    .sort();
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await new Promise(setImmediate);
}

function tool(node: number, command: string, ...argv: string[]): string {
  return spawnSync(join(base, `node${node}`, 'grid_home', 'bin', command), argv, { encoding: 'utf8' }).stdout;
}

it('gives each instance an address, a thread and background processes, and shows all of them from each', async () => {
  expect(await select(1, 'select instance_name, thread#, host_name from v$instance')).toEqual([
    ['ORCL1', 1, 'node1'],
  ]);
  expect(
    await select(3, 'select inst_id, instance_name, status, parallel from gv$instance order by 1'),
  ).toEqual([
    [1, 'ORCL1', 'OPEN', 'YES'],
    [2, 'ORCL2', 'OPEN', 'YES'],
    [3, 'ORCL3', 'OPEN', 'YES'],
  ]);
  expect(await select(2, 'select thread#, status, instance from v$thread order by 1')).toEqual([
    [1, 'OPEN', 'ORCL1'],
    [2, 'OPEN', 'ORCL2'],
    [3, 'OPEN', 'ORCL3'],
  ]);
  expect(await select(2, "select value from v$parameter where name = 'cluster_database'")).toEqual([
    ['TRUE'],
  ]);
  const names = [1, 2, 3].flatMap((n) => [`ora_lmon_ORCL${n}`, `ora_pmon_ORCL${n}`]).sort();
  expect(background()).toEqual(names);
  const [pmon] = processes(/^ora_pmon_ORCL2$/).filter(({ pid }) =>
    readFileSync(`/proc/${pid}/environ`, 'utf8').includes(base),
  );
  expect(readlinkSync(`/proc/${pmon?.pid}/exe`)).toBe(join(base, 'node2', 'oracle_home', 'bin', 'oracle'));
  expect(readFileSync(join(base, 'node2', 'etc', 'oratab'), 'utf8')).toContain(
    `ORCL:${join(base, 'node2', 'oracle_home')}:N`,
  );
});

it('recovers to one moment from the logs of all threads', async () => {
  const copies = join(base, 'copies');
  mkdirSync(copies);
  await withClient(1, (c) => c.checkpoint({}));
  const { dataFiles } = readControlFile(join(hostPaths.oradata(base, 'ORCL'), 'control01.ctl'));
  for (const { name } of dataFiles) copyFileSync(name, join(copies, basename(name)));
  for (const round of [1, 2]) {
    for (const number of [1, 2, 3]) await workload(number, round);
    if (round === 1) await withClient(3, (c) => c.archiveLogCurrent({}));
  }
  const mark: TruthMark = await withClient(2, (c) => c.mark({}));
  await workload(3, 9);
  await withClient(1, (c) => c.archiveLogCurrent({}));
  expect(await select(1, 'select thread#, count(*) from v$archived_log group by thread# order by 1')).toEqual(
    [
      [1, expect.any(Number)],
      [2, expect.any(Number)],
      [3, expect.any(Number)],
    ],
  );
  const archive = hostPaths.archive(base, 'ORCL');
  const logs = readdirSync(archive).map((name) => join(archive, name));
  const files = dataFiles.map(({ name }) => join(copies, basename(name)));
  const until = { kind: 'scn', scn: parseScn(mark.untilScn) } as const;
  // With a log of one thread missing recovery stops there, and says which it wants.
  const short = await applyRedo({ dataFiles: files, logs: logs.filter((log) => !/\/2_2_/.test(log)), until });
  expect(short).toMatchObject({ status: 'needs-log', sequence: 2 });
  const outcome = await applyRedo({ dataFiles: files, logs, until });
  expect(outcome).toMatchObject({ status: 'recovered', checkpointScn: until.scn });
  expect(await compareFiles(mark, { directory: copies })).toMatchObject({ identical: dataFiles.length });
});

it('loses one instance alone when its pmon is killed, archives its thread, and takes it back', async () => {
  await workload(2, 1);
  const [row] = ((await control('status')) as { sid: string; pmon: number }[]).filter(
    ({ sid }) => sid === 'ORCL2',
  );
  const channel = spawn('sleep', ['600']);
  const ended = new Promise((done) => channel.once('exit', (_code, signal) => done(signal)));
  const rman = await client(2);
  await rman.registerSession({
    ...{ program: 'rman@channel c1', clientInfo: null, module: null },
    processId: channel.pid ?? 0,
  });
  process.kill(row?.pmon ?? 0, 'SIGKILL');
  expect(await ended).toBe('SIGKILL');
  await until(() => rman.gone.aborted && background().length === 4);
  expect(await select(1, 'select inst_id from gv$instance order by 1')).toEqual([[1], [3]]);
  expect(
    await select(1, 'select count(*) from v$archived_log where thread# = 2 and name is not null'),
  ).toEqual([[1]]);
  await expect(select(2, 'select 1 from dual')).rejects.toMatchObject({ code: 'NJS-518' });
  expect(tool(1, 'srvctl', 'status', 'database', '-d', 'orcl', '-v')).toBe(
    'Instance ORCL1 is running on node node1 with online services orcl. Instance status: Open.\n' +
      'Instance ORCL2 is not running on node node2\n' +
      'Instance ORCL3 is running on node node3 with online services orcl. Instance status: Open.\n',
  );
  await control('start', 'ORCL2');
  expect(await select(2, 'select count(*) from gv$instance')).toEqual([[3]]);
  await workload(2, 2);
});

it('hangs one instance: it answers nobody until it goes on, the others work', async () => {
  await control('hang', 'ORCL3');
  const waiting = select(3, 'select 1 from dual');
  expect(await select(1, 'select 1 from dual')).toEqual([[1]]);
  await control('resume', 'ORCL3');
  expect(await waiting).toEqual([[1]]);
  expect(((await control('status')) as { state: string }[]).map(({ state }) => state)).toEqual([
    'OPEN',
    'OPEN',
    'OPEN',
  ]);
});

it('opens again with every commit of every thread after all of it was killed', async () => {
  for (const number of [1, 2, 3]) await workload(number, number);
  const mark = await withClient(1, (c) => c.mark({}));
  await end('SIGKILL');
  await until(() => background().length === 0);
  await start();
  const again = await withClient(3, (c) => c.mark({}));
  expect(again.files.map(({ sha256 }) => sha256)).toEqual(mark.files.map(({ sha256 }) => sha256));
  for (const number of [1, 2, 3]) await workload(number, 7);
  await end('SIGTERM');
});

it('answers the questions of cluster tools', () => {
  expect(tool(2, 'olsnodes', '-n', '-i', '-s', '-t')).toBe(
    [1, 2, 3].map((n) => `node${n}\t${n}\t<none>\tActive\tUnpinned\n`).join(''),
  );
  expect(tool(2, 'olsnodes', '-l')).toBe('node2\n');
  expect(tool(1, 'srvctl', 'config', 'database')).toBe('orcl\n');
  const config = tool(1, 'srvctl', 'config', 'database', '-d', 'orcl').split('\n');
  expect(config).toContain('Database instances: ORCL1,ORCL2,ORCL3');
  expect(config).toContain('Type: RAC');
  expect(tool(1, 'srvctl', 'config', 'database', '-d', 'other')).toContain('PRCD-1120');
  expect(tool(1, 'crsctl', 'check', 'crs')).toContain('CRS-4537: Cluster Ready Services is online');
  expect(tool(1, 'crsctl', 'check', 'cluster', '-all').split('\n')).toContain('node3:');
  expect(tool(1, 'crsctl', 'stat', 'res', 'ora.orcl.db')).toContain(
    'STATE=ONLINE on node1, ONLINE on node2, ONLINE on node3',
  );
});

it('backs its control file up only to where all instances see it', async () => {
  const { path } = await withClient(2, (c) => c.snapshotControlFile({}));
  expect(path).toBe(join(hostPaths.oradata(base, 'ORCL'), 'snapcf.f'));
  await withClient(1, (c) => c.setRmanConfiguration({ name: 'SNAPSHOT CONTROLFILE NAME', value: null }));
  await withClient(2, async (c) => {
    await expect(c.snapshotControlFile({})).rejects.toMatchObject({ ora: 245 });
  });
});
