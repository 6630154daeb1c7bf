/** The other forms of DUPLICATE: of the running database, of a directory of pieces, of a part, and to a standby. */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectInstance, type InstanceClient } from '../instance/ipc-client';
import { hostPaths, passwordFilePath, readInstanceFile } from '../instance/oracle-home';
import { LabHost } from './testing/lab-host';

const BYTES = 8 * 1024 * 1024;
let host: LabHost;
const home = () => hostPaths.oracleHome(host.base);
const oradata = (sid: string) => hostPaths.oradata(host.base, sid);

beforeAll(async () => {
  host = await LabHost.create({ bytes: BYTES });
  host.labctl('auxiliary', '--sid', 'DUP');
  host.labctl('auxiliary', '--sid', 'STBY', '--db-name', 'ORCL');
  // Tells the target's password file from all others.
  appendFileSync(passwordFilePath(home(), 'ORCL'), '\n\n');
}, 240_000);

afterEach(async () => {
  for (const sid of ['DUP', 'STBY']) await host.endInstance(host.base, sid);
});

afterAll(async () => {
  await host.remove();
});

/** To an instance that is started for it; both sides on disk. */
function duplicate(sid: string, options: string) {
  host.labctl('start', '--sid', sid, '--nomount', '--detach');
  return host.rman(`CONNECT AUXILIARY '/@${sid}';
    DUPLICATE TARGET DATABASE ${sid === 'DUP' ? 'TO DUP' : 'FOR STANDBY'} ${options}
      DB_FILE_NAME_CONVERT '${oradata('ORCL')}', '${oradata(sid)}';`);
}

async function ask<T>(sid: string, question: (client: InstanceClient) => Promise<T>): Promise<T> {
  const file = readInstanceFile(home(), sid);
  const client = await connectInstance({ socketPath: file?.ipcSocket ?? '' });
  if (client === undefined) throw new Error(`${sid} does not run`);
  try {
    return await question(client);
  } finally {
    client.close();
  }
}

const passwordFile = (sid: string) => readFileSync(passwordFilePath(home(), sid), 'utf8');
const mark = () => (JSON.parse(host.labctl('mark')) as { untilScn: string }).untilScn;
function compare(untilScn: string, sid: string, ...flags: string[]) {
  const argv = ['--until-scn', untilScn, '--dir', oradata(sid), ...flags];
  return JSON.parse(host.labctl('compare', ...argv)) as { identical: number; dataFiles: number };
}

const FINISHED = [0, expect.stringContaining('Finished Duplicate Db')];

it('FROM ACTIVE DATABASE copies the database as it runs, without a backup, and leaves no record of it', async () => {
  host.labctl('workload', '--transactions', '20');
  const untilScn = mark();
  expect(passwordFile('DUP')).not.toBe(passwordFile('ORCL'));
  const run = duplicate('DUP', 'FROM ACTIVE DATABASE PASSWORD FILE');
  expect([run.code, run.output]).toEqual(FINISHED);
  expect(compare(untilScn, 'DUP', '--duplicate')).toMatchObject({ dataFiles: 7, identical: 7 });
  const { dataFileCopies, backupSets } = await host.controlFile();
  expect([dataFileCopies ?? [], backupSets]).toEqual([[], []]);
  const identity = await ask('DUP', (client) => client.identity({}));
  expect(identity).toMatchObject({ status: 'OPEN', dbName: 'DUP' });
  expect(identity.dbid).not.toBe((await host.controlFile()).dbid);
  expect(passwordFile('DUP')).toBe(passwordFile('ORCL'));
});

it('FOR STANDBY leaves a mounted standby of the same DBID, recovered with DORECOVER, that does not open', async () => {
  const untilScn = mark();
  const run = duplicate('STBY', "FROM ACTIVE DATABASE DORECOVER SPFILE SET db_unique_name = 'far'");
  expect([run.code, run.output]).toEqual(FINISHED);
  expect(passwordFile('STBY')).toBe(passwordFile('ORCL'));
  const { dbid } = await host.controlFile();
  const { rows } = await ask('STBY', (client) =>
    client.query({
      sql: 'SELECT dbid, name, db_unique_name, database_role, controlfile_type, open_mode FROM v$database',
    }),
  );
  expect(rows).toEqual([[String(dbid), 'ORCL', 'far', 'PHYSICAL STANDBY', 'STANDBY', 'MOUNTED']]);
  await expect(ask('STBY', (client) => client.open({ resetlogs: false }))).rejects.toMatchObject({
    ora: 10458,
  });
  expect(compare(untilScn, 'STBY', '--after-resetlogs')).toMatchObject({ dataFiles: 7, identical: 7 });
});

it('FOR STANDBY wants an instance of the same DB_NAME', () => {
  host.labctl('start', '--sid', 'DUP', '--nomount', '--detach');
  const run = host.rman(
    `CONNECT AUXILIARY '/@DUP'; DUPLICATE TARGET DATABASE FOR STANDBY FROM ACTIVE DATABASE;`,
  );
  expect([run.code, run.lines]).toEqual([
    1,
    expect.arrayContaining([
      'RMAN-05501: aborting duplication of target database',
      "ORA-01103: database name 'ORCL' in control file is not 'DUP'",
    ]),
  ]);
});

it('SKIP TABLESPACE and SKIP READONLY leave files out, and the rest opens', async () => {
  host.labctl('sql', 'ALTER TABLESPACE users READ ONLY');
  const run = duplicate('DUP', 'FROM ACTIVE DATABASE SKIP TABLESPACE hist SKIP READONLY');
  host.labctl('sql', 'ALTER TABLESPACE users READ WRITE');
  expect([run.code, run.output]).toEqual(FINISHED);
  const { dataFiles, tablespaces } = await ask('DUP', (client) => client.readControlFile({}));
  expect(dataFiles).toHaveLength((await host.controlFile()).dataFiles.length - 2);
  const names = tablespaces.map(({ name }) => name);
  expect([names.includes('HIST'), names.includes('USERS'), names.includes('SYSTEM')]).toEqual([
    false,
    false,
    true,
  ]);
  const work = { transactions: 5, rowsPerTransaction: 5, seed: 1 };
  expect(await ask('DUP', (client) => client.workload(work))).toMatchObject({ commits: 5 });
});

describe('BACKUP LOCATION', () => {
  const directory = () => join(host.base, 'shipped');
  /** rman of the auxiliary instance, which knows no target. */
  const withoutTarget = (script: string) => {
    host.labctl('start', '--sid', 'DUP', '--nomount', '--detach');
    return host.rmanWithoutTarget(script, 'DUP');
  };
  const CONVERT = () => `DB_FILE_NAME_CONVERT '${oradata('ORCL')}', '${oradata('DUP')}'`;

  let untilScn: string;
  beforeAll(() => {
    const format = `FORMAT '${directory()}/%U'`;
    host.rman(`RUN { ALLOCATE CHANNEL d1 DEVICE TYPE DISK; BACKUP INCREMENTAL LEVEL 0 ${format} DATABASE; }`);
    host.labctl('workload', '--transactions', '20', '--seed', '9');
    untilScn = mark();
    host.rman(`RUN { ALLOCATE CHANNEL d1 DEVICE TYPE DISK; SQL 'ALTER SYSTEM ARCHIVE LOG CURRENT';
      BACKUP ${format} ARCHIVELOG ALL; BACKUP ${format} CURRENT CONTROLFILE; }`);
  }, 120_000);

  it('makes a database of the pieces in a directory, with no target at all', () => {
    const run = withoutTarget(`DUPLICATE DATABASE 'ORCL' TO DUP BACKUP LOCATION '${directory()}'
      UNTIL SCN ${untilScn} ${CONVERT()};`);
    expect([run.code, run.output]).toEqual(FINISHED);
    expect(run.output).not.toContain('connected to target database');
    expect(compare(untilScn, 'DUP', '--duplicate')).toMatchObject({ dataFiles: 7, identical: 7 });
  });

  it('says that a directory holds no control file, or none of that database', () => {
    const missing = [[1, expect.stringContaining('RMAN-05579: CONTROLFILE backup not found in')]];
    const runs = [
      withoutTarget(`DUPLICATE DATABASE TO DUP BACKUP LOCATION '${host.base}/nowhere' ${CONVERT()};`),
      host.rmanWithoutTarget(
        `DUPLICATE DATABASE 'OTHER' TO DUP BACKUP LOCATION '${directory()}' ${CONVERT()};`,
        'DUP',
      ),
      host.rmanWithoutTarget(
        `DUPLICATE DATABASE 'ORCL' DBID 1 TO DUP BACKUP LOCATION '${directory()}' ${CONVERT()};`,
        'DUP',
      ),
    ];
    expect(runs.map(({ code, output }) => [code, output])).toEqual([...missing, ...missing, ...missing]);
  });

  it('is all that rman does without a target', () => {
    const run = withoutTarget('DUPLICATE DATABASE TO DUP FROM ACTIVE DATABASE;');
    expect([run.code, run.output]).toEqual([1, expect.stringContaining('RMAN-06171')]);
    const report = host.rmanWithoutTarget('REPORT SCHEMA;', 'DUP');
    expect([report.code, report.output]).toEqual([1, expect.stringContaining('RMAN-06171')]);
  });
});
