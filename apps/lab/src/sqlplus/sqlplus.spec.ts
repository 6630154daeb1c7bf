/** The sqlplus of a host as scripts use it: one SELECT after the other, answers as CSV, ends as SQL*Plus ends. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostPaths } from '../instance/oracle-home';
import { LabHost } from '../rman/testing/lab-host';

let host: LabHost;

beforeAll(async () => {
  host = await LabHost.create({ bytes: 8 * 1024 * 1024 });
}, 120_000);

afterAll(async () => {
  await host.remove();
});

/** As a script calls it: by its name in the home. */
function sqlplus(args: string[], { input = '', sid = 'ORCL' } = {}) {
  const env = { PATH: process.env['PATH'], ORACLE_HOME: hostPaths.oracleHome(host.base), ORACLE_SID: sid };
  const program = join(hostPaths.bin(host.base), 'sqlplus');
  const { status, stdout } = spawnSync(program, ['-S', ...args], { input, encoding: 'utf8', env });
  return { status, stdout };
}

const CSV = 'SET MARKUP CSV ON\nSET PAGESIZE 0\n';

it('answers SELECT statements of standard input as CSV: text quoted, numbers bare, NULL empty', () => {
  const input = `${CSV}SELECT name, file#, NULL nothing\n  FROM v$datafile\n  WHERE file# = 7;\nEXIT\n`;
  const path = join(hostPaths.oradata(host.base, 'ORCL'), 'users01.dbf');
  expect(sqlplus(['/ as sysdba'], { input })).toEqual({
    status: 0,
    stdout: `\n"NAME","FILE#","NOTHING"\n"${path}",7,\n`,
  });
});

it('runs a script, and says which it cannot open', () => {
  const script = join(host.base, 'q.sql');
  writeFileSync(script, `${CSV}SELECT dummy FROM dual;\n`);
  expect(sqlplus(['/ as sysbackup', `@${script}`])).toEqual({ status: 0, stdout: '\n"DUMMY"\n"X"\n' });
  expect(sqlplus(['/ as sysdba', '@/nowhere.sql'], { input: 'EXIT\n' }).stdout).toBe(
    'SP2-0310: unable to open file "/nowhere.sql"\n',
  );
});

it('goes on after an error, or ends with WHENEVER SQLERROR EXIT', () => {
  const bad = 'SELECT nonsense FROM dual;\nSELECT dummy FROM dual;\n';
  const on = sqlplus(['/ as sysdba'], { input: CSV + bad });
  expect(on.status).toBe(0);
  expect(on.stdout).toContain('ERROR at line 1:\nORA-00904');
  expect(on.stdout).toContain('"X"');
  const ended = sqlplus(['/ as sysdba'], { input: `WHENEVER SQLERROR EXIT FAILURE\n${CSV}${bad}` });
  expect([ended.status, ended.stdout.includes('"X"')]).toEqual([1, false]);
});

it('refuses other logins, and an instance that does not run', () => {
  expect(sqlplus(['scott/tiger'])).toMatchObject({ status: 1, stdout: expect.stringContaining('ORA-01017') });
  expect(sqlplus(['/ as sysdba'], { sid: 'NONE' })).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('ORA-01034'),
  });
});
