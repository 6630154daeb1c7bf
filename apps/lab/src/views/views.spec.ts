// The views through the evaluator, over a hand-made control file.
import { createSqlEvaluator } from '../sql/evaluator';
import { Decimal } from '../sql/decimal';
import { SqlDate } from '../sql/sql-date';
import { type SqlValue } from '../sql/value';
import { databaseTables } from './database-tables';
import { type LiveState } from './live-state';
import { PRODUCT_QUERIES } from './testing/product-queries';
import { BIG_SCN, SAMPLE_NOW, sampleControlFile, sampleLiveState, scn } from './testing/sample-database';

const session = { user: 'SYSBACKUP', readsDictionary: true, altersSystem: true };

function select(overrides: Partial<LiveState> = {}, controlFile = sampleControlFile()) {
  const evaluator = createSqlEvaluator({
    tables: databaseTables({
      controlFile: () => controlFile,
      live: sampleLiveState(overrides),
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
  return async (sql: string, binds: readonly (string | number)[] = []): Promise<(string | null)[][]> => {
    const values = binds.map((b) => (typeof b === 'number' ? Decimal.of(b) : b));
    const result = await evaluator.execute({ sql, binds: values, parseOnly: false, session });
    return result.kind === 'rows' ? result.rows.map((row) => row.map(show)) : [];
  };
}

function show(value: SqlValue): string | null {
  if (value === null) return null;
  return value instanceof SqlDate ? new Date(value.epochMs).toISOString() : String(value);
}

function status(name: 'STARTED' | 'MOUNTED' | 'OPEN'): Partial<LiveState> {
  return { identity: () => ({ ...sampleLiveState().identity(), status: name }) };
}

describe('the questions of a backup product', () => {
  it.each(PRODUCT_QUERIES)('answers "$name" in both wordings alike', async ({ sql, reworded, binds }) => {
    const run = select();
    const answer = await run(sql, binds);
    const again = await run(reworded, binds);
    const sorted = (rows: (string | null)[][]): string[] => rows.map((row) => JSON.stringify(row)).sort();
    expect(sorted(again)).toEqual(sorted(answer));
    const mayBeEmpty = ['pluggable databases', 'corrupt blocks', 'files to recover', 'hot backup mode'];
    expect(
      answer.length > 0 ||
        mayBeEmpty.some((name) => PRODUCT_QUERIES.some((q) => q.name === name && q.sql === sql)),
    ).toBe(true);
  });

  it('keeps every digit of an SCN', async () => {
    const run = select();
    expect(await run('select current_scn, current_scn + 1, checkpoint_change# from v$database')).toEqual([
      [String(BIG_SCN), String(BIG_SCN + 1n), scn(900)],
    ]);
  });

  it('names the file without a level 0 and the log without a backup', async () => {
    const run = select();
    const noBase = PRODUCT_QUERIES.find((q) => q.name === 'files without a level 0')?.sql ?? '';
    expect(await run(noBase)).toEqual([['7']]);
    expect(
      await run("select sequence# from v$archived_log where backup_count = 0 and deleted = 'NO'"),
    ).toEqual([['42']]);
  });

  it('sums up a session of RMAN as one job', async () => {
    const [job] = await select()(
      'select status, input_type, input_bytes, end_time, command_id from v$rman_backup_job_details',
    );
    expect(job).toEqual(['RUNNING', 'DB INCR', String((91 + 92) * 1_048_576), null, 'ady:0a1b2c3d']);
  });
});

describe('what can be read when', () => {
  it('reads the instance but not the control file while only started', async () => {
    const run = select(status('STARTED'));
    expect(await run('select status, archiver from v$instance')).toEqual([['STARTED', 'STOPPED']]);
    await expect(run('select * from v$database')).rejects.toMatchObject({ ora: 1507 });
    await expect(run('select * from dba_data_files')).rejects.toMatchObject({ ora: 1507 });
  });

  it('reads the control file but not the dictionary while mounted', async () => {
    const run = select(status('MOUNTED'));
    expect(await run('select open_mode from v$database')).toEqual([['MOUNTED']]);
    await expect(run('select * from dba_data_files')).rejects.toMatchObject({ ora: 1219 });
  });
});

describe('details', () => {
  it('shows a missing file in the header and recovery views', async () => {
    const run = select({
      dataFileHeader: (file) => (file === 7 ? undefined : sampleLiveState().dataFileHeader(file)),
    });
    expect(await run('select file#, error from v$datafile_header where error is not null')).toEqual([
      ['7', 'FILE NOT FOUND'],
    ]);
    expect(await run('select file#, error from v$recover_file')).toEqual([['7', 'FILE NOT FOUND']]);
  });

  it('hides the name of a deleted archived log', async () => {
    const cf = sampleControlFile();
    for (const log of cf.archivedLogs) log.status = 'D';
    expect(await select({}, cf)('select distinct name, deleted, status from v$archived_log')).toEqual([
      [null, 'YES', 'D'],
    ]);
  });

  it('shows other instances in GV$ only', async () => {
    const other = { ...sampleLiveState().identity(), instanceNumber: 2, instanceName: 'ORCL2', thread: 2 };
    const run = select({ otherInstances: () => [other] });
    expect(await run('select inst_id, instance_name, parallel from gv$instance order by 1')).toEqual([
      ['1', 'ORCL', 'YES'],
      ['2', 'ORCL2', 'YES'],
    ]);
    expect(await run('select count(*) from v$instance')).toEqual([['1']]);
  });

  it('lets parameters be overridden by the instance', async () => {
    const run = select({ parameters: () => ({ cluster_database: 'TRUE', my_own: null }) });
    expect(
      await run(
        "select name, value from v$parameter where name in ('cluster_database', 'my_own') order by 1",
      ),
    ).toEqual([
      ['cluster_database', 'TRUE'],
      ['my_own', null],
    ]);
  });
});
