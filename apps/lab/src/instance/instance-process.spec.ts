/**
 * Real instance processes: killed at random moments of a workload, copied while they write, restored to a new place. Runs the
 * built lab.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { buildLab } from './testing/build-lab';
import { compareFiles } from '../engine/compare-files';
import { createDatabase } from '../engine/create-database';
import { checkBlock } from '../formats/block';
import { makeDataFileHeader, readDataFileHeader } from '../formats/data-file-header';
import { applyRedo } from '../recovery/apply-redo';
import { connectLocal } from './client-port';
import { Instance } from './instance';
import { type DataFile } from '../control-file/control-file';
import { type TruthMark } from './instance-port';
import { connectInstance, type InstanceClient } from './ipc-client';
import { hostPaths, writeInstanceFile } from './oracle-home';

const SID = 'ORCL';
const MIB = 1024 * 1024;
const now = () => new Date();
/** Kills tried by the crash test. */
const KILLS = 6;

let main: string;
let base: string;
let started: ChildProcess[] = [];

beforeAll(async () => {
  main = join(await buildLab(), 'instance/main.js');
}, 60_000);

beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'lab-inst-'));
  const oradata = hostPaths.oradata(base, SID);
  mkdirSync(hostPaths.dbs(base), { recursive: true });
  await createDatabase({
    oradata,
    dbName: SID,
    dbUniqueName: 'orcl',
    dbid: 77,
    controlFiles: [join(oradata, 'control01.ctl')],
    totalBytes: 8 * MIB,
    redoLogBytes: MIB,
    seed: 3,
    now,
  });
  writeInstanceFile(hostPaths.oracleHome(base), {
    sid: SID,
    dbUniqueName: 'orcl',
    base,
    ipcSocket: join(base, 's.sock'),
    listenerPort: 0,
    service: 'orcl',
    controlFiles: [join(oradata, 'control01.ctl')],
  });
});

afterEach(async () => {
  for (const child of started) await kill(child);
  started = [];
  rmSync(base, { recursive: true, force: true });
});

interface Running {
  child: ChildProcess;
  client: InstanceClient;
  recovery: { recordsApplied: number; tornBlocksRepaired: number };
}

async function start(): Promise<Running> {
  const argv = [main, '--base', base, '--sid', SID, '--split-writes', '--cache-bytes', String(2 * MIB)];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const line = await new Promise<string>((done, fail) => {
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('\n')) done(output.slice(0, output.indexOf('\n')));
    });
    child.once('exit', (code) => {
      fail(new Error(`the instance ended with ${String(code)}: ${errors}`));
    });
  });
  const open = JSON.parse(line);
  expect(open.event).toBe('instance.open');
  const client = await connectInstance({ socketPath: join(base, 's.sock') });
  if (client === undefined) throw new Error('nobody listens');
  return { child, client, recovery: open.recovery };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGKILL');
  await gone;
}

function archivedLogFiles(): string[] {
  const directory = hostPaths.archive(base, SID);
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.endsWith('.arc'))
    .map((name) => join(directory, name));
}

function onlineLogFiles(): string[] {
  const directory = hostPaths.oradata(base, SID);
  return readdirSync(directory)
    .filter((name) => /^redo\d+\.log$/.test(name))
    .map((name) => join(directory, name));
}

/** Copies a file as a backup channel does: header first, torn blocks read again, newest block SCN noted in the header. */
function copyHot(record: DataFile, target: string): { rereads: number } {
  const { blockBytes, blocks, name } = record;
  const from = openSync(name, 'r');
  const to = openSync(target, 'w');
  const block = Buffer.alloc(blockBytes);
  let rereads = 0;
  const readWhole = (number: number) => {
    for (let attempt = 0; ; attempt++) {
      readSync(from, block, 0, blockBytes, number * blockBytes);
      if (checkBlock(block).ok) return;
      if (attempt > 1000) throw new Error(`block ${number} of ${name} stays torn`);
      rereads++;
    }
  };
  readWhole(1);
  const first = readDataFileHeader(block);
  if (!first.ok) throw new Error(first.fault);
  let absoluteFuzzyScn = 0n;
  readSync(from, block, 0, blockBytes, 0);
  writeSync(to, block, 0, blockBytes, 0);
  for (let number = 2; number <= blocks; number++) {
    readWhole(number);
    const scn = BigInt(block.readUInt32LE(8));
    if (scn >= first.header.checkpointScn && scn > absoluteFuzzyScn) absoluteFuzzyScn = scn;
    writeSync(to, block, 0, blockBytes, number * blockBytes);
  }
  writeSync(to, makeDataFileHeader({ ...first.header, absoluteFuzzyScn }), 0, blockBytes, blockBytes);
  closeSync(from);
  closeSync(to);
  return { rereads };
}

function copyPristine(): string {
  const directory = join(base, 'pristine');
  mkdirSync(directory);
  for (const name of readdirSync(hostPaths.oradata(base, SID))) {
    if (name.endsWith('.dbf')) copyFileSync(join(hostPaths.oradata(base, SID), name), join(directory, name));
  }
  return directory;
}

async function rollForward(mark: TruthMark, directory: string) {
  return applyRedo({
    dataFiles: mark.files.map((file) => join(directory, basename(file.name))),
    logs: [...archivedLogFiles(), ...onlineLogFiles()],
    until: { kind: 'scn', scn: BigInt(mark.untilScn) },
  });
}

describe('an instance killed at any moment', () => {
  it('comes back with exactly the committed transactions', async () => {
    const pristine = copyPristine();
    let seenScn = 0n;
    for (let round = 0; round < KILLS; round++) {
      const { client, child } = await start();
      expect(BigInt((await client.identity({})).currentScn)).toBeGreaterThanOrEqual(seenScn);
      const workload = client.workload({
        transactions: 100_000,
        rowsPerTransaction: 20,
        seed: round + 1,
        uniform: true,
      });
      const ended = expect(workload).rejects.toMatchObject({ ora: 3113 });
      await new Promise((done) => setTimeout(done, 30 + Math.random() * 250));
      seenScn = BigInt((await client.identity({})).currentScn);
      await new Promise((done) => setTimeout(done, Math.random() * 20));
      await kill(child);
      await ended;
    }
    const { client } = await start();
    const mark = await client.mark({});
    expect(BigInt(mark.untilScn)).toBeGreaterThanOrEqual(seenScn);
    // Rolling the files as created over all logs is a second way to the committed state, without any crash in it.
    expect(await rollForward(mark, pristine)).toMatchObject({ status: 'recovered' });
    expect(await compareFiles(mark, { directory: pristine })).toMatchObject({ identical: mark.files.length });
    const { archivedLogs } = await client.readControlFile({});
    archivedLogs.slice(1).forEach((log, i) => {
      expect(log).toMatchObject({
        sequence: (archivedLogs[i]?.sequence ?? 0) + 1,
        firstScn: archivedLogs[i]?.nextScn,
      });
    });
    client.close();
  }, 60_000);

  it('does not let a second process mount its database', async () => {
    const { client } = await start();
    const rival = new Instance({ sid: SID, base, oracleHome: hostPaths.oracleHome(base), now });
    await rival.startup('NOMOUNT');
    expect(() => {
      rival.mount();
    }).toThrow(/ORA-01102/);
    await client.shutdown({ mode: 'IMMEDIATE' });
    rival.mount();
    await rival.shutdown('IMMEDIATE');
  });
});

describe('files copied while the instance writes them', () => {
  it('roll forward to several marks, byte for byte', async () => {
    const { client } = await start();
    const { dataFiles } = await client.readControlFile({});
    const copies = join(base, 'copies');
    mkdirSync(copies);
    const workload = client.workload({ transactions: 2500, rowsPerTransaction: 20, seed: 9, uniform: true });
    let rereads = 0;
    for (const record of dataFiles) {
      await client.checkpoint({ file: record.file });
      rereads += copyHot(record, join(copies, basename(record.name))).rereads;
    }
    await workload;
    const marks: TruthMark[] = [];
    for (let i = 0; i < 3; i++) {
      await client.workload({ transactions: 100, rowsPerTransaction: 20, seed: 20 + i });
      marks.push(await client.mark({}));
      await client.archiveLogCurrent({});
    }
    for (const mark of marks) {
      expect(await rollForward(mark, copies)).toMatchObject({ status: 'recovered' });
      expect(await compareFiles(mark, { directory: copies })).toMatchObject({ identical: dataFiles.length });
    }
    expect(rereads).toBeGreaterThanOrEqual(0);
    client.close();
  }, 60_000);

  it('are not consistent before the newest block copied', async () => {
    const { client } = await start();
    const { dataFiles } = await client.readControlFile({});
    const early = await client.mark({});
    const [record] = dataFiles.slice(4);
    if (record === undefined) throw new Error('no sales file');
    const copy = join(base, basename(record.name));
    const header = await client.checkpoint({ file: record.file });
    expect(header.scn).toBe(early.untilScn);
    await client.workload({ transactions: 200, rowsPerTransaction: 20, seed: 1, uniform: true });
    const stale = join(base, 'stale.dbf');
    copyHot(record, stale);
    await client.runSql({ sql: 'alter system checkpoint' });
    copyHot(record, copy);
    withHeaderOf(stale, copy);
    const outcome = await applyRedo({
      dataFiles: [copy],
      logs: onlineLogFiles(),
      until: { kind: 'scn', scn: BigInt(early.untilScn) + 10n },
    });
    expect(outcome).toMatchObject({ status: 'too-early', path: copy });
    client.close();
  });
});

describe('a killed session', () => {
  it('fails with ORA-00028 on its own connection, and leaves the others alone', async () => {
    const { client } = await start();
    const channel = await connectInstance({ socketPath: join(base, 's.sock') });
    if (channel === undefined) throw new Error('nobody listens');
    const session = await channel.registerSession({ program: 'rman', clientInfo: 'ady:1', module: null });
    const killed = new Promise((done) => {
      channel.killed.addEventListener('abort', done);
    });
    const target = `${session.sid},${session.serial},@1`;
    await client.runSql({ sql: `ALTER SYSTEM KILL SESSION '${target}' IMMEDIATE` });
    await killed;
    await expect(channel.checkpoint({})).rejects.toMatchObject({ ora: 28 });
    await expect(client.checkpoint({})).resolves.toMatchObject({ scn: expect.any(String) });
    channel.close();
    client.close();
  });

  it('frees the snapshot control file when its client goes', async () => {
    const { client } = await start();
    const other = await connectInstance({ socketPath: join(base, 's.sock') });
    if (other === undefined) throw new Error('nobody listens');
    await other.snapshotControlFile({});
    await expect(client.snapshotControlFile({})).rejects.toMatchObject({ ora: 230 });
    other.close();
    // The server learns of the end of the other connection on its own time; bounded by the test's time-out.
    for (;;) {
      const taken = await client.snapshotControlFile({}).catch(() => undefined);
      if (taken !== undefined) break;
    }
    client.close();
  });
});

describe('a database restored to a new place', () => {
  it('opens with RESETLOGS inside the restoring process, and as an instance afterwards', async () => {
    const { client } = await start();
    const { dataFiles } = await client.readControlFile({});
    const copies = hostPaths.oradata(join(base, 'new'), SID);
    mkdirSync(copies, { recursive: true });
    for (const record of dataFiles) {
      await client.workload({ transactions: 5, rowsPerTransaction: 20, seed: 4 });
      await client.checkpoint({ file: record.file });
      copyHot(record, join(copies, basename(record.name)));
    }
    await client.workload({ transactions: 100, rowsPerTransaction: 20, seed: 4 });
    const mark = await client.mark({});
    await client.archiveLogCurrent({});
    const snapshot = await client.snapshotControlFile({});
    const newBase = join(base, 'new');
    const instance = new Instance({
      sid: SID,
      base: newBase,
      oracleHome: hostPaths.oracleHome(newBase),
      now,
    });
    const { port } = connectLocal(instance);
    await port.startup({ mode: 'NOMOUNT' });
    await expect(port.mount({})).rejects.toMatchObject({ ora: 205 });
    await port.installControlFile({ path: snapshot.path });
    await port.mount({});
    expect((await port.identity({})).status).toBe('MOUNTED');
    await expect(port.open({ resetlogs: false })).rejects.toMatchObject({ ora: 1589 });
    for (const { file, name } of dataFiles)
      await port.switchDataFile({ file, name: join(copies, basename(name)) });
    await expect(port.open({ resetlogs: true })).rejects.toMatchObject({ ora: 1194 });
    expect(await rollForward(mark, copies)).toMatchObject({ status: 'recovered' });
    const opened = await port.open({ resetlogs: true });
    expect(opened.resetlogsScn).toBe(mark.untilScn);
    await port.checkpoint({});
    expect(await compareFiles(mark, { directory: copies, afterResetlogs: true })).toMatchObject({
      identical: dataFiles.length,
    });
    await port.workload({ transactions: 5, rowsPerTransaction: 5, seed: 1 });
    await port.shutdown({ mode: 'IMMEDIATE' });
    await port.startup({ mode: 'OPEN' });
    const { incarnations } = await port.readControlFile({});
    expect(incarnations.map(({ status }) => status)).toEqual(['PARENT', 'CURRENT']);
    await port.shutdown({ mode: 'IMMEDIATE' });
    client.close();
  }, 30_000);
});

/** Gives `target` the header block of `source`, so that it claims the older checkpoint. */
function withHeaderOf(source: string, target: string): void {
  const block = Buffer.alloc(8192);
  const from = openSync(source, 'r');
  readSync(from, block, 0, 8192, 8192);
  closeSync(from);
  const to = openSync(target, 'r+');
  writeSync(to, block, 0, 8192, 8192);
  closeSync(to);
}
