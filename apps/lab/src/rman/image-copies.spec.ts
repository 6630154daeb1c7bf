/** Image copies: made, taken as parents, restored from, switched to, rolled forward, and looked after. */
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type DataFileCopy } from '../control-file/control-file';
import { LabHost } from './testing/lab-host';

let host: LabHost;

beforeEach(async () => {
  host = await LabHost.create({ bytes: 8 * 1024 * 1024 });
}, 120_000);

afterEach(async () => {
  await host.remove();
});

const copies = async (): Promise<DataFileCopy[]> => (await host.controlFile()).dataFileCopies ?? [];
const placeOf = (name: string) => join(host.base, name);

function mustRun(script: string): string {
  const run = host.rman(script);
  expect([run.code, run.output]).toEqual([0, run.output]);
  return run.output;
}

async function incrementalScnOf(file: number): Promise<string | undefined> {
  const { backupDataFiles } = await host.controlFile();
  return backupDataFiles.filter((backup) => backup.file === file && backup.level === 1).at(-1)
    ?.incrementalScn;
}

/** What the database holds at the SCN, from files restored and recovered elsewhere. */
function expectAsMarked(untilScn: string, directory: string): void {
  const answer = host.labctl('compare', '--until-scn', untilScn, '--dir', directory);
  const { dataFiles, identical } = JSON.parse(answer) as { dataFiles: number; identical: number };
  expect([identical, dataFiles > 0]).toEqual([dataFiles, true]);
}

function markNow(): string {
  return (JSON.parse(host.labctl('mark')) as { untilScn: string }).untilScn;
}

describe('BACKUP AS COPY', () => {
  it('makes a file like the data file, and a row of v$datafile_copy', async () => {
    const output = mustRun(`BACKUP AS COPY TAG first FORMAT '${placeOf('%f_%b')}' DATAFILE 7;`);
    const path = placeOf('7_users01.dbf');
    expect(output).toContain(`output file name=${path} tag=FIRST`);
    expect(await copies()).toMatchObject([{ file: 7, name: path, tag: 'FIRST', level: null, status: 'A' }]);
    const { name } = (await host.controlFile()).dataFiles.find(({ file }) => file === 7) ?? {};
    expect(readFileSync(path).equals(readFileSync(name ?? ''))).toBe(true);
    const again = host.rman(`BACKUP AS COPY FORMAT '${path}' DATAFILE 7;`);
    expect([again.code, again.output]).toEqual([1, expect.stringContaining('ORA-27038')]);
  });

  it('names copies without a FORMAT as documented, one for every file, and a control file beside them', async () => {
    mustRun('BACKUP AS COPY INCREMENTAL LEVEL 0 DATABASE;');
    const all = await copies();
    expect(all.map(({ file }) => file).sort((a, b) => a - b)).toEqual(
      (await host.controlFile()).dataFiles.map(({ file }) => file),
    );
    for (const { name, file, level } of all) {
      expect([name, level]).toEqual([
        expect.stringMatching(
          new RegExp(`/fra/ORCL/datafile/data-D-ORCL_id-1565056049_TS-\\w+_FNO-${file}_`),
        ),
        0,
      ]);
    }
    expect((await host.controlFile()).backupSets.some((set) => set.controlFileIncluded)).toBe(true);
  });

  it('is refused on tape, and as a level 1', () => {
    const onTape = host.rman(`RUN { ALLOCATE CHANNEL c1 ${host.sbt()}; BACKUP AS COPY DATAFILE 7; }`);
    expect([onTape.code, onTape.output]).toEqual([1, expect.stringContaining('LAB-00002')]);
    const level1 = host.rman('BACKUP AS COPY INCREMENTAL LEVEL 1 DATAFILE 7;');
    expect([level1.code, level1.output]).toEqual([1, expect.stringContaining('RMAN-06578')]);
  });

  it('is what CONFIGURE DEVICE TYPE DISK BACKUP TYPE TO COPY makes of a BACKUP, and AS BACKUPSET not', async () => {
    mustRun(
      'CONFIGURE DEVICE TYPE DISK BACKUP TYPE TO COPY; BACKUP DATAFILE 7; BACKUP AS BACKUPSET DATAFILE 8;',
    );
    expect((await copies()).map(({ file }) => file)).toEqual([7]);
    expect((await host.controlFile()).backupDataFiles.map(({ file }) => file)).toContain(8);
  });
});

describe('an image copy as a parent', () => {
  it('is one when it was made as a level 0 and is available, and none otherwise', async () => {
    mustRun('BACKUP INCREMENTAL LEVEL 0 DATAFILE 7;');
    host.labctl('workload', '--transactions', '5');
    mustRun(`BACKUP AS COPY INCREMENTAL LEVEL 0 FORMAT '${placeOf('zero.dbf')}' DATAFILE 7;`);
    host.labctl('workload', '--transactions', '5', '--seed', '2');
    mustRun(`BACKUP AS COPY FORMAT '${placeOf('plain.dbf')}' DATAFILE 7;`);
    const [zero] = await copies();
    mustRun('BACKUP INCREMENTAL LEVEL 1 CUMULATIVE DATAFILE 7;');
    expect(await incrementalScnOf(7)).toBe(zero?.checkpointScn);
    rmSync(placeOf('zero.dbf'));
    expect(mustRun('CROSSCHECK DATAFILECOPY ALL;')).toContain('validation failed for datafile copy');
    mustRun('BACKUP INCREMENTAL LEVEL 1 CUMULATIVE DATAFILE 7;');
    const { backupDataFiles } = await host.controlFile();
    const level0 = backupDataFiles.find(({ file, level }) => file === 7 && level === 0);
    expect(await incrementalScnOf(7)).toBe(level0?.checkpointScn);
  });
});

describe('image copies and increments', () => {
  it('are rolled forward with RECOVER COPY and restored from as what they have become', async () => {
    const merge = `RUN { RECOVER COPY OF DATABASE WITH TAG 'merge';
      BACKUP INCREMENTAL LEVEL 1 FOR RECOVER OF COPY WITH TAG 'merge' DATABASE; }`;
    expect(mustRun(merge)).toContain('no copy of datafile 7 found to recover');
    const before = await copies();
    expect(new Set(before.map(({ tag, level }) => `${tag ?? ''} ${level ?? ''}`))).toEqual(
      new Set(['MERGE 0']),
    );
    host.labctl('workload', '--transactions', '20');
    mustRun(merge);
    expect(await incrementalScnOf(8)).toBe(before.find(({ file }) => file === 8)?.checkpointScn);
    host.labctl('workload', '--transactions', '20', '--seed', '2');
    expect(mustRun(merge)).toMatch(/recovering datafile copy file number=00008 name=\S+/);
    const merged = (await copies()).find(({ file }) => file === 8);
    const was = before.find(({ file }) => file === 8);
    expect(merged?.name).toBe(was?.name);
    expect(BigInt(merged?.checkpointScn ?? 0)).toBeGreaterThan(BigInt(was?.checkpointScn ?? 0));

    const untilScn = markNow();
    mustRun(`SQL 'ALTER SYSTEM ARCHIVE LOG CURRENT';`);
    await host.stop();
    const restored = placeOf('restored');
    const output = mustRun(`STARTUP MOUNT;
      RUN { SET UNTIL SCN ${untilScn}; SET NEWNAME FOR DATABASE TO '${restored}/%b';
      RESTORE DATABASE; SWITCH DATAFILE ALL; RECOVER DATABASE; }`);
    expect(output).toContain('input datafile copy RECID=');
    expectAsMarked(untilScn, restored);
  });

  it('give way to a newer backup set, are preferred at the same checkpoint, and need a channel of the disk', async () => {
    mustRun(`SQL 'ALTER TABLESPACE HIST READ ONLY';`);
    mustRun(`BACKUP DATAFILE 10; BACKUP AS COPY FORMAT '${placeOf('hist.dbf')}' DATAFILE 10;`);
    const validated = (script: string) => mustRun(script);
    expect(validated('RESTORE DATAFILE 10 VALIDATE;')).toContain(`file name=${placeOf('hist.dbf')}`);
    expect(validated('RESTORE DATAFILE 10 FROM BACKUPSET VALIDATE;')).not.toContain('hist.dbf');
    const tape = host.rman(
      `RUN { ALLOCATE CHANNEL c1 ${host.sbt()}; RESTORE DATAFILE 10 FROM DATAFILECOPY VALIDATE; }`,
    );
    expect([tape.code, tape.output]).toEqual([1, expect.stringContaining('RMAN-06023')]);
    mustRun(`BACKUP AS COPY FORMAT '${placeOf('users.dbf')}' DATAFILE 7;`);
    host.labctl('workload', '--transactions', '5');
    mustRun('BACKUP DATAFILE 7;');
    expect(validated('RESTORE DATAFILE 7 VALIDATE;')).not.toContain('users.dbf');
  });
});

describe('SWITCH TO COPY', () => {
  it('takes the newest copy for the data file, which becomes a copy, and refuses a file without one', async () => {
    const path = placeOf('switched.dbf');
    mustRun(`BACKUP AS COPY FORMAT '${path}' DATAFILE 7;`);
    host.labctl('workload', '--transactions', '5');
    const { name: original } = (await host.controlFile()).dataFiles.find(({ file }) => file === 7) ?? {};
    mustRun(`SQL 'ALTER DATABASE DATAFILE 7 OFFLINE';
      SWITCH DATAFILE 7 TO COPY; RECOVER DATAFILE 7; SQL 'ALTER DATABASE DATAFILE 7 ONLINE';`);
    const { dataFiles } = await host.controlFile();
    expect(dataFiles.find(({ file }) => file === 7)).toMatchObject({ name: path, status: 'ONLINE' });
    expect((await copies()).map(({ name }) => name)).toEqual([original]);
    const without = host.rman('SWITCH DATAFILE 8 TO COPY;');
    expect([without.code, without.output]).toEqual([1, expect.stringContaining('RMAN-06571')]);
  });
});

describe('looking after image copies', () => {
  it('lists, uncatalogs, catalogs, expires and deletes them', async () => {
    const path = placeOf('seven.dbf');
    mustRun(`BACKUP AS COPY TAG seven FORMAT '${path}' DATAFILE 7;`);
    expect(mustRun('LIST COPY OF DATAFILE 7;')).toContain(`Name: ${path}`);
    expect(mustRun(`CHANGE DATAFILECOPY '${path}' UNCATALOG;`)).toContain('Uncataloged 1 objects');
    expect(await copies()).toEqual([]);
    expect(mustRun(`CATALOG DATAFILECOPY '${path}' LEVEL 0 TAG again;`)).toContain('cataloged datafile copy');
    expect(await copies()).toMatchObject([{ name: path, level: 0, tag: 'AGAIN', file: 7 }]);
    copyFileSync(path, `${path}.kept`);
    rmSync(path);
    expect(mustRun('DELETE NOPROMPT DATAFILECOPY ALL;')).toContain('RMAN-06207');
    mustRun('CROSSCHECK COPY OF DATABASE;');
    expect(mustRun('LIST EXPIRED COPY;')).toContain(path);
    expect(mustRun('DELETE NOPROMPT EXPIRED COPY OF DATABASE;')).toContain('Deleted 1 EXPIRED objects');
    expect(await copies()).toEqual([]);
    const foreign = host.rman(`CATALOG DATAFILECOPY '${host.library}';`);
    expect([foreign.code, foreign.output]).toEqual([1, expect.stringContaining('ORA-19625')]);
  });

  it('counts them for the retention policy, and deletes those it does not need', async () => {
    mustRun(`BACKUP AS COPY FORMAT '${placeOf('old.dbf')}' DATAFILE 7;`);
    host.labctl('workload', '--transactions', '5');
    mustRun(`BACKUP AS COPY FORMAT '${placeOf('new.dbf')}' DATAFILE 7;`);
    expect(mustRun('REPORT OBSOLETE;')).toContain(placeOf('old.dbf'));
    mustRun('DELETE NOPROMPT OBSOLETE;');
    expect([existsSync(placeOf('old.dbf')), existsSync(placeOf('new.dbf'))]).toEqual([false, true]);
  });
});
