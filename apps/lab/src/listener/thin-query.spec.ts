// Queries of the unmodified Thin client: pages, binds, types, cursors, and every question of a backup product.
import oracledb from 'oracledb';
import { PRODUCT_QUERIES } from '../views/testing/product-queries';
import { BIG_SCN } from '../views/testing/sample-database';
import { failure, ThinLab } from './testing/thin-lab';

let lab: ThinLab;
beforeAll(async () => {
  lab = await ThinLab.create();
});
afterAll(() => lab.remove());

it.each([0, 1, 2, 3, 99, 100, 101, 102, 103, 202, 500])('fetches %i rows in pages', async (count) => {
  await lab.withConnection(async (c) => {
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
  await lab.withConnection(async (c) => {
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
  await lab.withConnection(async (c) => {
    const fetchTypeHandler = ({ dbType }: { dbType?: unknown }) =>
      dbType === oracledb.DB_TYPE_NUMBER ? { type: oracledb.STRING } : undefined;
    const { rows } = await c.execute('select current_scn, -current_scn, 0.5 from v$database', [], {
      fetchTypeHandler,
    });
    expect(rows).toEqual([[String(BIG_SCN), `-${BIG_SCN}`, '.5']]);
  });
});

it('binds text, numbers, big integers, dates, NULL and repeated names', async () => {
  await lab.withConnection(async (c) => {
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
  await lab.withConnection(async (c) => {
    for (const value of [1, 2, '3', 4]) {
      const { rows } = await c.execute<[number]>('select n from numbers where n = :v', [value]);
      expect(rows).toEqual([[Number(value)]]);
    }
    expect((await failure(c.execute('select n from numbers where n = :v', ['x']))).errorNum).toBe(1722);
    expect((await c.execute('select n from numbers where n = :v', [5])).rows).toEqual([[5]]);
  });
});

it('returns dates as the server wrote them', async () => {
  await lab.withConnection(async (c) => {
    const { rows } = await c.execute<[Date]>('select sysdate from dual');
    expect(rows?.[0]?.[0]).toEqual(new Date(2026, 10, 21, 23, 59, 58));
  });
});

it('closes result sets early and evicts statements from the cache', async () => {
  await lab.withConnection(async (c) => {
    for (let i = 0; i < 80; i += 1) {
      const { resultSet } = await c.execute<[number]>(`select n from numbers where n > ${i} order by n`, [], {
        resultSet: true,
        fetchArraySize: 10,
      });
      expect(await resultSet?.getRow()).toEqual([i + 1]);
      await resultSet?.close();
    }
  });
});

it('answers every question of a backup product', async () => {
  await lab.withConnection(async (c) => {
    for (const { sql, reworded, binds } of PRODUCT_QUERIES) {
      const first = await c.execute(sql, binds ?? []);
      const second = await c.execute(reworded, binds ?? []);
      expect(second.rows?.length).toBe(first.rows?.length);
    }
  });
});

it('reports mistakes with number and offset, and stays usable', async () => {
  await lab.withConnection(async (c) => {
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
