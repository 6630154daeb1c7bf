/** Data files that statements add: redo alone makes them again, where no backup holds them. Real instance, real rman. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type RmanRun, LabHost } from './testing/lab-host';

const LATE = 11;
const SALES_3 = 12;

let host: LabHost;
/** SCN of the first added file. */
let createdAt: string;

beforeAll(async () => {
  host = await LabHost.create({ bytes: 8 * 1024 * 1024 });
  host.labctl('workload', '--transactions', '20');
  expect(
    host.rman(`RUN { ${channel()} BACKUP DATABASE; BACKUP FORMAT 'before' CURRENT CONTROLFILE; }`).code,
  ).toBe(0);
  createdAt = await mark();
  await alter(`CREATE TABLESPACE late DATAFILE '${pathOf('late01.dbf')}' SIZE 4M`);
  await alter(`ALTER TABLESPACE sales ADD DATAFILE '${pathOf('sales03.dbf')}' SIZE 2M`);
  host.labctl('workload', '--transactions', '200', '--rows-per-transaction', '50', '--uniform');
}, 120_000);

afterAll(async () => {
  await host.remove();
});

const channel = () => `ALLOCATE CHANNEL c1 ${host.sbt()};`;
const pathOf = (name: string) => join(host.base, 'oradata', 'ORCL', name);
const alter = (sql: string) => host.withInstance((client) => client.runSql({ sql }));
const mark = async () => (await host.withInstance((client) => client.mark({}))).untilScn;

function backUpLogs(controlFile: string): void {
  const script = `RUN { ${channel()} BACKUP ARCHIVELOG ALL NOT BACKED UP 1 TIMES; BACKUP FORMAT '${controlFile}' CURRENT CONTROLFILE; }`;
  expect(host.rman(script).code).toBe(0);
}

interface Restore {
  name: string;
  controlFile: string;
  untilScn: string;
  /** Statement behind MOUNT. */
  catalog?: string;
}

/** On a host of its own. */
async function restoreElsewhere({ name, controlFile, untilScn, catalog = '' }: Restore): Promise<RmanRun> {
  const clone = join(host.base, name);
  mkdirSync(join(clone, 'restored'), { recursive: true });
  const run = host.rman(
    `SET DBID 1565056049; STARTUP NOMOUNT;
    RUN { ${channel()} RESTORE CONTROLFILE FROM '${controlFile}'; }
    ALTER DATABASE MOUNT; ${catalog}
    RUN { ${channel()} SET UNTIL SCN ${untilScn}; SET NEWNAME FOR DATABASE TO '${clone}/restored/%b';
      RESTORE DATABASE; SWITCH DATAFILE ALL; RECOVER DATABASE; }`,
    { ORACLE_HOME: join(clone, 'oracle_home') },
  );
  await host.endInstance(clone);
  return run;
}

it('has them in its views, under the number behind the last one', async () => {
  const { rows } = await host.withInstance((client) =>
    client.query({
      sql: `SELECT f.file#, t.name, f.bytes FROM v$datafile f JOIN v$tablespace t ON t.ts# = f.ts#
            WHERE f.creation_time IS NOT NULL ORDER BY 1`,
    }),
  );
  expect(rows).toEqual([
    [String(LATE), 'LATE', String(4 * 1024 ** 2)],
    [String(SALES_3), 'SALES', String(2 * 1024 ** 2)],
  ]);
});

it('RESTORE makes them empty, and RECOVER fills them: byte by byte what the database held', async () => {
  const untilScn = await mark();
  backUpLogs('after');
  const run = await restoreElsewhere({ name: 'clone', controlFile: 'after', untilScn });
  expect([run.code, run.output]).toEqual([0, expect.stringContaining('media recovery complete')]);
  const made = join(host.base, 'clone/restored/late01.dbf');
  expect(run.lines).toContain(`creating datafile file number=${LATE} name=${made}`);
  const compared = host.labctl(
    'compare',
    ...['--until-scn', untilScn, '--dir', join(host.base, 'clone/restored')],
  );
  expect(JSON.parse(compared)).toMatchObject({ dataFiles: 9, identical: 9 });
});

it('finds no backup of them for an end at which they were not there yet', async () => {
  const run = await restoreElsewhere({ name: 'early', controlFile: 'after', untilScn: createdAt });
  expect(run.code).toBe(1);
  for (const file of [LATE, SALES_3])
    expect(run.output).toContain(`RMAN-06023: no backup or copy of datafile ${file} found to restore`);
});

it('says so when redo makes a file that the control file does not list, and loses none in silence', async () => {
  const untilScn = await mark();
  backUpLogs('later');
  const logs = (await host.controlFile()).archivedLogs.map(({ name }) => `'${name ?? ''}'`);
  const catalog = `CATALOG ARCHIVELOG ${logs.join(', ')};`;
  const run = await restoreElsewhere({ name: 'old', controlFile: 'before', untilScn, catalog });
  expect([run.code, run.output]).toEqual([
    1,
    expect.stringMatching(/LAB-00001: not simulated by the lab: a data file made by RECOVER \(11,/),
  ]);
});

it('keeps them over a crash', async () => {
  await alter(`ALTER TABLESPACE late ADD DATAFILE '${pathOf('late02.dbf')}' SIZE 1M`);
  host.labctl('workload', '--transactions', '50', '--rows-per-transaction', '50', '--uniform', '--seed', '9');
  const before = await host.withInstance((client) => client.mark({}));
  await host.stop();
  await host.start();
  const after = await host.withInstance((client) => client.mark({}));
  const hashes = ({ files }: typeof after) => new Map(files.map(({ file, sha256 }) => [file, sha256]));
  expect(hashes(after)).toEqual(hashes(before));
  expect(after.files).toHaveLength(10);
});

it('refuses what Oracle refuses, and leaves nothing behind', async () => {
  const file = pathOf('bad01.dbf');
  const refused = (sql: string) => alter(sql).then(String, (error: unknown) => String(error));
  expect(await refused(`CREATE TABLESPACE users DATAFILE '${file}' SIZE 1M`)).toContain('ORA-01543');
  expect(await refused(`ALTER TABLESPACE nobody ADD DATAFILE '${file}' SIZE 1M`)).toContain('ORA-00959');
  expect(await refused(`CREATE TABLESPACE bad DATAFILE '${file}' SIZE 64K`)).toContain('ORA-03214');
  expect(await refused(`CREATE TABLESPACE bad DATAFILE '${file}' SIZE 9G`)).toContain('ORA-01144');
  const there = pathOf('users01.dbf');
  expect(await refused(`ALTER TABLESPACE users ADD DATAFILE '${there}' SIZE 1M`)).toContain('ORA-01119');
  expect(existsSync(file)).toBe(false);
});
