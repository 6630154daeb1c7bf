/** An instance that STARTUP of rman starts is a process of its own: a later rman and a client of SQL find it, until SHUTDOWN. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import oracledb from 'oracledb';
import { readControlFile } from '../control-file/control-file-store';
import { connectInstance } from '../instance/ipc-client';
import { hostPaths, readInstanceFile } from '../instance/oracle-home';
import { LabHost } from './testing/lab-host';

const COPY = 'COPY';
const PASSWORD = 'Lab_password_1';

let host: LabHost;

beforeAll(async () => {
  host = await LabHost.create({ bytes: 8 * 1024 * 1024 });
  const passwordFile = join(host.base, 'sys.password');
  writeFileSync(passwordFile, `${PASSWORD}\n`);
  host.labctl('auxiliary', '--sid', COPY, '--sys-password-file', passwordFile);
  const backup = `BACKUP FORMAT 'old_%U' DATAFILE 7; BACKUP FORMAT 'cf' CURRENT CONTROLFILE;`;
  expect(host.rman(`RUN { ${channel()} ${backup} }`).code).toBe(0);
}, 120_000);

afterAll(async () => {
  await host.endInstance(host.base, COPY);
  await host.remove();
});

const channel = () => `ALLOCATE CHANNEL c1 ${host.sbt()};`;

function onCopy(script: string): string {
  const run = host.rman(script, { ORACLE_SID: COPY });
  expect([run.code, run.output]).toEqual([0, run.output]);
  return run.output;
}

function statusOfCopy(): string {
  return (JSON.parse(host.labctl('status', '--sid', COPY)) as { status: string }).status;
}

async function valuesOfCopy(parameter: string): Promise<unknown> {
  const file = readInstanceFile(hostPaths.oracleHome(host.base), COPY);
  const client = await connectInstance({ socketPath: file?.ipcSocket ?? '' });
  const sql = `SELECT ordinal, value FROM v$parameter2 WHERE name = '${parameter}' ORDER BY ordinal`;
  const answer = await client?.query({ sql });
  client?.close();
  return answer?.rows;
}

function logIn(): Promise<oracledb.Connection> {
  const file = readInstanceFile(hostPaths.oracleHome(host.base), COPY);
  return oracledb.getConnection({
    ...{ user: 'sys', password: PASSWORD, privilege: oracledb.SYSDBA },
    connectString: `127.0.0.1:${file?.listenerPort ?? 0}/${COPY}`,
  });
}

it('says before it is mounted where its control files belong, and RESTORE CONTROLFILE overwrites what lies there', async () => {
  const first = join(hostPaths.oradata(host.base, COPY), 'control01.ctl');
  const second = join(host.base, 'control02.ctl');
  const parameterFile = join(hostPaths.dbs(host.base), `spfile${COPY}.ora`);
  writeFileSync(parameterFile, readFileSync(parameterFile, 'utf8').replace(first, `${first},${second}`));
  writeFileSync(second, 'of a database that is down');
  onCopy('STARTUP NOMOUNT;');
  expect(await valuesOfCopy('control_files')).toEqual([
    ['1', first],
    ['2', second],
  ]);
  onCopy(`RUN { ${channel()} RESTORE CONTROLFILE FROM 'cf'; }`);
  for (const path of [first, second]) expect(readControlFile(path).restored).toBe(true);
});

it('outlives the rman that started it, not mounted: its listener blocks', async () => {
  expect(statusOfCopy()).toBe('STARTED');
  await expect(logIn()).rejects.toMatchObject({ message: expect.stringContaining('12528') as string });
});

it('is mounted by the next rman, and says by SQL and by LIST what the restored control file lists', async () => {
  onCopy('ALTER DATABASE MOUNT;');
  const connection = await logIn();
  const { rows: [piece] = [] } = await connection.execute<[string]>('SELECT handle FROM v$backup_piece');
  const { rows: [type] = [] } = await connection.execute(
    'SELECT controlfile_type, open_mode FROM v$database',
  );
  await connection.close();
  expect(piece?.[0]).toMatch(/^old_/);
  expect(type).toEqual(['BACKUP', 'MOUNTED']);
  expect(onCopy('LIST BACKUPPIECE;')).toContain(`AVAILABLE   SBT_TAPE    ${piece?.[0] ?? ''}`);
  onCopy(`CHANGE BACKUPPIECE '${piece?.[0] ?? ''}' UNCATALOG;`);
  expect(onCopy('LIST BACKUPPIECE;')).not.toContain('SBT_TAPE');
});

it('is started once, opens with RESETLOGS only, and is gone after SHUTDOWN', () => {
  const again = onCopy('STARTUP NOMOUNT;');
  expect(again).toContain('database is already started');
  expect(again).not.toContain('Oracle instance started');
  expect(onCopy('STARTUP FORCE MOUNT;')).toContain('Oracle instance shut down');
  const opened = host.rman('ALTER DATABASE OPEN;', { ORACLE_SID: COPY });
  expect([opened.code, opened.output]).toEqual([1, expect.stringContaining('ORA-01589')]);
  expect(onCopy('SHUTDOWN IMMEDIATE;')).toContain('Oracle instance shut down');
  expect(statusOfCopy()).toBe('DOWN');
  const file = readInstanceFile(hostPaths.oracleHome(host.base), COPY);
  expect(existsSync(file?.ipcSocket ?? '')).toBe(false);
});
