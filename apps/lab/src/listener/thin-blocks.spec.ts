// PL/SQL blocks with OUT binds through the unmodified Thin client: directions, types, re-execution, errors.
import oracledb from 'oracledb';
import { failure, ThinLab } from './testing/thin-lab';

let lab: ThinLab;
let connection: oracledb.Connection;

beforeAll(async () => {
  lab = await ThinLab.create();
  connection = await lab.login();
});

afterAll(async () => {
  await connection.close();
  await lab.remove();
});

const codeOf = async (call: Promise<unknown>) => (await failure(call)).errorNum;

const text = (size: number) => ({ dir: oracledb.BIND_OUT, type: oracledb.STRING, maxSize: size });
const number = { dir: oracledb.BIND_OUT, type: oracledb.NUMBER };

it('gives OUT and IN OUT binds the values the block assigned', async () => {
  const sql = `BEGIN
      :greeting := 'hello ' || :name; -- not the end; of it
      :n := :n * 2;
      SELECT name, dbid INTO :db, :id FROM v$database;
      :at := TO_DATE('2026-11-21 10:00:00', 'YYYY-MM-DD HH24:MI:SS');
    END;`;
  const { outBinds } = await connection.execute(sql, {
    ...{
      greeting: text(40),
      name: "o'brien",
      n: { dir: oracledb.BIND_INOUT, type: oracledb.NUMBER, val: 21 },
    },
    ...{ db: text(9), id: number, at: { dir: oracledb.BIND_OUT, type: oracledb.DB_TYPE_DATE } },
  });
  expect(outBinds).toEqual({
    ...{ greeting: "hello o'brien", n: 42, db: 'ORCL', id: 1_565_056_049 },
    at: new Date(2026, 10, 21, 10),
  });
});

it('runs a cached block again, where the client leaves pure OUT binds out', async () => {
  const sql = 'begin :out := :a + 1; end;';
  for (const a of [1, 2, 3]) {
    const { outBinds } = await connection.execute(sql, { out: number, a });
    expect(outBinds).toEqual({ out: a + 1 });
  }
  const all = 'begin :x := 7; end;';
  for (let i = 0; i < 2; i++)
    expect((await connection.execute(all, { x: number })).outBinds).toEqual({ x: 7 });
});

it('runs blocks without OUT binds and EXECUTE IMMEDIATE, and names the session', async () => {
  await connection.execute("begin execute immediate 'alter system archive log ' || :what; null; end;", [
    'current',
  ]);
  expect(lab.switches).toBe(1);
  await connection.execute("begin dbms_application_info.set_module('adyton', :a); end;", ['level 0']);
  await connection.execute("BEGIN DBMS_APPLICATION_INFO.SET_CLIENT_INFO('ady:1'); END;");
  expect(lab.attributes).toEqual([{ module: 'adyton', action: 'level 0' }, { clientInfo: 'ady:1' }]);
});

it('fails with the numbers of PL/SQL, and stays usable', async () => {
  expect(await codeOf(connection.execute('begin nosuch.thing(1); end;'))).toBe(6550);
  expect(await codeOf(connection.execute('begin :x := 1', { x: number }))).toBe(6550);
  expect(
    await codeOf(
      connection.execute('begin select name into :x from v$database where dbid = 0; end;', { x: text(9) }),
    ),
  ).toBe(1403);
  expect(
    await codeOf(connection.execute('begin select name into :x from v$parameter; end;', { x: text(99) })),
  ).toBe(1422);
  expect(await codeOf(connection.execute("begin :x := 'abc'; end;", { x: number }))).toBe(6502);
  expect(await codeOf(connection.execute("begin :x := 'much too long'; end;", { x: text(3) }))).toBe(6502);
  expect(await codeOf(connection.execute('begin :x := nosuch; end;', { x: number }))).toBe(904);
  expect((await connection.execute('select 1 from dual')).rows).toEqual([[1]]);
});
