// The evaluator as its callers use it: statements in, rows or ORA- numbers out.
import { createSqlEvaluator, type SqlSession } from './evaluator';
import { Decimal } from './decimal';
import { OraError } from './ora-error';
import { SqlDate } from './sql-date';
import { type Table } from './table';
import { type Column, type SqlValue } from './value';

const NOW = new Date('2026-11-21T23:59:58.000Z');
const column = (name: string, type: Column['type']): Column => ({
  name,
  type,
  sizeBytes: type === 'VARCHAR2' ? 40 : 22,
  nullable: true,
});
const n = (value: string | number): Decimal => Decimal.of(value);
const table = (name: string, columns: Column[], rows: SqlValue[][]): Table => ({
  name,
  columns,
  rows: () => rows,
});

const TABLES: Table[] = [
  table(
    'FILES',
    [
      column('FILE#', 'NUMBER'),
      column('NAME', 'VARCHAR2'),
      column('TS#', 'NUMBER'),
      column('BYTES', 'NUMBER'),
      column('AT', 'DATE'),
    ],
    [
      [n(1), 'system01', n(0), n('1152921504606846975'), SqlDate.fromIso('2026-11-20T00:00:00Z')],
      [n(3), 'sysaux01', n(1), n(200), SqlDate.fromIso('2026-11-21T12:00:00Z')],
      [n(7), 'users01', n(4), n(300), null],
      [n(8), 'users02', n(4), null, null],
    ],
  ),
  table(
    'SPACES',
    [column('TS#', 'NUMBER'), column('NAME', 'VARCHAR2')],
    [
      [n(0), 'SYSTEM'],
      [n(1), 'SYSAUX'],
      [n(4), 'USERS'],
      [n(9), 'EMPTY_ONE'],
    ],
  ),
  table(
    'BIG',
    [column('N', 'NUMBER')],
    Array.from({ length: 3000 }, (_, i) => [n(i)]),
  ),
];

const session: SqlSession = { user: 'SYS', readsDictionary: true, altersSystem: true };
const calls: unknown[] = [];
const evaluator = createSqlEvaluator({
  tables: (name) => TABLES.find((t) => t.name === name) ?? null,
  now: () => NOW,
  commands: {
    archiveLogCurrent: async () => calls.push('archive'),
    switchLogfile: async () => calls.push('switch'),
    checkpoint: async () => calls.push('checkpoint'),
    killSession: async (target) => calls.push(target),
  },
});

function show(value: SqlValue): string | null {
  if (value === null) return null;
  return value instanceof SqlDate ? new Date(value.epochMs).toISOString() : String(value);
}

async function rows(
  sql: string,
  binds: SqlValue[] = [],
  as: SqlSession = session,
): Promise<(string | null)[][]> {
  const result = await evaluator.execute({ sql, binds, parseOnly: false, session: as });
  return result.kind === 'rows' ? result.rows.map((row) => row.map(show)) : [];
}

async function one(sql: string, binds: SqlValue[] = []): Promise<string | null> {
  const [[value = null] = []] = await rows(sql, binds);
  return value;
}

async function failure(sql: string, binds: SqlValue[] = []): Promise<[number, number | null]> {
  const error: unknown = await evaluator.execute({ sql, binds, parseOnly: false, session }).then(
    () => null,
    (e: unknown) => e,
  );
  if (!(error instanceof OraError)) throw new Error(`no ORA- error from ${sql}: ${String(error)}`);
  return [error.ora, error.position];
}

describe('numbers', () => {
  it.each([
    ['select 1152921504606846975 + 1 from dual', '1152921504606846976'],
    ['select 0.1 + 0.2 from dual', '.3'],
    ['select 10 / 4 - -2 * 3 from dual', '8.5'],
    ['select 1 / 3 from dual', `.${'3'.repeat(40)}`],
    ['select round(2.5), 1 from dual', '3'],
    ['select round(-1234.567, 2) from dual', '-1234.57'],
    ['select round(1250, -2) from dual', '1300'],
    ['select trunc(-1.9) from dual', '-1'],
    ['select mod(-7, 3) from dual', '-1'],
    ["select to_number('  12.50 ') from dual", '12.5'],
    ["select '5' + 5 from dual", '10'],
    ['select floor(-1.5) + ceil(-1.5) from dual', '-3'],
  ])('%s = %s', async (sql, expected) => {
    expect(await one(sql)).toBe(expected);
  });

  it.each([
    ['select 1/0 from dual', 1476],
    ["select to_number('12x') from dual", 1722],
    ['select 1e125 * 10 from dual', 1426],
  ])('%s fails with ORA-%s', async (sql, ora) => {
    expect((await failure(sql))[0]).toBe(ora);
  });
});

describe('text and dates', () => {
  it.each([
    ["select upper('a') || lower('B') || null || 'c' from dual", 'Abc'],
    ["select substr('backup', -3, 2) || substr('backup', 2) from dual", 'kuackup'],
    ["select nvl(null, 'x') || nvl2('', 'a', 'b') || coalesce(null, null, 'z') from dual", 'xbz'],
    ["select decode(null, 1, 'one', null, 'none', 'other') from dual", 'none'],
    [
      "select case 3 when 1 then 'a' when 3 then 'c' end || case when 1 > 2 then 'x' else 'y' end from dual",
      'cy',
    ],
    ["select q'[it's]' || 'it''s' from dual", "it'sit's"],
    ["select lpad('7', 3, '0') || rpad('x', 3, '.') || instr('a.b.c', '.', 1, 2) from dual", '007x..4'],
    ["select to_char(1234567.891, '9,999,999.00') from dual", ' 1,234,567.89'],
    ["select to_char(0, 'FM990.0') || to_char(-5, '999') || to_char(1000, '99') from dual", '0.0  -5###'],
    ["select to_char(255, 'FMXX') from dual", 'FF'],
    ["select to_char(sysdate, 'YYYY-MM-DD HH24:MI:SS') from dual", '2026-11-21 23:59:58'],
    [
      "select to_char(date '2026-02-03', 'DD-MON-RR Day \"of\" Month') from dual",
      '03-FEB-26 Tuesday   of February ',
    ],
    [
      "select to_char(to_date('21-NOV-26 23:05', 'DD-MON-RR HH24:MI') + 1/24, 'HH12:MI AM') from dual",
      '12:05 AM',
    ],
    [
      "select sysdate - to_date('2026-11-21', 'YYYY-MM-DD') from dual",
      '.9999768518518518518518518518518518518519',
    ],
    ["select to_char(trunc(sysdate) - interval '6' hour, 'DD HH24') from dual", '20 18'],
    ["select to_char(add_months(date '2026-01-31', 1), 'MM-DD') from dual", '02-28'],
    ["select cast('12' as number) + 1 from dual", '13'],
  ])('%s = %s', async (sql, expected) => {
    expect(await one(sql)).toBe(expected);
  });

  it('honours NLS_DATE_FORMAT of the session', async () => {
    const mine: SqlSession = { ...session };
    expect(await rows('select to_char(sysdate) from dual', [], mine)).toEqual([['21-NOV-26']]);
    await rows("ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY/MM/DD'", [], mine);
    expect(await rows('select to_char(sysdate) from dual', [], mine)).toEqual([['2026/11/21']]);
  });
});

describe('selecting', () => {
  it('joins by comma, by ON and outer, and keeps the unmatched rows of the outer side', async () => {
    const comma = await rows('select f.file#, s.name from files f, spaces s where s.ts# = f.ts# order by 1');
    const join = await rows(
      'select f.file#, s.name from files f join spaces s on s.ts# = f.ts# order by f.file#',
    );
    expect(join).toEqual(comma);
    expect(comma).toEqual([
      ['1', 'SYSTEM'],
      ['3', 'SYSAUX'],
      ['7', 'USERS'],
      ['8', 'USERS'],
    ]);
    const left = await rows(
      'select s.name, f.file# from spaces s left join files f on f.ts# = s.ts# where f.file# is null',
    );
    expect(left).toEqual([['EMPTY_ONE', null]]);
    const right = await rows(
      "select s.name from files f right outer join spaces s on f.ts# = s.ts# and f.name like 'users%' order by 1",
    );
    expect(right).toEqual([['EMPTY_ONE'], ['SYSAUX'], ['SYSTEM'], ['USERS'], ['USERS']]);
    const full = await rows('select count(*) from files f full join spaces s on f.ts# = s.ts# + 1');
    expect(full).toEqual([['7']]);
  });

  it('joins no row whose key is NULL', async () => {
    expect(await one('select count(*) from files a, files b where a.bytes = b.bytes')).toBe('3');
    expect(
      await one('select count(*) from files a left join files b on a.at = b.at where b.at is null'),
    ).toBe('2');
  });

  it('groups, aggregates and filters groups', async () => {
    expect(
      await rows(
        'select ts#, count(*), count(bytes), sum(bytes) from files group by ts# having count(*) > 1',
      ),
    ).toEqual([['4', '2', '1', '300']]);
    expect(
      await rows('select max(bytes), min(name), avg(ts#), count(distinct ts#) from files where 1 = 0'),
    ).toEqual([[null, null, null, '0']]);
    expect(await rows('select ts# + 1 k, max(file#) from files group by ts# + 1 order by k desc')).toEqual([
      ['5', '8'],
      ['2', '3'],
      ['1', '1'],
    ]);
  });

  it('answers subqueries: scalar, IN, EXISTS and correlated ones', async () => {
    expect(await one('select name from files where file# = (select max(file#) from files)')).toBe('users02');
    expect(
      await rows('select name from spaces s where not exists (select 1 from files where ts# = s.ts#)'),
    ).toEqual([['EMPTY_ONE']]);
    expect(await rows('select name from spaces where ts# not in (select ts# from files)')).toEqual([
      ['EMPTY_ONE'],
    ]);
    expect(
      await rows("select file# from files where (ts#, name) in (select ts#, 'users01' from spaces)"),
    ).toEqual([['7']]);
    expect(
      await rows(
        'select s.name, (select count(*) from files f where f.ts# = s.ts#) c from spaces s order by c desc, 1',
      ),
    ).toEqual([
      ['USERS', '2'],
      ['SYSAUX', '1'],
      ['SYSTEM', '1'],
      ['EMPTY_ONE', '0'],
    ]);
    expect((await failure('select (select file# from files) from dual'))[0]).toBe(1427);
  });

  it('treats NULL as unknown in conditions', async () => {
    expect(await rows('select file# from files where bytes <> 200 order by 1')).toEqual([['1'], ['7']]);
    expect(await rows('select file# from files where not (bytes between 100 and 250)')).toEqual([
      ['1'],
      ['7'],
    ]);
    expect(await rows('select file# from files where file# not in (1, null)')).toEqual([]);
    expect(await rows("select count(*) from files where '' = '' or name = ''")).toEqual([['0']]);
  });

  it('sorts NULLs last ascending and first descending', async () => {
    expect(await rows('select file# from files order by bytes, file#')).toEqual([['3'], ['7'], ['1'], ['8']]);
    expect(await rows('select file# from files order by bytes desc')).toEqual([['8'], ['1'], ['7'], ['3']]);
    expect(await rows('select file# from files order by bytes desc nulls last')).toEqual([
      ['1'],
      ['7'],
      ['3'],
      ['8'],
    ]);
  });

  it('combines queries and limits rows', async () => {
    expect(
      await rows(
        "with u as (select * from files where name like 'users%') select file# from u union select 1 from dual order by 1",
      ),
    ).toEqual([['1'], ['7'], ['8']]);
    expect(await rows('select ts# from spaces minus select ts# from files')).toEqual([['9']]);
    expect(await rows('select distinct ts# from files order by ts# desc fetch first 2 rows only')).toEqual([
      ['4'],
      ['1'],
    ]);
    expect(await rows('select n from (select n from big order by n desc) where rownum <= 2')).toEqual([
      ['2999'],
      ['2998'],
    ]);
  });

  it('takes binds in order of appearance, repeated names once each', async () => {
    expect(
      await rows('select :a || :b || :a from dual where :d < sysdate', [
        'x',
        n(2),
        'z',
        SqlDate.fromIso('2026-01-01T00:00:00Z'),
      ]),
    ).toEqual([['x2z']]);
    expect(await failure('select :a from dual')).toEqual([1008, null]);
  });

  it('matches LIKE with escapes', async () => {
    expect(
      await one(
        "select 'a_b%c' from dual where 'a_b%c' like 'a\\_b\\%_' escape '\\' and 'abc' not like 'a_'",
      ),
    ).toBe('a_b%c');
  });
});

describe('mistakes', () => {
  it.each([
    ['select * from no_such', 942, 14],
    ['select * from files where nope = 1', 904, 26],
    ['select f.nope from files f', 904, 7],
    ['select name from files, spaces', 918, 7],
    ['select from dual', 936, 7],
    ['select 1', 923, 8],
    ['select 1 from dual where', 936, 24],
    ['select 1 from dual where dummy', 920, 30],
    ['select 1 from dual 5', 933, 19],
    ['select (1 from dual', 907, 10],
    ["select 'x from dual", 1756, 7],
    ['select 1 from dual;', 911, 18],
    ['bogus', 900, 0],
    ['select nosuch(1) from dual', 904, 7],
    ['select ts#, count(*) from files', 937, 7],
    ['select name, count(*) from files group by ts#', 979, 7],
    ['select 1 from dual where count(*) > 1', 934, 25],
    ['select size from dual', 936, 7],
    ['select 1 from dual order by 2', 1785, 28],
    ['select 1 from dual union select 1, 2 from dual', 1789, 25],
    ["select 'ä', nope from dual", 904, 13],
    ['insert into files values (1)', 3001, 0],
    ['alter system flush something', 2065, 13],
    ['select max(max(file#)) from files', 935, 11],
  ])('%s is ORA-%s at %s', async (sql, ora, position) => {
    expect(await failure(sql)).toEqual([ora, position]);
  });

  it('hides the views from a session without the dictionary', async () => {
    const plain: SqlSession = { user: 'SCOTT', readsDictionary: false, altersSystem: false };
    expect(await rows('select user from dual', [], plain)).toEqual([['SCOTT']]);
    await expect(rows('select 1 from files', [], plain)).rejects.toMatchObject({ ora: 942 });
    await expect(rows('alter system checkpoint', [], plain)).rejects.toMatchObject({ ora: 1031 });
  });
});

describe('commands', () => {
  it('hands ALTER SYSTEM to the instance', async () => {
    calls.length = 0;
    for (const sql of [
      'ALTER SYSTEM ARCHIVE LOG CURRENT',
      'alter system switch logfile',
      'alter system checkpoint global',
      "ALTER SYSTEM KILL SESSION '101,1010,@2' IMMEDIATE",
    ]) {
      await rows(sql);
    }
    expect(calls).toEqual([
      'archive',
      'switch',
      'checkpoint',
      { sid: 101, serial: 1010, instance: 2, immediate: true },
    ]);
    expect((await failure("alter system kill session 'abc'"))[0]).toBe(26);
  });

  it('only checks a command that is parsed and not executed', async () => {
    calls.length = 0;
    await evaluator.execute({ sql: 'alter system checkpoint', binds: [], parseOnly: true, session });
    expect(calls).toEqual([]);
  });
});

describe('limits', () => {
  it('ends a runaway join with ORA-00040', async () => {
    expect([40, 4030]).toContain(
      (await failure('select count(*) from big a, big b, big c where a.n + b.n + c.n < 0'))[0],
    );
  });

  it('refuses nesting, list and block counts beyond its limits instead of overflowing', async () => {
    expect((await failure(`select ${'('.repeat(5000)}1 from dual`))[0]).toBe(36);
    expect((await failure(`select ${'- '.repeat(5000)}1 from dual`))[0]).toBe(36);
    expect((await failure(`select 1 from dual where 1 in (${'1,'.repeat(1000)}1)`))[0]).toBe(1795);
    const doubling = Array.from(
      { length: 30 },
      (_, i) => `w${i} as (select 1 x from ${i === 0 ? 'dual' : `w${i - 1} a, w${i - 1} b`})`,
    );
    expect((await failure(`with ${doubling.join(',')} select * from w29`))[0]).toBe(36);
    expect(await one(`select ${Array.from({ length: 20_000 }, () => '1').join('+')} from dual`)).toBe(
      '20000',
    );
  });

  it('evaluates nested DECODE, CASE, NULLIF and BETWEEN once per level', async () => {
    const nest = (inner: string, wrap: (s: string) => string): string =>
      Array.from({ length: 24 }).reduce<string>((s) => wrap(s), inner);
    expect(await one(`select ${nest('1', (s) => `decode(${s},2,2,3,3,1)`)} from dual`)).toBe('1');
    expect(await one(`select ${nest('1', (s) => `nullif(${s},9)`)} from dual`)).toBe('1');
    expect(
      await one(`select ${nest('1', (s) => `case ${s} when 2 then 2 when 1 then 1 end`)} from dual`),
    ).toBe('1');
    expect(
      await one(`select ${nest('1', (s) => `case when ${s} between 0 and 2 then 1 end`)} from dual`),
    ).toBe('1');
    expect(await one(`select ${nest('1', (s) => `(select 1 from dual where 1 = ${s})`)} from dual`)).toBe(
      '1',
    );
  });
});
