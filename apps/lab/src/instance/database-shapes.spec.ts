// Databases of other shapes than the plain one, through the instance: containers, block sizes, bigfile, encryption, log modes, a full
// recovery area, block change tracking.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { type DataFile } from '../control-file/control-file';
import { createDatabase, type CreateDatabaseOptions } from '../engine/create-database';
import { BIGFILE_RFILE, checkBlock, rdbaOf } from '../formats/block';
import { createSqlEvaluator } from '../sql/evaluator';
import { SqlDate } from '../sql/sql-date';
import { type SqlValue } from '../sql/value';
import { databaseTables } from '../views/database-tables';
import { connectLocal } from './client-port';
import { executeAlter } from './execute-alter';
import { Instance } from './instance';
import { hostPaths, writeInstanceFile } from './oracle-home';

const SID = 'ORCL';
const MIB = 1024 * 1024;
const now = () => new Date();
let base: string;
let instance: Instance;

async function start(shape: Partial<CreateDatabaseOptions> = {}): Promise<void> {
  const oradata = hostPaths.oradata(base, SID);
  const controlFiles = [join(oradata, 'control01.ctl')];
  mkdirSync(hostPaths.dbs(base), { recursive: true });
  await createDatabase({
    ...{ oradata, dbName: SID, dbUniqueName: 'orcl', dbid: 77, controlFiles },
    ...{ totalBytes: 16 * MIB, redoLogBytes: MIB, seed: 3, now },
    ...shape,
  });
  writeInstanceFile(hostPaths.oracleHome(base), {
    ...{ sid: SID, dbUniqueName: 'orcl', base, ipcSocket: join(base, 's.sock'), listenerPort: 0 },
    ...{ service: 'orcl', controlFiles },
  });
  await restart();
}

async function restart(mode: 'MOUNT' | 'OPEN' = 'OPEN'): Promise<void> {
  instance = new Instance({ sid: SID, base, oracleHome: hostPaths.oracleHome(base), now });
  await instance.startup(mode);
}

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'lab-shape-'));
});
afterEach(async () => {
  if (instance.status !== 'DOWN') await instance.shutdown('ABORT');
  rmSync(base, { recursive: true, force: true });
});

async function select(sql: string): Promise<(string | null)[][]> {
  const evaluator = createSqlEvaluator({
    tables: databaseTables({ controlFile: () => instance.store().current, live: instance.liveState(), now }),
    now,
    commands: {
      archiveLogCurrent: async () => 0,
      switchLogfile: async () => 0,
      checkpoint: async () => 0,
      killSession: async () => 0,
    },
  });
  const session = { user: 'SYS', readsDictionary: true, altersSystem: true };
  const result = await evaluator.execute({ sql, binds: [], parseOnly: false, session });
  return result.kind === 'rows' ? result.rows.map((row) => row.map(shown)) : [];
}

function shown(value: SqlValue): string | null {
  return value === null ? null : value instanceof SqlDate ? String(value.epochMs) : value.toString();
}

const port = () => connectLocal(instance).port;
const workload = (transactions: number, seed = 1) =>
  port().workload({ transactions, rowsPerTransaction: 20, seed, uniform: true });
const alter = (sql: string) => executeAlter(instance, sql);

function badBlocks({ name, rfile, blockBytes, blocks }: DataFile): number {
  const bytes = readFileSync(name);
  let bad = 0;
  for (let block = 1; block <= blocks; block++) {
    const one = Buffer.from(bytes.subarray(block * blockBytes, (block + 1) * blockBytes));
    if (!checkBlock(one, { rdba: rdbaOf(rfile, block) }).ok) bad++;
  }
  return bad;
}

describe('a container database with files of every kind', () => {
  it('repeats relative file numbers in its containers and holds good blocks of every size', async () => {
    await start({ pdbs: 2, mixed: true });
    await workload(30);
    await alter('alter system checkpoint');
    const { dataFiles } = instance.store().current;
    expect([...new Set(dataFiles.map((f) => f.blockBytes))].sort((a, b) => a - b)).toEqual([
      2048, 4096, 8192, 16384, 32768,
    ]);
    expect(dataFiles.filter((f) => f.rfile === BIGFILE_RFILE)).toHaveLength(1);
    for (const file of dataFiles)
      expect({ name: file.name, bad: badBlocks(file) }).toEqual({ name: file.name, bad: 0 });
    expect(
      await select(
        'select con_id, count(*), count(distinct rfile#) from v$datafile where con_id > 2 group by con_id order by 1',
      ),
    ).toEqual([
      ['3', '4', '4'],
      ['4', '4', '4'],
    ]);
    expect(
      await select(
        `select count(*) from v$datafile a join v$datafile b on b.rfile# = a.rfile# and b.con_id = 4 where a.con_id = 3`,
      ),
    ).toEqual([['4']]);
    expect(await select('select name, open_mode from v$pdbs order by con_id')).toEqual([
      ['PDB$SEED', 'READ ONLY'],
      ['PDB1', 'READ WRITE'],
      ['PDB2', 'READ WRITE'],
    ]);
    expect(
      await select('select (select count(*) from dba_data_files) r, count(*) from cdb_data_files'),
    ).toEqual([['12', '23']]);
    expect(await select("select cdb from v$database where cdb = (select 'YES' from dual)")).toEqual([
      ['YES'],
    ]);
  });

  it('recovers all of it after a crash, and keeps a closed container out of the way', async () => {
    await start({ pdbs: 2, mixed: true });
    await workload(20);
    await alter('alter pluggable database pdb1 close immediate');
    await workload(20, 2);
    const { files } = await port().mark({});
    await instance.shutdown('ABORT');
    await restart();
    const again = await port().mark({});
    expect(again.files).toEqual(files);
    expect(files).toHaveLength(23 - 4);
    await expect(alter('alter pluggable database pdb1 close')).rejects.toMatchObject({ ora: 65020 });
    await alter('alter pluggable database all open');
    expect((await port().mark({})).files).toHaveLength(23);
    await expect(alter('alter pluggable database nosuch open')).rejects.toMatchObject({ ora: 65011 });
  });

  it('encrypts rows and leaves block headers readable', async () => {
    await start({ mixed: true });
    await workload(20);
    await alter('alter system checkpoint');
    const share = (tablespace: string) => {
      const { tablespaces, dataFiles } = instance.store().current;
      const ts = tablespaces.find((t) => t.name === tablespace)?.ts;
      const file = dataFiles.find((f) => f.ts === ts);
      const bytes = readFileSync(file?.name ?? '').subarray(8192 * 8, 8192 * 40);
      return deflateSync(bytes).length / bytes.length;
    };
    expect(share('SECRET')).toBeGreaterThan(0.95);
    expect(share('SALES')).toBeLessThan(0.6);
    expect(await select("select encrypted from dba_tablespaces where tablespace_name = 'SECRET'")).toEqual([
      ['YES'],
    ]);
    expect(await select('select status from v$encryption_wallet')).toEqual([['OPEN']]);
  });
});

describe('archiving', () => {
  it('gets stuck when the recovery area is full, and goes on when there is room', async () => {
    await start();
    await alter('alter system archive log current');
    await alter("alter system set db_recovery_file_dest_size = 1K scope=both sid='*'");
    for (let i = 0; i < 2; i++) await alter('alter system switch logfile');
    await expect(alter('alter system switch logfile')).rejects.toMatchObject({ ora: 257 });
    await workload(5);
    expect(await select('select archiver from v$instance')).toEqual([['FAILED']]);
    expect(await select('select status, error from v$archive_dest where dest_id = 1')).toEqual([
      ['ERROR', 'ORA-19809: limit exceeded for recovery files'],
    ]);
    await alter('alter system set db_recovery_file_dest_size = 1G');
    expect(await select('select archiver from v$instance')).toEqual([['STARTED']]);
    await workload(50, 2);
    const [[gaps]] = (await select(
      'select max(sequence#) - min(sequence#) + 1 - count(*) from v$archived_log',
    )) as [[string]];
    expect(gaps).toBe('0');
  });

  it('names the log that cannot be archived, and deletes backed-up logs by itself first', async () => {
    await start();
    await workload(20);
    await alter('alter system archive log current');
    const [first] = instance.store().current.archivedLogs;
    await alter('alter system set db_recovery_file_dest_size = 1K');
    await expect(alter('alter system archive log current')).rejects.toMatchObject({
      ora: 16038,
      text: expect.stringContaining('ORA-19809: limit exceeded for recovery files'),
    });
    instance.store().update(() => first && (first.backupCount = 1));
    await alter(`alter system set db_recovery_file_dest_size = ${(first?.blocks ?? 0) * 512}`);
    expect(existsSync(first?.name ?? '')).toBe(false);
    expect(await select('select archiver from v$instance')).toEqual([['STARTED']]);
  });

  it('writes to a directory of its own when told to', async () => {
    await start();
    const elsewhere = join(base, 'arch');
    await alter(`alter system set log_archive_dest_1 = 'LOCATION=${elsewhere}'`);
    await alter('alter system archive log current');
    expect(dirname(instance.store().current.archivedLogs.at(-1)?.name ?? '')).toBe(elsewhere);
  });

  it('archives nothing in NOARCHIVELOG, which only a mounted database can change', async () => {
    await start({ logMode: 'NOARCHIVELOG' });
    for (let i = 0; i < 5; i++) await alter('alter system switch logfile');
    expect(instance.store().current.archivedLogs).toEqual([]);
    expect(await select('select log_mode from v$database')).toEqual([['NOARCHIVELOG']]);
    await expect(alter('alter database archivelog')).rejects.toMatchObject({ ora: 1126 });
    await instance.shutdown('IMMEDIATE');
    await restart('MOUNT');
    await alter('alter database archivelog');
    await alter('alter database open');
    await alter('alter system archive log current');
    expect(instance.store().current.archivedLogs).not.toEqual([]);
  });
});

it('stays mounted as a physical standby until it is activated', async () => {
  await start();
  await instance.shutdown('IMMEDIATE');
  await restart('MOUNT');
  await alter('alter database convert to physical standby');
  expect(await select('select database_role, controlfile_type, open_mode from v$database')).toEqual([
    ['PHYSICAL STANDBY', 'STANDBY', 'MOUNTED'],
  ]);
  await expect(alter('alter database open')).rejects.toMatchObject({ ora: 10458 });
  await expect(alter('alter system archive log current')).rejects.toMatchObject({ ora: 1109 });
  await alter('alter database activate standby database');
  await alter('alter database open');
});

it('refuses parameters that need a restart, and keeps the others', async () => {
  await start();
  writeFileSync(join(hostPaths.dbs(base), 'spfileORCL.ora'), "*.db_name='ORCL'\n");
  await expect(alter("alter system set db_unique_name='x'")).rejects.toMatchObject({ ora: 2095 });
  await alter('alter system set control_file_record_keep_time = 31 scope=both');
  await expect(alter('alter system set db_recovery_file_dest_size = lots')).rejects.toMatchObject({
    ora: 2097,
  });
  await instance.shutdown('IMMEDIATE');
  await restart();
  expect(await select("select value from v$parameter where name = 'control_file_record_keep_time'")).toEqual([
    ['31'],
  ]);
  await alter('alter system reset control_file_record_keep_time');
  await expect(alter('alter system reset control_file_record_keep_time')).rejects.toMatchObject({
    ora: 32010,
  });
});

describe('block change tracking', () => {
  const begin = (sinceScn: string, level: 0 | 1 = 1) => port().beginFileBackup({ file: 8, level, sinceScn });

  it('names a superset of the changed blocks, also after a crash', async () => {
    await start();
    await alter(`alter database enable block change tracking using file '${join(base, 'bct.f')}'`);
    const { scn, changed: all } = await begin('0', 0);
    expect(all).toBeNull();
    const before = readFileSync(fileEight().name);
    await workload(3);
    await instance.shutdown('ABORT');
    await restart();
    const { changed: ranges } = await begin(scn);
    const changed = changedBlocks(before, readFileSync(fileEight().name));
    expect(changed.length).toBeGreaterThan(0);
    for (const block of changed)
      expect((ranges ?? []).some(({ from, to }) => block >= from && block <= to)).toBe(true);
    expect((ranges ?? []).length).toBeLessThan(fileEight().blocks / 8);
    expect(await select('select status, filename from v$block_change_tracking')).toEqual([
      ['ENABLED', join(base, 'bct.f')],
    ]);
  });

  it('reaches back eight bitmaps and no further', async () => {
    await start();
    await alter('alter database enable block change tracking');
    const { scn: base0 } = await begin('0', 0);
    // Cumulative level 1s after one level 0: with the eighth the bitmap of the level 0 is reused.
    for (let i = 1; i <= 7; i++) {
      await workload(1, i);
      expect((await begin(base0)).changed).not.toBeNull();
    }
    const { scn: last, changed } = await begin(base0);
    expect(changed).not.toBeNull();
    expect((await begin(base0)).changed).toBeNull();
    expect((await begin(last)).changed).toEqual([]);
    await alter('alter database disable block change tracking');
    await expect(alter('alter database disable block change tracking')).rejects.toMatchObject({ ora: 19759 });
  });

  function fileEight(): DataFile {
    return instance.dataFileRecord(8);
  }

  function changedBlocks(before: Buffer, after: Buffer): number[] {
    const changed: number[] = [];
    for (let at = 2 * 8192; at < before.length; at += 8192)
      if (!before.subarray(at, at + 8192).equals(after.subarray(at, at + 8192))) changed.push(at / 8192);
    return changed;
  }
});

it('shows corrupt blocks that a backup reported', async () => {
  await start();
  const found = [{ file: 8, block: 20, blocks: 2, scn: '0', type: 'CHECKSUM' as const }];
  const all = [{ from: 1, to: 100 }];
  await port().noteCorruptBlocks({ file: 8, examined: all, found });
  expect(
    await select('select file#, block#, blocks, corruption_type from v$database_block_corruption'),
  ).toEqual([['8', '20', '2', 'CHECKSUM']]);
  await port().noteCorruptBlocks({ file: 8, examined: [{ from: 1, to: 19 }], found: [] });
  expect(await select('select count(*) from v$database_block_corruption')).toEqual([['1']]);
  await port().noteCorruptBlocks({ file: 8, examined: all, found: [] });
  expect(await select('select count(*) from v$database_block_corruption')).toEqual([['0']]);
});
