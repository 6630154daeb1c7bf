// The unmodified Thin client of node-oracledb logs in to the listener over real sockets on loopback, and is refused.
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import oracledb from 'oracledb';
import { addUser } from './password-file';
import { makeSelfSigned } from './self-signed';
import { backupUser, failure, PASSWORD, ThinLab } from './testing/thin-lab';

let lab: ThinLab;
beforeAll(async () => {
  lab = await ThinLab.create();
});
afterAll(() => lab.remove());

it('takes SYSDBA, SYSBACKUP and ordinary users, and tells each who it is', async () => {
  const connection = await lab.login({ user: 'sys', privilege: oracledb.SYSDBA });
  expect(connection.oracleServerVersionString).toBe('19.21.0.0.0');
  expect([connection.dbName, connection.serviceName, connection.instanceName]).toEqual([
    'orcl_lab',
    'orcl',
    'ORCL',
  ]);
  const whoIs = async (c: oracledb.Connection): Promise<unknown> =>
    (await c.execute('select user from dual')).rows;
  expect(await whoIs(connection)).toEqual([['SYS']]);
  await connection.close();
  const backup = await lab.login();
  expect(await whoIs(backup)).toEqual([['SYSBACKUP']]);
  await backup.close();
  const plain = await oracledb.getConnection({
    user: 'mon',
    password: 'Mon_1',
    connectString: lab.at(),
  });
  expect(await whoIs(plain)).toEqual([['MON']]);
  expect((await plain.execute('select name from v$database')).rows).toEqual([['ORCL']]);
  expect((await failure(plain.execute('alter system checkpoint'))).errorNum).toBe(1031);
  await plain.close();
});

it('takes a SID and connect data too long for the first packet', async () => {
  const filler = Array.from(
    { length: 6 },
    () => `(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT=${lab.port}))`,
  ).join('');
  for (const target of ['SID=orcl', 'SERVICE_NAME=ORCL']) {
    const connection = await lab.login({
      connectString: `(DESCRIPTION=(ADDRESS_LIST=${filler})(CONNECT_DATA=(${target})))`,
    });
    expect((await connection.execute('select 1 from dual')).rows).toEqual([[1]]);
    await connection.close();
  }
});

it.each([
  ['a wrong password', { password: 'wrong' }, 1017],
  ['an unknown user', { user: 'nobody' }, 1017],
  ['a privilege that was not granted', { privilege: oracledb.SYSDBA }, 1017],
  ['SYS without a privilege', { user: 'sys', privilege: undefined }, 28009],
  ['a user who may not open a session', { privilege: undefined }, 1045],
])('refuses %s', async (_, change, errorNum) => {
  const settings = Object.fromEntries(
    Object.entries({ ...backupUser, connectString: lab.at(), ...change }).filter(([, v]) => v !== undefined),
  );
  expect((await failure(oracledb.getConnection(settings))).errorNum).toBe(errorNum);
});

it('speaks TCPS to a client that trusts its certificate, and to no other', async () => {
  const tls = makeSelfSigned(['localhost', '127.0.0.1'], new Date());
  const secure = await lab.start({ tls });
  const wallet = join(lab.folder, 'wallet');
  await mkdir(wallet);
  await writeFile(join(wallet, 'ewallet.pem'), tls.key + tls.certificate);
  const connectString = `tcps://127.0.0.1:${secure.port}/orcl`;
  const connection = await lab.login({ connectString, walletLocation: wallet, walletPassword: '' });
  expect((await connection.execute('select name from v$database')).rows).toEqual([['ORCL']]);
  await connection.close();
  expect((await failure(lab.login({ connectString }))).code).toBe('NJS-506');
  expect((await failure(lab.login({ connectString: lab.at(secure.port) }))).code).toBe('NJS-500');
});

it('sees a password changed while it runs', async () => {
  await addUser(lab.passwordFile, { name: 'late', password: 'Old_1', privileges: ['CREATE SESSION'] });
  await addUser(lab.passwordFile, { name: 'late', password: 'New_1', privileges: ['CREATE SESSION'] });
  const settings = { user: 'late', connectString: lab.at() };
  expect((await failure(oracledb.getConnection({ ...settings, password: 'Old_1' }))).errorNum).toBe(1017);
  await (await oracledb.getConnection({ ...settings, password: 'New_1' })).close();
});

it('keeps the password file to its owner and passwords out of it', async () => {
  expect((await stat(lab.passwordFile)).mode & 0o777).toBe(0o600);
  expect(await readFile(lab.passwordFile, 'utf8')).not.toContain(PASSWORD);
});

it('maps refusals to the codes an application branches on', async () => {
  expect((await failure(lab.login({ connectString: lab.at(lab.port, 'nosuch') }))).code).toBe('NJS-518');
  const bySid = `(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT=${lab.port}))(CONNECT_DATA=(SID=nosuch)))`;
  expect((await failure(lab.login({ connectString: bySid }))).code).toBe('NJS-519');
  const blocked = await lab.start({ refuse: () => 12528 });
  const refused = await failure(lab.login({ connectString: lab.at(blocked.port) }));
  expect(refused.code).toBe('NJS-511');
  expect(refused.message).toContain('ORA-12528');
  const starting = await lab.start({
    refuseLogin: ({ privilege }) =>
      privilege === null ? { ora: 1033, text: 'ORACLE initialization or shutdown in progress' } : null,
  });
  const settings = { user: 'mon', password: 'Mon_1', connectString: lab.at(starting.port) };
  expect((await failure(oracledb.getConnection(settings))).errorNum).toBe(1033);
  await (await lab.login({ connectString: lab.at(starting.port) })).close();
});

it('closes the session of every connection, however it ended', async () => {
  const [left, lost] = [await lab.login(), await lab.login()];
  expect(lab.openSessions).toBe(2);
  await left.close();
  await lost.close({ drop: true });
  await lab.closeListeners();
  expect(lab.openSessions).toBe(0);
});
