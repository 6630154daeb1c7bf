/** The engine on small real files: creation, redo, checkpoints, archived logs, media recovery to truth marks. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { ControlFileStore } from '../control-file/control-file-store';
import { checkBlock, isNeverUsed, rdbaOf } from '../formats/block';
import { readDataFileHeader } from '../formats/data-file-header';
import { type TruthMark } from '../instance/instance-port';
import { applyRedo } from '../recovery/apply-redo';
import { compareFiles } from './compare-files';
import { createDatabase } from './create-database';
import { type Database } from './database';
import { markTruth } from './mark-truth';
import { openDatabase } from './open-database';
import { runWorkload } from './run-workload';

const MIB = 1024 * 1024;
const now = () => new Date();
let base: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'lab-engine-'));
});
afterEach(() => {
  rmSync(base, { recursive: true, force: true });
});

async function create(totalBytes = 8 * MIB): Promise<string[]> {
  const oradata = join(base, 'oradata');
  const { controlFile } = await createDatabase({
    oradata,
    dbName: 'ORCL',
    dbUniqueName: 'orcl',
    dbid: 1565056049,
    controlFiles: [join(oradata, 'control01.ctl')],
    totalBytes,
    redoLogBytes: MIB,
    seed: 7,
    now,
  });
  return controlFile.dataFiles.map((file) => file.name);
}

async function open(): Promise<Database> {
  const oradata = join(base, 'oradata');
  const store = ControlFileStore.open([join(oradata, 'control01.ctl')]);
  const options = { store, oradata, archiveDirectory: join(base, 'arc'), now, cacheBytes: 2 * MIB };
  return (await openDatabase(options)).database;
}

const workload = (database: Database, transactions: number, seed: number, uniform = false) =>
  runWorkload(database, { transactions, rowsPerTransaction: 20, seed, uniform }, { now });

function archivedLogs(database: Database): string[] {
  return database.store.current.archivedLogs.map((log) => log.name ?? '');
}

function copyTo(name: string, files: string[]): string {
  const directory = join(base, name);
  mkdirSync(directory, { recursive: true });
  for (const file of files) copyFileSync(file, join(directory, basename(file)));
  return directory;
}

async function recoverTo(mark: TruthMark, directory: string, logs: string[]) {
  return applyRedo({
    dataFiles: mark.files.map((file) => join(directory, basename(file.name))),
    logs,
    until: { kind: 'scn', scn: BigInt(mark.untilScn) },
    cacheBytesMax: 2 * MIB,
  });
}

describe('a created database', () => {
  it('holds nothing but whole blocks at their own addresses', async () => {
    for (const name of await create()) {
      const bytes = readFileSync(name);
      const header = blockBytesOf(bytes);
      for (let block = 1; block * header.blockBytes < bytes.length; block++) {
        const slot = bytes.subarray(block * header.blockBytes, (block + 1) * header.blockBytes);
        expect(checkBlock(slot, { rdba: rdbaOf(header.rfile, block) })).toEqual({ ok: true });
      }
    }
  });

  it('uses about 80 % of its blocks, each with rows of its own that compress about 2.5:1', async () => {
    const names = await create(16 * MIB);
    const bytes = readFileSync(names[4] as string);
    const blocks = Array.from({ length: bytes.length / 8192 }, (_, i) =>
      bytes.subarray(i * 8192, (i + 1) * 8192),
    );
    const used = blocks.filter((block) => !isNeverUsed(block));
    expect(used.length / blocks.length).toBeGreaterThan(0.75);
    expect(used.length / blocks.length).toBeLessThan(0.85);
    expect(new Set(used.map((block) => block.toString('latin1', 4000))).size).toBeGreaterThan(
      used.length - 8,
    );
    const sample = bytes.subarray(64 * 8192, 72 * 8192);
    const ratio = sample.length / zstdCompressSync(sample).length;
    expect(ratio).toBeGreaterThan(2.1);
    expect(ratio).toBeLessThan(3);
  });
});

describe('an open database', () => {
  it('archives a gapless series of logs', async () => {
    await create();
    const database = await open();
    await workload(database, 600, 1);
    database.switchLog();
    database.switchLog();
    const logs = database.store.current.archivedLogs;
    expect(logs.length).toBeGreaterThan(3);
    logs.slice(1).forEach((log, i) => {
      expect(log.sequence).toBe((logs[i]?.sequence ?? 0) + 1);
      expect(log.firstScn).toBe(logs[i]?.nextScn);
    });
    for (const log of logs) {
      expect(readFileSync(log.name ?? '').length).toBe((log.blocks + 1) * log.blockBytes);
    }
    database.close();
  });

  it('writes at a checkpoint exactly what a mark said it would', async () => {
    const names = await create();
    const database = await open();
    await workload(database, 100, 2);
    const mark = await markTruth(database, now);
    database.checkpoint();
    const comparison = await compareFiles(mark, { directory: join(base, 'oradata') });
    expect(comparison).toMatchObject({ identical: names.length, dataFiles: names.length });
    await workload(database, 1, 3);
    database.close();
    const later = await compareFiles(mark, { directory: join(base, 'oradata') });
    expect(later.identical).toBeLessThan(names.length);
  });

  it('fills never-used and formerly used blocks', async () => {
    const names = await create();
    const database = await open();
    const before = neverUsed(names);
    const result = await workload(database, 200, 4);
    database.close();
    expect(result.commits).toBe(200);
    expect(neverUsed(names)).toBeLessThan(before);
  });
});

describe('media recovery', () => {
  it('brings copies to each of several marks, byte for byte', async () => {
    const names = await create();
    const database = await open();
    const copies = copyTo('restored', names);
    const marks: TruthMark[] = [];
    for (let i = 0; i < 3; i++) {
      await workload(database, 150, i + 10);
      marks.push(await markTruth(database, now));
    }
    database.switchLog();
    for (const mark of marks) {
      const outcome = await recoverTo(mark, copies, archivedLogs(database));
      expect(outcome).toMatchObject({ status: 'recovered', checkpointScn: BigInt(mark.untilScn) });
      expect(await compareFiles(mark, { directory: copies })).toMatchObject({ identical: names.length });
    }
    database.close();
  });

  it('asks for the log that is missing, and goes on once it has it', async () => {
    const names = await create();
    const database = await open();
    const copies = copyTo('restored', names);
    await workload(database, 500, 5);
    const mark = await markTruth(database, now);
    database.switchLog();
    const logs = archivedLogs(database);
    const missing = database.store.current.archivedLogs[1];
    const partial = logs.filter((log) => log !== missing?.name);
    expect(await recoverTo(mark, copies, partial)).toEqual({
      status: 'needs-log',
      firstMissingScn: BigInt(missing?.firstScn ?? 0),
      sequence: missing?.sequence,
    });
    expect(await recoverTo(mark, copies, logs)).toMatchObject({ status: 'recovered' });
    expect(await compareFiles(mark, { directory: copies })).toMatchObject({ identical: names.length });
    database.close();
  });

  it('refuses a target before the checkpoint of the copy', async () => {
    const names = await create();
    const database = await open();
    const early = await markTruth(database, now);
    await workload(database, 20, 6);
    database.checkpoint();
    const copies = copyTo('restored', names);
    database.close();
    expect(await recoverTo(early, copies, [])).toMatchObject({ status: 'too-early' });
  });

  it('notices a write that never reached the disk', async () => {
    const names = await create();
    const database = await open();
    await workload(database, 50, 8, true);
    database.checkpoint();
    const stale = copyTo('stale', names);
    await workload(database, 50, 8, true);
    database.checkpoint();
    const copies = copyTo('restored', names);
    await workload(database, 50, 8, true);
    const mark = await markTruth(database, now);
    database.switchLog();
    const name = basename(names[4] as string);
    const old = readFileSync(join(stale, name));
    readFileSync(join(copies, name)).copy(old, 8192, 8192, 2 * 8192);
    writeFileSync(join(copies, name), old);
    expect(await recoverTo(mark, copies, archivedLogs(database))).toMatchObject({ status: 'lost-write' });
    database.close();
  });

  it('stops before a point in time', async () => {
    const names = await create();
    let clock = 1_800_000_000_000;
    const database = await open();
    const copies = copyTo('restored', names);
    database.close();
    const oradata = join(base, 'oradata');
    const store = ControlFileStore.open([join(oradata, 'control01.ctl')]);
    const timed = await openDatabase({
      store,
      oradata,
      archiveDirectory: join(base, 'arc'),
      now: () => new Date(clock),
    });
    await runWorkload(timed.database, { transactions: 30, rowsPerTransaction: 5, seed: 1 }, { now });
    const mark = await markTruth(timed.database, now);
    clock += 60_000;
    await runWorkload(timed.database, { transactions: 30, rowsPerTransaction: 5, seed: 2 }, { now });
    timed.database.switchLog();
    const outcome = await applyRedo({
      dataFiles: mark.files.map((file) => join(copies, basename(file.name))),
      logs: archivedLogs(timed.database),
      until: { kind: 'time', at: new Date(clock) },
    });
    expect(outcome).toMatchObject({ status: 'recovered', checkpointScn: BigInt(mark.untilScn) });
    expect(await compareFiles(mark, { directory: copies })).toMatchObject({ identical: names.length });
    timed.database.close();
  });
});

describe('a log switch that cannot archive', () => {
  it('ends the instance, and the next start finishes the switch', async () => {
    await create();
    const oradata = join(base, 'oradata');
    const store = ControlFileStore.open([join(oradata, 'control01.ctl')]);
    const archiveDirectory = join(base, 'arc');
    let fatal = 0;
    writeFileSync(archiveDirectory, 'a file where a directory should be');
    const { database } = await openDatabase({
      store,
      oradata,
      archiveDirectory,
      now,
      onFatal: () => fatal++,
    });
    await workload(database, 30, 1);
    const committed = database.nextScn;
    expect(() => database.switchLog()).toThrow();
    expect(() => database.checkpoint()).toThrow(/ORA-01092/);
    expect(fatal).toBe(1);
    database.abandon();
    rmSync(archiveDirectory);
    const again = await open();
    expect(again.nextScn).toBe(committed);
    expect(again.store.current.archivedLogs.map(({ sequence }) => sequence)).toEqual([1]);
    again.close();
  });
});

describe('a data file taken offline', () => {
  it('comes back only after recovery to its offline SCN', async () => {
    const names = await create();
    const database = await open();
    const copies = copyTo('restored', names);
    await workload(database, 300, 9);
    database.takeOffline(8);
    await workload(database, 50, 9);
    const sales = names[4] as string;
    copyFileSync(join(copies, basename(sales)), sales);
    expect(() => database.bringOnline(8)).toThrow(/ORA-01113/);
    const online = database.store.current.redoLogs.map((log) => log.path);
    const outcome = await applyRedo({
      dataFiles: [sales],
      logs: [...archivedLogs(database), ...online],
      until: { kind: 'end' },
    });
    expect(outcome).toMatchObject({ status: 'recovered' });
    database.bringOnline(8);
    await workload(database, 50, 9);
    database.close();
    await open().then((again) => again.close());
  });
});

function blockBytesOf(bytes: Buffer): { blockBytes: number; rfile: number } {
  const blockBytes = bytes.readUInt32LE(20);
  const read = readDataFileHeader(bytes.subarray(blockBytes, 2 * blockBytes));
  if (!read.ok) throw new Error(read.fault);
  return { blockBytes, rfile: read.header.rfile };
}

function neverUsed(names: string[]): number {
  let count = 0;
  for (const name of names) {
    const bytes = readFileSync(name);
    const blockBytes = bytes.readUInt32LE(20);
    for (let at = blockBytes; at < bytes.length; at += blockBytes) if (bytes[at] === 0) count++;
  }
  return count;
}
