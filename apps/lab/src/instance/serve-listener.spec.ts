// Whom a listener lets in while its instance is started, mounted, open or closing.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import oracledb from 'oracledb';
import { type RunningListener } from '../listener/listener';
import { Instance } from './instance';
import { hostPaths } from './oracle-home';
import { serveListener } from './serve-listener';
import { createSmallHost, PASSWORD, SID } from './testing/small-host';

const now = () => new Date();
let base: string;
let instance: Instance;
let listener: RunningListener;

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'lab-listen-'));
  const file = await createSmallHost(base, now);
  instance = new Instance({ sid: SID, base, oracleHome: hostPaths.oracleHome(base), now });
  await instance.startup('NOMOUNT');
  listener = await serveListener(instance, file);
});

afterAll(async () => {
  await listener.close();
  if (instance.status !== 'DOWN') await instance.shutdown('ABORT');
  rmSync(base, { recursive: true });
});

async function login(user: string, privilege?: number): Promise<string> {
  try {
    const connection = await oracledb.getConnection({
      ...{ user, password: PASSWORD, connectString: `127.0.0.1:${listener.port}/orcl` },
      ...(privilege === undefined ? {} : { privilege }),
    });
    const { rows } = await connection.execute<[string]>('select status from v$instance');
    await connection.close();
    return rows?.[0]?.[0] ?? '';
  } catch (error) {
    return /ORA-\d{5}/.exec(String(error))?.[0] ?? String(error);
  }
}

it('lets nobody in through the listener while only started, administrators when mounted, everybody when open', async () => {
  expect(await login('c##adyton', oracledb.SYSBACKUP)).toBe('ORA-12528');
  instance.mount();
  expect(await login('c##adyton', oracledb.SYSBACKUP)).toBe('MOUNTED');
  expect(await login('mon')).toBe('ORA-01033');
  await instance.open({ resetlogs: false });
  expect(await login('mon')).toBe('OPEN');
  expect(await login('mon', oracledb.SYSBACKUP)).toBe('ORA-01017');
  await instance.shutdown('IMMEDIATE');
  expect(await login('c##adyton', oracledb.SYSBACKUP)).toContain('NJS-518'); // ORA-12514: its service is not registered any more
});
