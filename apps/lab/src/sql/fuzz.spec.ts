// Whatever text comes in, the evaluator answers rows or an ORA- error, and soon. The inputs are made by a seeded generator: random
// token soup, and good statements with words dropped, doubled, swapped or replaced.
import { SAMPLE_NOW, sampleControlFile, sampleLiveState } from '../views/testing/sample-database';
import { databaseTables } from '../views/database-tables';
import { createSqlEvaluator } from './evaluator';
import { OraError } from './ora-error';

const INPUTS = 20_000;
const SEED = 20_261_121;
/** No statement may hold the process longer than this; typical ones take well under a millisecond. */
const SLOWEST_MS = 3_000;

const GOOD = [
  "select file#, name from v$datafile where file# in (1, 7) and name like '%dbf' order by 2 desc",
  'select t.name, sum(f.bytes) b, count(*) from v$datafile f join v$tablespace t on t.ts# = f.ts# group by t.name having count(*) > 0 order by b',
  "select case when status = 'A' then nvl(name, '-') else upper(name) end from v$archived_log where completion_time > sysdate - 35",
  'select d.file# from v$datafile d where not exists (select 1 from v$backup_datafile b where b.file# = d.file# and b.incremental_level = 0)',
  "with x as (select 1 a from dual union all select 2 from dual) select to_char(a, '990.00'), rownum from x where a between 0 and (select max(a) from x) fetch first 1 rows only",
  "alter system kill session '1,2,@1' immediate",
  "select decode(a.thread#, 1, 'one', 'other'), round(a.blocks * a.block_size / 1024, 2) from v$archived_log a left join v$thread t on t.thread# = a.thread#",
  "select to_date('2026-11-21', 'YYYY-MM-DD') + interval '1' day, substr(:b, 1, 3) || 'x' from dual",
];
const WORDS = (
  'select from where and or not in like is null between exists group by having order union all minus intersect with as case when then ' +
  'else end distinct join left right full outer on cross fetch first rows only alter system session set archive log current kill ' +
  'v$datafile v$database dual nosuch file# name bytes sysdate rownum count sum max nvl decode to_char substr lpad date interval ' +
  "( ) , . * + - / || = <> < > <= >= ; : :a :1 1 0 -1 1e125 1e-130 99999999999999999999 'x' '' 'YYYY' '9,999.99' \"q\" \" ' /* -- @ ? é 😀 \u0000"
).split(' ');

/** mulberry32: the same inputs at every run. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

function makeInput(random: (below: number) => number): string {
  const word = (): string => WORDS[random(WORDS.length)] ?? '';
  if (random(4) === 0) return Array.from({ length: random(40) }, word).join(random(5) === 0 ? '' : ' ');
  const words = (GOOD[random(GOOD.length)] ?? '').split(/(?<=[\s(),.])|(?=[\s(),.])/);
  for (let edits = 1 + random(3); edits > 0; edits -= 1) {
    const at = random(words.length);
    const edit = random(4);
    if (edit === 0) words.splice(at, 1);
    else if (edit === 1) words.splice(at, 0, ` ${word()} `);
    else if (edit === 2) words[at] = ` ${word()} `;
    else words.splice(at, 0, words[random(words.length)] ?? '');
  }
  return words.join('');
}

it(`answers rows or an ORA- error to ${INPUTS} damaged statements`, async () => {
  const random = generator(SEED);
  const evaluator = createSqlEvaluator({
    tables: databaseTables({
      controlFile: sampleControlFile,
      live: sampleLiveState(),
      now: () => SAMPLE_NOW,
    }),
    now: () => SAMPLE_NOW,
    commands: {
      archiveLogCurrent: async () => 0,
      switchLogfile: async () => 0,
      checkpoint: async () => 0,
      killSession: async () => 0,
    },
  });
  const session = { user: 'SYS', readsDictionary: true, altersSystem: true };
  const outcomes = { answered: 0, refused: 0 };
  let slowest = { ms: 0, sql: '' };
  for (let i = 0; i < INPUTS; i += 1) {
    const sql = makeInput(random);
    const started = performance.now();
    try {
      await evaluator.execute({
        sql,
        binds: sql.includes(':') ? ['b'] : [],
        parseOnly: random(10) === 0,
        session,
      });
      outcomes.answered += 1;
    } catch (error) {
      if (!(error instanceof OraError)) throw new Error(`${String(error)} from: ${sql}`, { cause: error });
      outcomes.refused += 1;
    }
    const ms = performance.now() - started;
    if (ms > slowest.ms) slowest = { ms, sql };
  }
  expect(outcomes.answered).toBeGreaterThan(INPUTS / 50);
  expect(outcomes.refused).toBeGreaterThan(INPUTS / 2);
  expect(slowest.ms).toBeLessThan(SLOWEST_MS);
}, 60_000);
