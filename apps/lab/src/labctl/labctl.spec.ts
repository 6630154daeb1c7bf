/** labctl as a user meets it: real processes, JSON on stdout, exit codes. Runs the compiled lab. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildLab } from '../instance/testing/build-lab';
import { checkPassword, readPasswordFile } from '../listener/password-file';

let main: string;
let base: string;

beforeAll(async () => {
  main = join(await buildLab(), 'labctl/main.js');
}, 60_000);
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'lab-ctl-'));
});
afterEach(() => {
  labctl('stop', '--abort');
  rmSync(base, { recursive: true, force: true });
});

function labctl(command: string, ...rest: string[]) {
  const run = spawnSync(process.execPath, [main, command, '--base', base, ...rest], { encoding: 'utf8' });
  const json = run.stdout.startsWith('{') ? JSON.parse(run.stdout) : undefined;
  return { status: run.status, stderr: run.stderr, json };
}

describe('labctl', () => {
  it('takes a host from creation to a verified mark', async () => {
    const password = join(base, 'password');
    writeFileSync(password, 'Secret_1\n');
    const created = labctl(
      'create',
      '--size',
      '8M',
      '--redo-size',
      '1M',
      '--backup-user',
      'c##adyton',
      '--backup-password-file',
      password,
    );
    expect(created).toMatchObject({ status: 0, json: { sid: 'ORCL', dataFiles: 7 } });
    expect(labctl('status').json).toEqual({ status: 'DOWN' });
    expect(labctl('start', '--detach').json).toMatchObject({
      event: 'instance.open',
      listenerPort: created.json.listenerPort,
    });
    expect(labctl('workload', '--transactions', '20').json).toMatchObject({ commits: 20 });
    const untilScn = String(labctl('mark').json.untilScn);
    expect(labctl('stop').json).toMatchObject({ stopped: true });
    const oradata = join(base, 'oradata', 'ORCL');
    const same = labctl('compare', '--until-scn', untilScn, '--dir', oradata);
    expect(same).toMatchObject({ status: 0, json: { dataFiles: 7, identical: 7 } });
    expect(labctl('damage', '--file', '8', '--block', '20').json).toMatchObject({
      before: { ok: true },
      after: { ok: false, fault: 'checksum' },
    });
    const different = labctl('compare', '--until-scn', untilScn, '--dir', oradata);
    expect(different).toMatchObject({ status: 1, json: { identical: 6 } });
    const { users } = await readPasswordFile(join(base, 'oracle_home/dbs/orapwORCL.json'));
    expect(users.map(({ name }) => name)).toEqual(['C##ADYTON']);
    expect(users[0] && (await checkPassword(users[0], 'Secret_1'))).toBe(true);
    expect(readFileSync(join(base, 'etc/oratab'), 'utf8')).toBe(`ORCL:${join(base, 'oracle_home')}:N\n`);
  }, 30_000);

  it('makes a restored database startable', () => {
    expect(labctl('create', '--size', '8M', '--redo-size', '1M').status).toBe(0);
    rmSync(join(base, 'oracle_home'), { recursive: true });
    expect(labctl('start', '--detach').status).toBe(2);
    expect(labctl('register').status).toBe(0);
    expect(labctl('start', '--detach').json).toMatchObject({ event: 'instance.open', status: 'OPEN' });
  }, 30_000);

  it('arms, shows and clears error stacks of RMAN without anything that runs', () => {
    const fault = (...args: string[]) => {
      const run = spawnSync(process.execPath, [main, 'fault', ...args, '--base', base], { encoding: 'utf8' });
      return JSON.parse(run.stdout) as unknown;
    };
    expect(fault('arm', 'target-bad-password', '--times', '2')).toEqual({
      armed: 'target-bad-password',
      times: 2,
    });
    expect(fault('list-rman')).toMatchObject([{ name: 'target-bad-password', times: 2 }]);
    expect(fault('clear', 'target-bad-password')).toEqual({ cleared: 'target-bad-password' });
    expect(fault('list-rman')).toEqual([]);
  }, 30_000);

  it('tells wrong usage from failure', () => {
    expect(labctl('create', '--size', 'big')).toMatchObject({
      status: 2,
      stderr: 'labctl: not a size: big\n',
    });
    expect(labctl('status')).toMatchObject({ status: 2 });
    expect(labctl('create', '--size', '8M', '--redo-size', '1M').status).toBe(0);
    expect(labctl('mark')).toMatchObject({ status: 1, stderr: 'labctl: instance ORCL is not started\n' });
  }, 30_000);
});
