/** DUPLICATE from backups on tape: another database of the same contents, and what is refused before anything is written. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { connectInstance } from '../instance/ipc-client';
import { hostPaths, readInstanceFile } from '../instance/oracle-home';
import { LabHost } from './testing/lab-host';

let host: LabHost;
let untilScn: string;

beforeAll(async () => {
  host = await LabHost.create({ bytes: 8 * 1024 * 1024 });
  host.labctl('auxiliary', '--sid', 'DUP');
  const channel = `ALLOCATE CHANNEL c1 ${host.sbt()};`;
  expect(host.rman(`RUN { ${channel} BACKUP INCREMENTAL LEVEL 0 DATABASE; }`).code).toBe(0);
  host.labctl('workload', '--transactions', '20');
  expect(host.rman(`RUN { ${channel} BACKUP INCREMENTAL LEVEL 1 DATABASE; }`).code).toBe(0);
  host.labctl('workload', '--transactions', '20', '--seed', '2');
  untilScn = (JSON.parse(host.labctl('mark')) as { untilScn: string }).untilScn;
  host.labctl('workload', '--transactions', '20', '--seed', '3');
  expect(host.rman(`RUN { ${channel} BACKUP ARCHIVELOG ALL; }`).code).toBe(0);
}, 240_000);

afterAll(async () => {
  await host.remove();
});

beforeEach(() => {
  host.labctl('start', '--sid', 'DUP', '--nomount', '--detach');
});

afterEach(() => {
  host.labctl('stop', '--sid', 'DUP', '--abort');
});

const target = () => hostPaths.oradata(host.base, 'ORCL');
const copy = () => hostPaths.oradata(host.base, 'DUP');
const converted = () => `DB_FILE_NAME_CONVERT '${target()}', '${copy()}'`;

function duplicate(options: string, { to = 'DUP', channel = true } = {}) {
  const allocate = channel ? `ALLOCATE AUXILIARY CHANNEL a1 ${host.sbt()};` : '';
  return host.rman(`CONNECT AUXILIARY '/@DUP';
    RUN { ${allocate} DUPLICATE TARGET DATABASE TO ${to} ${options}; }`);
}

async function auxiliary<T>(
  ask: (client: NonNullable<Awaited<ReturnType<typeof connectInstance>>>) => Promise<T>,
) {
  const file = readInstanceFile(hostPaths.oracleHome(host.base), 'DUP');
  const client = await connectInstance({ socketPath: file?.ipcSocket ?? '' });
  if (client === undefined) throw new Error('DUP does not run');
  try {
    return await ask(client);
  } finally {
    client.close();
  }
}

it('opens another database with the contents of the moment, a DBID of its own and nothing on record', async () => {
  const before = await host.controlFile();
  const run = duplicate(`UNTIL SCN ${untilScn} ${converted()}`);
  expect([run.code, run.output]).toEqual([0, expect.stringContaining('Finished Duplicate Db')]);
  const identity = await auxiliary((client) => client.identity({}));
  expect(identity).toMatchObject({ status: 'OPEN', dbName: 'DUP', instanceName: 'DUP', dbUniqueName: 'dup' });
  expect(identity.dbid).not.toBe(before.dbid);
  const controlFile = await auxiliary((client) => client.readControlFile({}));
  expect(controlFile).toMatchObject({ backupPieces: [], archivedLogs: [], rmanConfiguration: [] });
  const answer = host.labctl('compare', '--until-scn', untilScn, '--dir', copy(), '--duplicate');
  const { dataFiles, identical } = JSON.parse(answer) as { dataFiles: number; identical: number };
  expect([identical, dataFiles]).toEqual([before.dataFiles.length, before.dataFiles.length]);
  const after = await host.controlFile();
  expect(after.dataFiles.map(({ name }) => name)).toEqual(before.dataFiles.map(({ name }) => name));
  expect(after.incarnations).toEqual(before.incarnations);
});

it('goes without UNTIL as far as the archived logs do, and takes the parameters it is given', async () => {
  const run = duplicate(`${converted()} SPFILE SET db_recovery_file_dest_size = '2G'`);
  expect([run.code, run.output]).toEqual([0, expect.stringContaining('Finished Duplicate Db')]);
  const { rows } = await auxiliary((client) =>
    client.query({ sql: "SELECT value FROM v$parameter WHERE name = 'db_recovery_file_dest_size'" }),
  );
  expect(rows).toEqual([[String(2 * 1024 ** 3)]]);
});

it('follows SET NEWNAME, and stays mounted with NOOPEN', async () => {
  const place = join(host.base, 'elsewhere');
  const run = host.rman(`CONNECT AUXILIARY '/@DUP';
    RUN { ALLOCATE AUXILIARY CHANNEL a1 ${host.sbt()}; SET NEWNAME FOR DATABASE TO '${place}/%b';
      DUPLICATE TARGET DATABASE TO DUP UNTIL SCN ${untilScn} NOOPEN; }`);
  expect([run.code, run.output]).toEqual([0, expect.stringContaining('Finished Duplicate Db')]);
  expect(existsSync(join(place, 'users01.dbf'))).toBe(true);
  expect(await auxiliary((client) => client.identity({}))).toMatchObject({ status: 'MOUNTED' });
});

describe('what is refused before anything is written', () => {
  it.each([
    ['names the target uses', '', {}, 'RMAN-05001'],
    ['names the target has open, whatever NOFILENAMECHECK says', 'NOFILENAMECHECK', {}, 'ORA-27086'],
    ['a name that the instance does not have', 'CONVERTED', { to: 'OTHER' }, 'RMAN-05520'],
    ['UNTIL of a database that is copied as it runs', 'UNTIL SCN 1 FROM ACTIVE DATABASE', {}, 'LAB-00002'],
    ['DORECOVER of what is no standby', 'DORECOVER', {}, 'LAB-00002'],
    ['a tablespace nobody knows', 'SKIP TABLESPACE nowhere', {}, 'RMAN-20202'],
    ['to leave out what no database opens without', 'SKIP TABLESPACE sysaux', {}, 'LAB-00002'],
  ])('%s', (_, options, more, error) => {
    const run = duplicate(options.replace('CONVERTED', converted()), more);
    expect([run.code, run.output]).toEqual([1, expect.stringContaining(error)]);
  });

  it('an auxiliary that is mounted, and one that was not connected', () => {
    expect(duplicate(`UNTIL SCN ${untilScn} ${converted()}`).code).toBe(0);
    const again = duplicate(converted());
    expect([again.code, again.output]).toEqual([1, expect.stringContaining('RMAN-05500')]);
    const without = host.rman(`RUN { ALLOCATE AUXILIARY CHANNEL a1 ${host.sbt()}; }`);
    expect([without.code, without.output]).toEqual([1, expect.stringContaining('RMAN-06174')]);
    const unknown = host.rman(`CONNECT AUXILIARY 'sys/x@NOWHERE';`);
    expect([unknown.code, unknown.output]).toEqual([1, expect.stringContaining('RMAN-04006')]);
  });
});

it('fails without a channel of the device its backups are on', () => {
  const run = duplicate(`UNTIL SCN ${untilScn} ${converted()}`, { channel: false });
  expect([run.code, run.output]).toEqual([1, expect.stringContaining('RMAN-06100')]);
});

it('takes channels from CONFIGURE AUXILIARY CHANNEL, else from CONFIGURE CHANNEL', () => {
  const configured = host.rman(`CONFIGURE DEFAULT DEVICE TYPE TO sbt; CONFIGURE CHANNEL ${host.sbt()};
    CONFIGURE AUXILIARY CHANNEL ${host.sbt({}, 524288)}; SHOW AUXILIARY CHANNEL;`);
  expect(configured.output).toContain('CONFIGURE AUXILIARY CHANNEL DEVICE TYPE');
  const run = duplicate(`UNTIL SCN ${untilScn} ${converted()}`, { channel: false });
  expect([run.code, run.output]).toEqual([
    0,
    expect.stringContaining('allocated channel: ORA_AUX_SBT_TAPE_1'),
  ]);
  host.rman('CONFIGURE DEFAULT DEVICE TYPE CLEAR; CONFIGURE AUXILIARY CHANNEL DEVICE TYPE sbt CLEAR;');
});
