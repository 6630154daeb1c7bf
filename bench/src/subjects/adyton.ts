// Adyton as a database host runs it: the dedup-worker's own program in its own process, with the memory settings of its unit and image, fed
// over its Unix socket in the framed protocol. Store and keys are real; the doorbell that rings for the commit is the real queue. Only the
// control-plane is a stand-in that grants and takes reports: the whole stack cannot be used, because there every piece comes from an agent's
// RMAN run, and here the streams are arbitrary; the data path never waits for the control-plane. CPU time is that of the dedup-worker alone,
// as restic's and borg's is theirs alone; all store into a directory, so none pays for HTTP. Objects are created once and never written
// again, so new objects are PUTs.
import { closeSync, mkdtempSync, openSync, readSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type RunId } from '@adyton/domain';
import { openObjectStore } from '@adyton/object-store';
import {
  connectRedis,
  closeRedis,
  createProducer,
  openHostQueues,
  waitForRedis,
  type Producer,
} from '@adyton/queue';
import { createVault, deriveDatabaseKeys, KEY_FILE_BYTES, serialiseDatabaseKeys } from '@adyton/vault';
import { ManagedProcess } from '../../../stack/src/managed-process';
import { appMain } from '../../../stack/src/repository';
import { startRedis } from '../../../stack/src/start-redis';
import { DEDUP_WORKER_MEMORY } from '../../../stack/src/start-stack';
import { cpuSecondsOf, filesBelow, rssBytesPeakOf, type Cost } from '../measure';
import { SBT_BLOCK_BYTES } from '../stream/data-file-piece';
import { bytesOfDataPacks } from './data-packs';
import { SBT_TOKEN, startGrantServer, type GrantedDatabase, type GrantServer } from './grant-server';
import { SbtClient } from './sbt-client';
import { growthOf, type StoredStream, type StreamFile, type Subject } from './subject';

const DBID = '1565056049';
const HOST_ID = 'hst_00000000000000000000BENCH0';
/** The dedup-worker hears that a run is over with its next report, within a second; far longer means that it hangs. */
const SESSION_END_MS = 30_000;
const POLL_MS = 50;
/** Where a store in a directory writes objects before they get their names. */
const INCOMPLETE = '.incomplete/';
const REDIS_WAIT_MS = 10_000;

/** A piece of a run: what RMAN would send over one channel. */
export interface PieceToStore {
  readonly handle: string;
  readonly blocks: () => Iterable<Buffer>;
}

export interface Adyton extends Subject {
  /** One run, a channel for each piece, all at once; the bytes need not lie in files. */
  backUpPieces(pieces: readonly PieceToStore[]): Promise<StoredStream>;
  rssBytesPeak(): number;
}

export async function openAdyton(directory: string): Promise<Adyton> {
  const endings: Ending[] = [];
  const endAll = async (): Promise<void> => {
    for (const end of endings.splice(0).reverse()) await end();
  };
  try {
    return new RunningAdyton({ ...(await startAll(directory, endings)), endAll });
  } catch (error) {
    await endAll();
    throw error;
  }
}

type Ending = () => Promise<void> | void;

async function startAll(directory: string, endings: Ending[]): Promise<Omit<Parts, 'endAll'>> {
  const storeDirectory = join(directory, 'store');
  const grants = await startGrantServer(await createDatabase(storeDirectory));
  endings.push(() => grants.close());
  const redis = await startRedis({ directory: join(directory, 'redis') });
  endings.push(() => redis.stop());
  const connection = connectRedis(redis.url, { onError: () => undefined });
  const queues = openHostQueues(connection);
  endings.push(() => closeRedis(connection));
  endings.push(() => queues.close());
  if (!(await waitForRedis(connection, REDIS_WAIT_MS))) throw new Error('Redis does not answer');
  const socketDirectory = mkdtempSync(join(tmpdir(), 'adyton-bench-'));
  endings.push(() => rmSync(socketDirectory, { recursive: true, force: true }));
  const socketPath = join(socketDirectory, 'sbt.sock');
  const worker = await ManagedProcess.start({
    name: 'dedup-worker',
    command: process.execPath,
    args: [appMain('dedup-worker')],
    env: {
      ...DEDUP_WORKER_MEMORY,
      ADYTON_CONTROL_PLANE_URL: grants.url,
      ADYTON_HOST_ID: HOST_ID,
      ADYTON_HOST_TOKEN: 'token-of-the-host',
      ADYTON_REDIS_URL: redis.url,
      ADYTON_SBT_SOCKET: socketPath,
      ADYTON_STATE_DIR: join(directory, 'state'),
      ADYTON_STORE_KIND: 'filesystem',
      ADYTON_STORE_DIRECTORY: storeDirectory,
    },
    readyEvent: 'dedup-worker.ready',
    logFile: join(directory, 'dedup-worker.log'),
  });
  endings.push(() => worker.stop());
  return { storeDirectory, socketPath, grants, worker, producer: createProducer(queues) };
}

/** A vault with the keys of one database in it. */
async function createDatabase(storeDirectory: string): Promise<GrantedDatabase> {
  const store = await openObjectStore({ kind: 'filesystem', directory: storeDirectory });
  const vault = await createVault(store, {
    unlock: { kind: 'key-file', key: Buffer.alloc(KEY_FILE_BYTES, 1) },
    now: new Date(),
  });
  const keys = deriveDatabaseKeys(vault.masterKey, vault.vaultId, DBID);
  return { dbid: DBID, vaultId: vault.vaultId, keys: serialiseDatabaseKeys(keys) };
}

interface Parts {
  readonly storeDirectory: string;
  readonly socketPath: string;
  readonly grants: GrantServer;
  readonly worker: ManagedProcess;
  readonly producer: Producer;
  readonly endAll: Ending;
}

class RunningAdyton implements Adyton {
  readonly name = 'adyton';
  private readonly handles = new Map<string, string>();

  constructor(private readonly parts: Parts) {}

  async backUp(name: string, stream: StreamFile): Promise<StoredStream> {
    const token = String(this.handles.size + 1).padStart(8, '0');
    const part = stream.fileNumber === null ? 'A' : `F${stream.fileNumber}`;
    const handle = `ORCL/${token}_1_${part}_${name}`;
    this.handles.set(name, handle);
    return this.backUpPieces([{ handle, blocks: () => blocksOfFile(stream.path) }]);
  }

  async backUpPieces(pieces: readonly PieceToStore[]): Promise<StoredStream> {
    const { grants, producer, storeDirectory } = this.parts;
    const before = objectsBelow(storeDirectory);
    const runId = grants.begin(
      'backup',
      pieces.map((piece) => piece.handle),
    );
    const { cost, result: totals } = await this.costOf(async () => {
      await Promise.all(pieces.map((piece, i) => this.send(runId, `c${i + 1}`, piece)));
      const committed = grants.committed(runId);
      await producer.enqueue('recovery-point.commit', HOST_ID, { v: 1, runId, fence: 1 }, `commit-${runId}`);
      return committed;
    });
    await this.untilSessionEnded(before);
    const after = objectsBelow(storeDirectory);
    const growth = growthOf(before, after);
    return {
      cost,
      bytesNew: totals.bytesNew,
      bytesStored: growth.bytes,
      bytesMetadata: growth.bytes - bytesOfDataPacks(storeDirectory, growth.added),
      objects: growth.added.length,
    };
  }

  async restore(name: string, sink: { readonly take: (bytes: Uint8Array) => void }): Promise<Cost> {
    const handle = this.handles.get(name);
    if (handle === undefined) throw new Error(`nothing was stored as ${name}`);
    const { grants } = this.parts;
    const runId = grants.begin('restore', [handle]);
    const { cost } = await this.costOf(async () => {
      const client = await this.connect(runId, 'c1');
      await client.readPiece(handle, sink.take);
      await client.end();
    });
    grants.finish(runId);
    return cost;
  }

  rssBytesPeak(): number {
    return rssBytesPeakOf(this.parts.worker.pid);
  }

  async close(): Promise<void> {
    await this.parts.endAll();
  }

  private async send(runId: RunId, channel: string, piece: PieceToStore): Promise<void> {
    const client = await this.connect(runId, channel);
    await client.writePiece(piece.handle, piece.blocks());
    await client.end();
  }

  private connect(runId: RunId, channel: string): Promise<SbtClient> {
    return SbtClient.open({
      socketPath: this.parts.socketPath,
      runId,
      token: SBT_TOKEN,
      channel,
      dbid: DBID,
    });
  }

  private async costOf<T>(work: () => Promise<T>): Promise<{ cost: Cost; result: T }> {
    const { pid } = this.parts.worker;
    const cpuBefore = cpuSecondsOf(pid);
    const began = performance.now();
    const result = await work();
    return {
      cost: {
        wallSeconds: (performance.now() - began) / 1000,
        cpuSeconds: cpuSecondsOf(pid) - cpuBefore,
        rssBytesPeak: rssBytesPeakOf(pid),
      },
      result,
    };
  }

  /** The run's last object is its session's end marker. */
  private async untilSessionEnded(before: ReadonlyMap<string, number>): Promise<void> {
    const folder = join(this.parts.storeDirectory, 'session');
    const isMarker = (path: string): boolean => /^[0-9A-Z]{26}$/.test(path);
    const sid = [...filesBelow(folder).keys()].find(
      (path) => isMarker(path) && !before.has(`session/${path}`),
    );
    if (sid === undefined) throw new Error('the run opened no session');
    const giveUpAt = performance.now() + SESSION_END_MS;
    while (!existsSync(join(folder, `${sid}.end`))) {
      if (performance.now() > giveUpAt) throw new Error(`session ${sid} does not end`);
      await pause(POLL_MS);
    }
  }
}

/** Without what is being written, or was until a moment ago. */
function objectsBelow(storeDirectory: string): Map<string, number> {
  const files = filesBelow(storeDirectory);
  for (const path of files.keys()) if (path.startsWith(INCOMPLETE)) files.delete(path);
  return files;
}

function* blocksOfFile(path: string): Generator<Buffer> {
  const file = openSync(path, 'r');
  try {
    for (;;) {
      const block = Buffer.allocUnsafe(SBT_BLOCK_BYTES);
      const length = readSync(file, block);
      if (length === 0) return;
      if (length !== SBT_BLOCK_BYTES) throw new Error(`${path} is not made of whole SBT blocks`);
      yield block;
    }
  } finally {
    closeSync(file);
  }
}
