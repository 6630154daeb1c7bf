// The unmodified Thin client of node-oracledb against the listener, the evaluator and the views, over real sockets on loopback.
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect as connectSocket, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import oracledb from 'oracledb';
import { createSqlEvaluator } from '../sql/evaluator';
import { Decimal } from '../sql/decimal';
import { OraError } from '../sql/ora-error';
import { type Table } from '../sql/table';
import { type SqlValue } from '../sql/value';
import { databaseTables } from '../views/database-tables';
import { PRODUCT_QUERIES } from '../views/testing/product-queries';
import { BIG_SCN, SAMPLE_NOW, sampleControlFile, sampleLiveState } from '../views/testing/sample-database';
import { buildData, buildMarker, MARKER } from './packets';
import { addUser, createPasswordFile, readPasswordFile } from './password-file';
import { type RunningListener, startListener } from './listener';
import { makeSelfSigned } from './self-signed';
import { type ListenerOptions, type StatementRequest } from './service';

const PASSWORD = 'Lab_password_1';
const NUMBERS: Table = {
  name: 'NUMBERS',
  columns: [
    { name: 'N', type: 'NUMBER', sizeBytes: 22, nullable: false },
    { name: 'TEXT', type: 'VARCHAR2', sizeBytes: 4000, nullable: true },
  ],
  rows: () =>
    Array.from({ length: 500 }, (_, i): SqlValue[] => [
      Decimal.of(i + 1),
      i % 7 === 0 ? null : `row ${i + 1}`,
    ]),
};

let folder: string;
let passwordFile: string;
const faults: unknown[] = [];
const running: RunningListener[] = [];
const attributes: unknown[] = [];
const kills = new Map<string, AbortController>();
let openSessions = 0;
let lastSid = 100;

function options(overrides: Partial<ListenerOptions> = {}): ListenerOptions {
  const views = databaseTables({
    controlFile: sampleControlFile,
    live: sampleLiveState(),
    now: () => SAMPLE_NOW,
  });
  const evaluator = createSqlEvaluator({
    tables: (name) => (name === 'NUMBERS' ? NUMBERS : views(name)),
    now: () => SAMPLE_NOW,
    commands: {
      archiveLogCurrent: async () => 0,
      // Stands for a statement that takes longer than anybody waits.
      switchLogfile: () => new Promise(() => undefined),
      checkpoint: async () => {
        throw Object.assign(new Error('from the instance'), { ora: 1109, text: 'database not open' });
      },
      killSession: async ({ sid, serial }) => {
        const session = kills.get(`${sid},${serial}`);
        if (session === undefined) throw new OraError(30, 'User session ID does not exist.');
        session.abort();
      },
    },
  });
  return {
    ...{
      host: '127.0.0.1',
      port: 0,
      service: { names: ['orcl'], sids: ['ORCL'] },
      users: () => readPasswordFile(passwordFile),
    },
    instance: { instanceName: 'ORCL', dbName: 'ORCL', dbUniqueName: 'orcl_lab', versionFull: '19.21.0.0.0' },
    execute: (request: StatementRequest) => evaluator.execute(request),
    openSession: () => {
      openSessions += 1;
      lastSid += 1;
      const id = { sid: lastSid, serial: 7 };
      const kill = new AbortController();
      kills.set(`${id.sid},${id.serial}`, kill);
      let open = true;
      const close = (): void => {
        openSessions -= open ? 1 : 0;
        open = false;
      };
      return { id, killed: kill.signal, update: (a) => attributes.push(a), close };
    },
    onFault: (error) => faults.push(error),
    ...overrides,
  };
}

async function start(overrides: Partial<ListenerOptions> = {}): Promise<RunningListener> {
  const listener = await startListener(options(overrides));
  running.push(listener);
  return listener;
}

let main: RunningListener;
const at = (port: number, service = 'orcl'): string => `127.0.0.1:${port}/${service}`;
const backupUser = { user: 'c##adyton', password: PASSWORD, privilege: oracledb.SYSBACKUP };

async function login(extra: oracledb.ConnectionAttributes = {}): Promise<oracledb.Connection> {
  return oracledb.getConnection({ ...backupUser, connectString: at(main.port), ...extra });
}

async function withConnection<T>(use: (c: oracledb.Connection) => Promise<T>): Promise<T> {
  const connection = await login();
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
}

/** What a call failed with: code, number and offset, as an application sees them. */
async function failure(call: Promise<unknown>): Promise<{
  code?: string | undefined;
  errorNum?: number | undefined;
  offset?: number | undefined;
  message: string;
}> {
  const error: unknown = await call.then(
    () => new Error('no failure'),
    (e: unknown) => e,
  );
  const { code, errorNum, offset, message } = error as oracledb.DBError;
  return { code, errorNum, offset, message };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lab-listener-'));
  passwordFile = join(folder, 'orapwORCL.json');
  await createPasswordFile(passwordFile, [
    { name: 'SYS', password: PASSWORD, privileges: ['SYSDBA', 'SYSOPER'] },
    { name: 'c##adyton', password: PASSWORD, privileges: ['SYSBACKUP'] },
    { name: 'scott', password: 'Tiger_1', privileges: ['CREATE SESSION'] },
    { name: 'mon', password: 'Mon_1', privileges: ['CREATE SESSION', 'SELECT_CATALOG_ROLE'] },
  ]);
  main = await start();
});

afterAll(async () => {
  for (const listener of running) await listener.close();
  await rm(folder, { recursive: true });
});

describe('logging in', () => {
  it('takes SYSDBA, SYSBACKUP and ordinary users, and tells each who it is', async () => {
    const connection = await login({ user: 'sys', privilege: oracledb.SYSDBA });
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
    const backup = await login();
    expect(await whoIs(backup)).toEqual([['SYSBACKUP']]);
    await backup.close();
    const plain = await oracledb.getConnection({
      user: 'mon',
      password: 'Mon_1',
      connectString: at(main.port),
    });
    expect(await whoIs(plain)).toEqual([['MON']]);
    expect((await plain.execute('select name from v$database')).rows).toEqual([['ORCL']]);
    expect((await failure(plain.execute('alter system checkpoint'))).errorNum).toBe(1031);
    await plain.close();
  });

  it('takes a SID and connect data too long for the first packet', async () => {
    const filler = Array.from(
      { length: 6 },
      () => `(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT=${main.port}))`,
    ).join('');
    for (const target of ['SID=orcl', 'SERVICE_NAME=ORCL']) {
      const connection = await login({
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
      Object.entries({ ...backupUser, connectString: at(main.port), ...change }).filter(
        ([, v]) => v !== undefined,
      ),
    );
    expect((await failure(oracledb.getConnection(settings))).errorNum).toBe(errorNum);
  });

  it('speaks TCPS to a client that trusts its certificate, and to no other', async () => {
    const tls = makeSelfSigned(['localhost', '127.0.0.1'], new Date());
    const secure = await start({ tls });
    const wallet = join(folder, 'wallet');
    await mkdir(wallet);
    await writeFile(join(wallet, 'ewallet.pem'), tls.key + tls.certificate);
    const connectString = `tcps://127.0.0.1:${secure.port}/orcl`;
    const connection = await login({ connectString, walletLocation: wallet, walletPassword: '' });
    expect((await connection.execute('select name from v$database')).rows).toEqual([['ORCL']]);
    await connection.close();
    expect((await failure(login({ connectString }))).code).toBe('NJS-506');
    expect((await failure(login({ connectString: at(secure.port) }))).code).toBe('NJS-500');
  });

  it('sees a password changed while it runs', async () => {
    await addUser(passwordFile, { name: 'late', password: 'Old_1', privileges: ['CREATE SESSION'] });
    await addUser(passwordFile, { name: 'late', password: 'New_1', privileges: ['CREATE SESSION'] });
    const settings = { user: 'late', connectString: at(main.port) };
    expect((await failure(oracledb.getConnection({ ...settings, password: 'Old_1' }))).errorNum).toBe(1017);
    await (await oracledb.getConnection({ ...settings, password: 'New_1' })).close();
  });

  it('keeps the password file to its owner and passwords out of it', async () => {
    expect((await stat(passwordFile)).mode & 0o777).toBe(0o600);
    expect(await readFile(passwordFile, 'utf8')).not.toContain(PASSWORD);
  });

  it('maps refusals to the codes an application branches on', async () => {
    expect((await failure(login({ connectString: at(main.port, 'nosuch') }))).code).toBe('NJS-518');
    const bySid = `(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT=${main.port}))(CONNECT_DATA=(SID=nosuch)))`;
    expect((await failure(login({ connectString: bySid }))).code).toBe('NJS-519');
    const blocked = await start({ refuse: () => 12528 });
    const refused = await failure(login({ connectString: at(blocked.port) }));
    expect(refused.code).toBe('NJS-511');
    expect(refused.message).toContain('ORA-12528');
    const starting = await start({
      refuseLogin: ({ privilege }) =>
        privilege === null ? { ora: 1033, text: 'ORACLE initialization or shutdown in progress' } : null,
    });
    const settings = { user: 'mon', password: 'Mon_1', connectString: at(starting.port) };
    expect((await failure(oracledb.getConnection(settings))).errorNum).toBe(1033);
    await (await login({ connectString: at(starting.port) })).close();
  });
});

describe('querying', () => {
  it.each([0, 1, 2, 3, 99, 100, 101, 102, 103, 202, 500])('fetches %i rows in pages', async (count) => {
    await withConnection(async (c) => {
      const sql = 'select n, text from numbers where n <= :1 order by n';
      for (const prefetchRows of [2, 0, 1, 1000]) {
        const result = await c.execute<[number, string | null]>(sql, [count], {
          prefetchRows,
          fetchArraySize: 100,
        });
        expect(result.rows?.map(([n]) => n)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
      }
    });
  });

  it('describes columns, also of an empty result and without running', async () => {
    await withConnection(async (c) => {
      const { metaData } = await c.execute(
        'select n, text t, sysdate at, paddr from numbers, v$session where n < 0',
      );
      expect(metaData?.map((m) => [m.name, m.dbTypeName, m.nullable])).toEqual([
        ['N', 'NUMBER', false],
        ['T', 'VARCHAR2', true],
        ['AT', 'DATE', true],
        ['PADDR', 'RAW', true],
      ]);
      const info = await c.getStatementInfo('select name from v$database where dbid = :id');
      expect(info.metaData?.map((m) => m.name)).toEqual(['NAME']);
      expect((await failure(c.getStatementInfo('select nope from v$database'))).errorNum).toBe(904);
    });
  });

  it('gives SCNs whole when they are fetched as text', async () => {
    await withConnection(async (c) => {
      const fetchTypeHandler = ({ dbType }: { dbType?: unknown }) =>
        dbType === oracledb.DB_TYPE_NUMBER ? { type: oracledb.STRING } : undefined;
      const { rows } = await c.execute('select current_scn, -current_scn, 0.5 from v$database', [], {
        fetchTypeHandler,
      });
      expect(rows).toEqual([[String(BIG_SCN), `-${BIG_SCN}`, '.5']]);
    });
  });

  it('binds text, numbers, big integers, dates, NULL and repeated names', async () => {
    await withConnection(async (c) => {
      const date = new Date(2026, 10, 21, 23, 59, 58);
      const { rows } = await c.execute(
        "select :t, :n + 1, to_char(:big), to_char(:d, 'YYYY-MM-DD HH24:MI:SS'), nvl(:nothing, 'null'), :t || :t from dual",
        { t: 'é😀', n: 41.5, big: BIG_SCN, d: date, nothing: null },
      );
      expect(rows).toEqual([['é😀', 42.5, String(BIG_SCN), '2026-11-21 23:59:58', 'null', 'é😀é😀']]);
      const long = 'x'.repeat(3999);
      expect((await c.execute('select :1 from dual where length(:2) = 3999', [long, long])).rows).toEqual([
        [long],
      ]);
      expect(
        (await failure(c.execute('select :1 from dual', [{ type: oracledb.CLOB, val: 'x' }]))).errorNum,
      ).toBe(3120);
    });
  });

  it('runs a cached statement again with other values and other types', async () => {
    await withConnection(async (c) => {
      for (const value of [1, 2, '3', 4]) {
        const { rows } = await c.execute<[number]>('select n from numbers where n = :v', [value]);
        expect(rows).toEqual([[Number(value)]]);
      }
      expect((await failure(c.execute('select n from numbers where n = :v', ['x']))).errorNum).toBe(1722);
      expect((await c.execute('select n from numbers where n = :v', [5])).rows).toEqual([[5]]);
    });
  });

  it('returns dates as the server wrote them', async () => {
    await withConnection(async (c) => {
      const { rows } = await c.execute<[Date]>('select sysdate from dual');
      expect(rows?.[0]?.[0]).toEqual(new Date(2026, 10, 21, 23, 59, 58));
    });
  });

  it('closes result sets early and evicts statements from the cache', async () => {
    await withConnection(async (c) => {
      for (let i = 0; i < 80; i += 1) {
        const { resultSet } = await c.execute<[number]>(
          `select n from numbers where n > ${i} order by n`,
          [],
          { resultSet: true, fetchArraySize: 10 },
        );
        expect(await resultSet?.getRow()).toEqual([i + 1]);
        await resultSet?.close();
      }
    });
  });

  it('answers every question of a backup product', async () => {
    await withConnection(async (c) => {
      for (const { sql, reworded, binds } of PRODUCT_QUERIES) {
        const first = await c.execute(sql, binds ?? []);
        const second = await c.execute(reworded, binds ?? []);
        expect(second.rows?.length).toBe(first.rows?.length);
      }
    });
  });

  it('reports mistakes with number and offset, and stays usable', async () => {
    await withConnection(async (c) => {
      expect(await failure(c.execute('select * from no_such'))).toMatchObject({
        code: 'ORA-00942',
        errorNum: 942,
        offset: 14,
      });
      expect(await failure(c.execute('select nope from v$database'))).toMatchObject({
        errorNum: 904,
        offset: 7,
      });
      expect((await failure(c.execute('bogus'))).errorNum).toBe(900);
      expect((await failure(c.execute('insert into t values (1)'))).errorNum).toBe(3001);
      expect((await failure(c.execute("select 'x' + 1 from dual"))).errorNum).toBe(1722);
      expect((await failure(c.execute('select sysdate + sysdate from dual'))).errorNum).toBe(932);
      expect((await c.execute('select 1 from dual')).rows).toEqual([[1]]);
    });
  });
});

describe('everything else', () => {
  it('runs ALTER SYSTEM, ping, commit and rollback, and passes errors of the instance on', async () => {
    await withConnection(async (c) => {
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
    attributes.length = 0;
    await withConnection(async (c) => {
      c.module = 'adyton';
      c.action = 'discover';
      c.clientInfo = 'ady:1';
      c.clientId = 'agent';
      c.currentSchema = 'SYS';
      await c.ping();
    });
    expect(attributes).toEqual([
      { module: 'adyton', action: 'discover', clientInfo: 'ady:1', clientIdentifier: 'agent' },
    ]);
  });

  it('ends a call at its time-out and goes on afterwards', async () => {
    await withConnection(async (c) => {
      c.callTimeout = 100;
      expect((await failure(c.execute('alter system switch logfile'))).code).toBe('NJS-123');
      c.callTimeout = 0;
      expect((await c.execute('select 1 from dual')).rows).toEqual([[1]]);
    });
  });

  it('breaks a running call, an idle connection, and calls that race with the break', async () => {
    await withConnection(async (c) => {
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
    const [busy, idle, killer] = [await login(), await login(), await login()];
    const slow = failure(busy.execute('alter system switch logfile'));
    for (const serial of [lastSid - 2, lastSid - 1])
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
      connectString: at(main.port),
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
});

describe('a hostile network', () => {
  async function talk(port: number, bytes: Buffer): Promise<Buffer> {
    const socket = connectSocket(port, '127.0.0.1');
    const received: Buffer[] = [];
    socket.on('data', (chunk) => received.push(chunk));
    socket.on('error', () => undefined);
    socket.write(bytes);
    await once(socket, 'close');
    return Buffer.concat(received);
  }

  it('closes on garbage, and on calls before the login', async () => {
    faults.length = 0;
    const connect = Buffer.alloc(160);
    const data = '(DESCRIPTION=(CONNECT_DATA=(SERVICE_NAME=orcl)))';
    connect.writeUInt16BE(74 + data.length, 0);
    connect[4] = 1;
    connect.writeUInt16BE(319, 8);
    connect.writeUInt16BE(data.length, 24);
    connect.writeUInt16BE(74, 26);
    connect.write(data, 74, 'latin1');
    const opening = connect.subarray(0, 74 + data.length);
    const call = buildData(Buffer.from('035e0100', 'hex'), 8192);
    call.writeUInt16BE(0x0800, 8);
    await talk(main.port, Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    await talk(main.port, Buffer.concat([opening, call]));
    await talk(main.port, buildMarker(MARKER.break));
    expect(faults.length).toBe(3);
    await (await login()).close();
  });

  it('closes connections that stay silent, and refuses those beyond the limit', async () => {
    const small = await start({ limits: { sessionsMax: 1, loginTimeoutMs: 150 } });
    const silent = connectSocket(small.port, '127.0.0.1');
    await once(silent, 'connect');
    expect((await failure(login({ connectString: at(small.port) }))).message).toContain('ORA-12516');
    await once(silent, 'close');
    await (await login({ connectString: at(small.port) })).close();
  });

  it('survives a request larger than its limit and too many cursors', async () => {
    const small = await start({ limits: { requestBytesMax: 20_000, cursorsPerSessionMax: 3 } });
    const connection = await login({ connectString: at(small.port), stmtCacheSize: 30 });
    for (let i = 0; i < 3; i += 1) await connection.execute(`select ${i} from dual`);
    expect((await failure(connection.execute('select 4 from dual'))).errorNum).toBe(1000);
    expect((await failure(connection.execute(`select '${'x'.repeat(30_000)}' from dual`))).code).toBe(
      'NJS-500',
    );
    await (await login({ connectString: at(small.port) })).close();
  });

  it('cuts a large reply, and the client fetches the rest', async () => {
    const executed: string[] = [];
    const evaluated = options();
    const small = await start({
      limits: { replyBytesMax: 1000 },
      execute: (request) => {
        executed.push(request.sql);
        return evaluated.execute(request);
      },
    });
    const connection = await login({ connectString: at(small.port) });
    const { rows } = await connection.execute<[number]>('select n from numbers order by n', [], {
      prefetchRows: 1000,
    });
    expect(rows?.map(([n]) => n)).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
    expect(executed.length).toBe(1);
    await connection.close();
  });

  it('reads requests and sends replies in fragments of any size', async () => {
    const proxy = createServer((client: Socket) => {
      const server = connectSocket(main.port, '127.0.0.1');
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        from.on('data', (chunk) => {
          for (let i = 0; i < chunk.length; i += 1 + (i % 7)) to.write(chunk.subarray(i, i + 1 + (i % 7)));
        });
        from.on('end', () => to.end());
        from.on('error', () => to.destroy());
      }
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const address = proxy.address();
    const connection = await login({
      connectString: at(typeof address === 'object' ? (address?.port ?? 0) : 0),
    });
    const { rows } = await connection.execute<[number]>('select n, text from numbers order by n');
    expect(rows?.length).toBe(500);
    await connection.close();
    proxy.close();
    await once(proxy, 'close');
  });
});

it('closes the session of every connection, however it ended', async () => {
  const [left, lost] = [await login(), await login()];
  expect(openSessions).toBe(2);
  await left.close();
  await lost.close({ drop: true });
  for (const listener of running.splice(0)) await listener.close();
  expect(openSessions).toBe(0);
});
