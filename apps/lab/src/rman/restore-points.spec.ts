/** Restore points: named in the database, listed, and what a restore goes back to; and a standby's control file. */
import { hostPaths } from '../instance/oracle-home';
import { LabHost } from './testing/lab-host';

let host: LabHost;

beforeAll(async () => {
  host = await LabHost.create({ bytes: 8 * 1024 * 1024 });
}, 120_000);

afterAll(async () => {
  await host.remove();
});

const one = () => `ALLOCATE CHANNEL c1 ${host.sbt()};`;
const ask = async (sql: string) => (await host.withInstance((client) => client.query({ sql }))).rows;

it('is made once, shown by view and LIST, and dropped', async () => {
  const made = host.rman(
    'CREATE RESTORE POINT before_patch; CREATE RESTORE POINT sure GUARANTEE FLASHBACK DATABASE;',
  );
  expect(made.code).toBe(0);
  const { rows } = await host.withInstance((client) =>
    client.query({
      sql: 'SELECT name, guarantee_flashback_database, database_incarnation# FROM v$restore_point ORDER BY name',
    }),
  );
  expect(rows).toEqual([
    ['BEFORE_PATCH', 'NO', '1'],
    ['SURE', 'YES', '1'],
  ]);
  expect(host.rman('LIST RESTORE POINT ALL;').output).toMatch(/^\d+ +GUARANTEED .* SURE$/m);
  const again = host.rman('CREATE RESTORE POINT sure;');
  expect([again.code, again.output]).toEqual([1, expect.stringContaining('ORA-38778')]);
  expect(host.rman('DROP RESTORE POINT sure;').code).toBe(0);
  expect(await ask('SELECT count(*) FROM v$restore_point')).toEqual([['1']]);
  const gone = host.rman('DROP RESTORE POINT sure;');
  expect([gone.code, gone.output]).toEqual([1, expect.stringContaining('ORA-38780')]);
});

it('is where a restore ends that names it, with the last change before it and without the next', async () => {
  host.rman(`RUN { ${one()} BACKUP INCREMENTAL LEVEL 0 DATABASE; }`);
  host.labctl('workload', '--transactions', '10');
  const { untilScn } = JSON.parse(host.labctl('mark')) as { untilScn: string };
  host.rman('CREATE RESTORE POINT here;');
  host.labctl('workload', '--transactions', '10', '--seed', '2');
  host.rman(`RUN { ${one()} BACKUP ARCHIVELOG ALL; }`);
  await host.stop();
  const run = host.rman(`STARTUP MOUNT;
    RUN { ${one()} SET TO RESTORE POINT here; RESTORE DATABASE; RECOVER DATABASE; }`);
  expect([run.code, run.output]).toEqual([0, expect.stringContaining('media recovery complete')]);
  const answer = host.labctl(
    'compare',
    '--until-scn',
    untilScn,
    '--dir',
    hostPaths.oradata(host.base, 'ORCL'),
  );
  expect(JSON.parse(answer)).toMatchObject({ dataFiles: 7, identical: 7 });
  const unknown = host.rman(`RUN { ${one()} RESTORE DATABASE UNTIL RESTORE POINT nowhere; }`);
  expect([unknown.code, unknown.output]).toEqual([1, expect.stringContaining('ORA-38780')]);
  expect(host.rman('ALTER DATABASE OPEN RESETLOGS;').code).toBe(0);
});

it('RESTORE STANDBY CONTROLFILE mounts a standby', async () => {
  host.rman(`RUN { ${one()} BACKUP FORMAT 'cf' CURRENT CONTROLFILE; }`);
  const run = host.rman(`SHUTDOWN ABORT; STARTUP NOMOUNT;
    RUN { ${one()} RESTORE STANDBY CONTROLFILE FROM 'cf'; } ALTER DATABASE MOUNT;`);
  expect([run.code, run.output]).toEqual([0, expect.stringContaining('output file name=')]);
  expect(await ask('SELECT database_role, controlfile_type FROM v$database')).toEqual([
    ['PHYSICAL STANDBY', 'STANDBY'],
  ]);
});
