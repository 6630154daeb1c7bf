/** Corrupt blocks: what BACKUP refuses, takes along and records, what VALIDATE finds. Then block change tracking, which leaves blocks unread. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CorruptBlock } from '../control-file/control-file';
import { LabHost } from './testing/lab-host';

let host: LabHost;

beforeAll(async () => {
  host = await LabHost.create();
}, 120_000);

afterAll(async () => {
  await host.remove();
});

const run = (statements: string) => host.rman(`RUN { ALLOCATE CHANNEL c1 ${host.sbt()}; ${statements} }`);
const damage = (file: number, block: number) =>
  host.labctl('damage', '--file', String(file), '--block', String(block));

/** V$DATABASE_BLOCK_CORRUPTION of a file. */
async function known(file: number): Promise<Partial<CorruptBlock>[]> {
  const { corruptBlocks = [] } = await host.controlFile();
  return corruptBlocks
    .filter((found) => found.file === file)
    .map(({ block, blocks, type }) => ({ block, blocks, type }));
}

/** What the newest backup of a file says of corrupt blocks in it. */
async function inBackup(file: number) {
  const { backupDataFiles } = await host.controlFile();
  return backupDataFiles.findLast((backup) => backup.file === file)?.corrupt;
}

it('fails at a corrupt block, and remembers it', async () => {
  expect(run("BACKUP FORMAT 'good_%U' DATAFILE 7;").code).toBe(0);
  damage(7, 20);
  const backup = run('BACKUP DATAFILE 7;');
  expect([backup.code, backup.output]).toEqual([
    1,
    expect.stringMatching(/ORA-19566: exceeded limit of 0 corrupt blocks for file .*users01\.dbf/),
  ]);
  expect(await known(7)).toEqual([{ block: 20, blocks: 1, type: 'CHECKSUM' }]);
});

it('takes as many along as MAXCORRUPT allows, marked in the piece, and records them with the backup', async () => {
  damage(7, 21);
  const one = run('SET MAXCORRUPT FOR DATAFILE 7 TO 1; BACKUP DATAFILE 7;');
  expect([one.code, one.output]).toEqual([1, expect.stringContaining('exceeded limit of 1 corrupt blocks')]);
  expect(run('SET MAXCORRUPT FOR DATAFILE 7, 8 TO 2; BACKUP TAG marked DATAFILE 7;').code).toBe(0);
  expect(await inBackup(7)).toEqual([
    { file: 7, block: 20, blocks: 2, scn: '0', type: 'CHECKSUM', marked: false },
  ]);
});

it('keeps MAXCORRUPT to its RUN block', () => {
  const allocate = `ALLOCATE CHANNEL c1 ${host.sbt()};`;
  const two = host.rman(`RUN { ${allocate} SET MAXCORRUPT FOR DATAFILE 7 TO 2; BACKUP DATAFILE 7; }
    RUN { ${allocate} BACKUP DATAFILE 7; }`);
  expect([two.code, two.output]).toEqual([1, expect.stringContaining('exceeded limit of 0 corrupt blocks')]);
  expect(two.output).toContain('Finished backup');
});

it('validates to the end, names file and blocks, and ends well', async () => {
  damage(8, 30);
  damage(8, 40);
  const validated = run('VALIDATE DATAFILE 7, 8, 9;');
  expect(validated.code).toBe(0);
  expect(validated.output).toMatch(/^7 +FAILED 0 +\d+ +\d+ +\d+\n {2}File Name: .*users01\.dbf$/m);
  expect(validated.output).toMatch(/^9 +OK /m);
  expect(validated.output).toContain('validate found one or more corrupt blocks');
  expect(await known(8)).toEqual([
    { block: 30, blocks: 1, type: 'CHECKSUM' },
    { block: 40, blocks: 1, type: 'CHECKSUM' },
  ]);
});

it('restores a marked block as one that is marked, and counts it as that from then on', async () => {
  const directory = join(host.base, 'marked');
  mkdirSync(directory);
  host.rman('SQL "ALTER DATABASE DATAFILE 7 OFFLINE";');
  expect(run('RESTORE DATAFILE 7 FROM TAG marked;').code).toBe(0);
  const validated = run('VALIDATE DATAFILE 7;');
  expect(validated.output).toMatch(/^7 +FAILED 2 /m);
  expect(run('SET MAXCORRUPT FOR DATAFILE 7 TO 2; BACKUP DATAFILE 7;').code).toBe(0);
  expect(await inBackup(7)).toEqual([
    { file: 7, block: 20, blocks: 2, scn: '0', type: 'CORRUPT', marked: true },
  ]);
});

it('forgets blocks that are whole again when it reads them', async () => {
  expect(run("RESTORE DATAFILE 7 UNTIL SCN 99999999999 FROM TAG 'NONE';").code).toBe(1);
  const { backupPieces } = await host.controlFile();
  const tag = backupPieces.find(({ handle }) => handle.startsWith('good_'))?.tag ?? '';
  expect(run(`RESTORE DATAFILE 7 FROM TAG '${tag}'; RECOVER DATAFILE 7;`).code).toBe(0);
  host.rman('SQL "ALTER DATABASE DATAFILE 7 ONLINE";');
  expect(run('VALIDATE DATAFILE 7;').output).toMatch(/^7 +OK /m);
  expect(await known(7)).toEqual([]);
  expect(await known(8)).toHaveLength(2);
});

it('reads with block change tracking only what may have changed, and misses none of it', async () => {
  host.rman('SQL "ALTER DATABASE ENABLE BLOCK CHANGE TRACKING";');
  const backup = (level: number, tag: string, more = '') =>
    run(`BACKUP INCREMENTAL LEVEL ${level} ${more} TAG ${tag} DATAFILE 9, 10;`).code;
  expect(backup(0, 'l0')).toBe(0);
  host.labctl('workload', '--transactions', '10', '--rows-per-transaction', '5');
  expect(backup(1, 'l1')).toBe(0);
  const { backupDataFiles, dataFiles } = await host.controlFile();
  const tracked = backupDataFiles.filter(
    ({ level, usedChangeTracking }) => level === 1 && usedChangeTracking === true,
  );
  expect(tracked.map(({ file }) => file).sort((a, b) => a - b)).toEqual([9, 10]);
  for (const { file, blocksRead } of tracked)
    expect(blocksRead).toBeLessThan((dataFiles.find((one) => one.file === file)?.blocks ?? 0) / 2);
  // A second level 1 that reads everything finds nothing the first one left out.
  host.rman('SQL "ALTER DATABASE DISABLE BLOCK CHANGE TRACKING";');
  expect(backup(1, 'whole', 'CUMULATIVE')).toBe(0);
  const after = (await host.controlFile()).backupDataFiles;
  for (const { file, blocks } of tracked) {
    const whole = after.findLast((one) => one.file === file);
    expect(whole).toMatchObject({ level: 1, blocks });
    expect(whole?.usedChangeTracking).toBeUndefined();
  }
});

it('reads with tracking also the sections of a file', async () => {
  host.rman('SQL "ALTER DATABASE ENABLE BLOCK CHANGE TRACKING";');
  const backup = (level: number) =>
    run(`BACKUP INCREMENTAL LEVEL ${level} SECTION SIZE 1M DATAFILE 10;`).code;
  expect(backup(0)).toBe(0);
  expect(backup(1)).toBe(0);
  const newest = (await host.controlFile()).backupDataFiles.at(-1);
  expect(newest).toMatchObject({ file: 10, level: 1, usedChangeTracking: true });
  expect(newest?.blocksRead).toBeLessThan(20);
});
