// Each failure of a host by name, armed and cleared, seen from a client.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import oracledb from 'oracledb';
import { useDiskFaultsOf } from '../engine/disk-faults';
import { Instance } from '../instance/instance';
import { connectInstance, type InstanceClient } from '../instance/ipc-client';
import { hostPaths } from '../instance/oracle-home';
import { ServedInstance } from '../instance/served-instance';
import { createSmallHost, PASSWORD, SID } from '../instance/testing/small-host';
import { checkFaultOptions, HOST_FAULTS, type HostFaultName } from './host-faults';
import { PHASES } from './phases';

let base: string;
let skewMs: number;
const now = () => new Date(Date.now() + skewMs);
let served: ServedInstance;
let crashed: PromiseWithResolvers<void>;
let client: InstanceClient;

beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'lab-fault-'));
  skewMs = 0;
  crashed = Promise.withResolvers();
  const oracleHome = hostPaths.oracleHome(base);
  const file = await createSmallHost(base, now);
  served = new ServedInstance(new Instance({ sid: SID, base, oracleHome, now }), {
    file,
    background: ['pmon'],
    onCrash: () => crashed.resolve(),
    setClockSkew: (milliseconds) => (skewMs = milliseconds),
  });
  await served.start('OPEN');
  client = await connected();
  useDiskFaultsOf(base);
});

afterEach(async () => {
  client.close();
  await served.faults.clearAll();
  if (served.state !== 'DOWN') await served.stop();
  await served.end();
  rmSync(base, { recursive: true, force: true });
});

async function connected(): Promise<InstanceClient> {
  const found = await connectInstance({ socketPath: join(base, 's.sock') });
  if (found === undefined) throw new Error('the instance does not listen');
  return found;
}

async function login(user = 'c##adyton'): Promise<string> {
  try {
    const connection = await oracledb.getConnection({
      ...{ user, password: PASSWORD, connectString: `127.0.0.1:${served.file.listenerPort}/orcl` },
      ...(user === 'mon' ? {} : { privilege: oracledb.SYSBACKUP }),
    });
    await connection.close();
    return 'in';
  } catch (error) {
    return (error as oracledb.DBError).code ?? String(error);
  }
}

const workload = () => client.workload({ transactions: 5, rowsPerTransaction: 20, seed: 1, uniform: true });

it('declares for every fault what it takes, and refuses the rest', () => {
  const samples = {
    ...{ phase: 'transfer', ms: 1, file: 8, block: 1, seconds: 1, match: 'v$datafile' },
    release: '19.20.0.0.0',
  };
  for (const name of Object.keys(HOST_FAULTS) as HostFaultName[]) {
    const needed = HOST_FAULTS[name].options.filter((option) => option !== 'after');
    const options = Object.fromEntries(needed.map((option) => [option, samples[option]]));
    expect(() => checkFaultOptions(name, options)).not.toThrow();
    expect(() => checkFaultOptions(name, { ...options, nonsense: 1 } as object)).toThrow(RangeError);
    if (needed.length > 0) expect(() => checkFaultOptions(name, {})).toThrow(RangeError);
  }
  expect(() => checkFaultOptions('instance-crash', { phase: 'lunch' })).toThrow('known are');
});

it.each(Object.entries(PHASES))(
  'crashes at phase %s, with the server processes of its channels',
  async (phase, [{ operation, ...asked }]) => {
    const process = spawn('sleep', ['600']);
    const ended = new Promise((done) => process.once('exit', (_code, signal) => done(signal)));
    const program = 'rman@channel c1';
    await client.registerSession({ program, clientInfo: null, module: null, processId: process.pid ?? 0 });
    await served.faults.arm('instance-crash', { phase });
    const call = client[operation] as (args: object) => Promise<unknown>;
    const args = { file: 8, ...('args' in asked ? asked.args : {}) };
    await expect(call(args)).rejects.toMatchObject({ ora: 3113 });
    await crashed.promise;
    expect(await ended).toBe('SIGKILL');
    expect(served.state).toBe('DOWN');
    expect(await login()).toBe('NJS-518');
    await served.start('OPEN');
    expect(await login()).toBe('in');
  },
);

it('lets a phase pass as often as it is told to', async () => {
  await served.faults.arm('instance-crash', { phase: 'backup-set', after: 2 });
  await client.beginBackupSet({});
  await client.beginBackupSet({});
  await expect(client.beginBackupSet({})).rejects.toMatchObject({ ora: 3113 });
});

it('tells a set of archived logs from others', async () => {
  await served.faults.arm('instance-crash', { phase: 'log-backup' });
  await client.beginBackupSet({ content: 'data-files' });
  await expect(client.beginBackupSet({ content: 'archived-logs' })).rejects.toMatchObject({ ora: 3113 });
});

it('hangs at a phase until it is told to go on', async () => {
  await served.faults.arm('instance-hang', { phase: 'checkpoint' });
  const waiting = client.checkpoint({});
  let answered = false;
  void waiting.then(() => (answered = true));
  const other = await connected();
  const identity = other.identity({});
  expect([served.state, answered]).toEqual(['HANGING', false]);
  served.resume();
  await waiting;
  expect((await identity).status).toBe('OPEN');
  other.close();
});

it('takes the listener away and puts it back where it was', async () => {
  const port = served.file.listenerPort;
  await served.faults.arm('listener-gone', {});
  expect(await login()).toBe('NJS-503');
  await served.faults.clear('listener-gone');
  expect([await login(), served.file.listenerPort]).toEqual(['in', port]);
});

it('changes passwords and takes the change back', async () => {
  await served.faults.arm('password-changed', {});
  expect(await login()).toBe('ORA-01017');
  await served.faults.clear('password-changed');
  expect(await login()).toBe('in');
});

it('fills the recovery area: no archived log fits, ordinary users stay outside', async () => {
  await workload();
  await served.faults.arm('recovery-area-full', {});
  await expect(client.archiveLogCurrent({})).rejects.toMatchObject({ ora: 16038 });
  expect([await login('mon'), await login()]).toEqual(['ORA-00257', 'in']);
  await served.faults.clear('recovery-area-full');
  expect(await login('mon')).toBe('in');
  expect((await client.readControlFile({})).archivedLogs).toHaveLength(1);
});

it('loses an archived log that was not backed up, without a word in the control file', async () => {
  await expect(served.faults.arm('archived-log-lost', {})).rejects.toThrow(RangeError);
  await client.archiveLogCurrent({});
  await served.faults.arm('archived-log-lost', {});
  const [log] = (await client.readControlFile({})).archivedLogs;
  expect(log?.status).toBe('A');
  expect(existsSync(log?.name ?? '')).toBe(false);
});

it('makes disks slow and blocks unreadable', async () => {
  await served.faults.arm('slow-disk', { ms: 60 });
  const started = performance.now();
  await client.checkpoint({});
  expect(performance.now() - started).toBeGreaterThan(60);
  await served.faults.clear('slow-disk');
  await served.faults.arm('media-error', { file: 8, block: 2 });
  await expect(
    client.workload({ transactions: 500, rowsPerTransaction: 20, seed: 1, uniform: true }),
  ).rejects.toMatchObject({
    ora: 1115,
    text: expect.stringContaining('ORA-27072'),
  });
  await served.faults.clear('media-error');
  await workload();
});

it('sets the clock wrong', async () => {
  await served.faults.arm('clock-skew', { seconds: -7200 });
  const connection = await oracledb.getConnection({
    ...{ user: 'mon', password: PASSWORD, connectString: `127.0.0.1:${served.file.listenerPort}/orcl` },
  });
  const { rows } = await connection.execute<[Date]>('select sysdate from dual');
  await connection.close();
  const behind = Date.now() - Number(rows?.[0]?.[0]);
  expect(Math.abs(behind - 7_200_000) % 3_600_000).toBeLessThan(60_000);
  expect(skewMs).toBe(-7_200_000);
});
