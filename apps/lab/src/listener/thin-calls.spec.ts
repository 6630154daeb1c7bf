// Calls of the unmodified Thin client beside queries: ALTER SYSTEM, attributes, time-outs, break, killed sessions, pools.
import oracledb from 'oracledb';
import { backupUser, failure, ThinLab } from './testing/thin-lab';

let lab: ThinLab;
beforeAll(async () => {
  lab = await ThinLab.create();
});
afterAll(() => lab.remove());

it('runs ALTER SYSTEM, ping, commit and rollback, and passes errors of the instance on', async () => {
  await lab.withConnection(async (c) => {
    await c.execute('ALTER SYSTEM ARCHIVE LOG CURRENT');
    await c.execute("alter session set nls_date_format = 'YYYY'");
    expect((await c.execute('select to_char(sysdate) from dual')).rows).toEqual([['2026']]);
    await c.ping();
    await c.commit();
    await c.rollback();
    expect(await failure(c.execute('alter system checkpoint'))).toMatchObject({ errorNum: 1109 });
    expect((await failure(c.execute("alter system kill session '9,9'"))).errorNum).toBe(30);
  });
});

it('takes module, action and client info with the next call', async () => {
  lab.attributes.length = 0;
  await lab.withConnection(async (c) => {
    c.module = 'adyton';
    c.action = 'discover';
    c.clientInfo = 'ady:1';
    c.clientId = 'agent';
    c.currentSchema = 'SYS';
    await c.ping();
  });
  expect(lab.attributes).toEqual([
    { module: 'adyton', action: 'discover', clientInfo: 'ady:1', clientIdentifier: 'agent' },
  ]);
});

it('ends a call at its time-out and goes on afterwards', async () => {
  await lab.withConnection(async (c) => {
    c.callTimeout = 100;
    expect((await failure(c.execute('alter system switch logfile'))).code).toBe('NJS-123');
    c.callTimeout = 0;
    expect((await c.execute('select 1 from dual')).rows).toEqual([[1]]);
  });
});

it('breaks a running call, an idle connection, and calls that race with the break', async () => {
  await lab.withConnection(async (c) => {
    const slow = failure(c.execute('alter system switch logfile'));
    await c.break();
    expect((await slow).errorNum).toBe(1013);
    for (let i = 0; i < 30; i += 1) {
      const racing = failure(c.execute('select count(*) from numbers'));
      await c.break();
      expect([1013, undefined]).toContain((await racing).errorNum);
    }
    await failure(c.ping());
    expect((await c.execute('select 1 from dual')).rows).toEqual([[1]]);
  });
});

it('ends a killed session with ORA-00028, busy or idle', async () => {
  const [busy, idle, killer] = [await lab.login(), await lab.login(), await lab.login()];
  const slow = failure(busy.execute('alter system switch logfile'));
  for (const serial of [lab.lastSid - 2, lab.lastSid - 1])
    await killer.execute(`alter system kill session '${serial},7' immediate`);
  expect((await slow).message).toContain('ORA-00028');
  expect((await failure(idle.execute('select 1 from dual'))).message).toContain('ORA-00028');
  expect(busy.isHealthy()).toBe(false);
  await killer.close();
  await Promise.allSettled([busy.close(), idle.close()]);
});

it('serves a pool of five', async () => {
  const pool = await oracledb.createPool({
    ...backupUser,
    connectString: lab.at(),
    poolMin: 1,
    poolMax: 5,
    poolIncrement: 1,
  });
  const counts = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const connection = await pool.getConnection();
      const { rows } = await connection.execute<[number]>('select count(*) from numbers');
      await connection.close();
      return rows?.[0]?.[0];
    }),
  );
  expect(counts).toEqual(Array.from({ length: 20 }, () => 500));
  await pool.close(0);
});
