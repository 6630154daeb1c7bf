import { MemoryStore } from '@adyton/object-store';
import {
  type Compute,
  deriveDatabaseKeys,
  IngestBuffers,
  inlineCompute,
  openWriterSession,
  type WriterSession,
} from '../index';
import {
  PACK_AGE_MS_MAX,
  PACK_BYTES_MAX,
  PACK_BYTES_SHORT_MAX,
  PACK_SLACK_BYTES,
  SEGMENT_BYTES,
} from '../limits';
import { noise } from '../testing/noise';
import { DBID, VAULT_ID } from '../testing/test-vault';

class PackStore extends MemoryStore {
  readonly packs: number[] = [];
  readonly created: string[] = [];

  override async create(key: string, bytes: Uint8Array) {
    this.created.push(key);
    if (key.startsWith('pack/')) this.packs.push(bytes.length);
    return super.create(key, bytes);
  }
}

async function openSession(
  store: PackStore,
  nowMs: () => number,
  compute = inlineCompute(),
): Promise<WriterSession> {
  return openWriterSession({
    store,
    vaultId: VAULT_ID,
    keys: deriveDatabaseKeys(Buffer.alloc(32, 1), VAULT_ID, DBID),
    dbid: DBID,
    runId: 'run_1',
    fence: 1,
    compute,
    buffers: new IngestBuffers(),
    now: () => new Date(nowMs()),
  });
}

/** Until everything that was written has found its place. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
}

describe('the open pack of a piece', () => {
  it('is sealed at its size: a piece costs a PUT for every 32 MiB stored, one for its recipe, and little else', async () => {
    const store = new PackStore();
    const session = await openSession(store, () => 1_700_000_000_000);
    const before = store.created.length;
    const piece = await session.openPiece('misc_1');
    for (let part = 0; part < 18; part += 1) await piece.write(noise(part, SEGMENT_BYTES));
    const { bytesStored } = await piece.close();
    for (const bytes of store.packs.slice(0, -1))
      expect(bytes).toBeGreaterThan(PACK_BYTES_MAX - PACK_BYTES_SHORT_MAX);
    for (const bytes of store.packs) expect(bytes).toBeLessThan(PACK_BYTES_MAX + PACK_SLACK_BYTES);
    expect(store.created.length - before).toBeLessThanOrEqual(
      1.05 * Math.ceil(bytesStored / PACK_BYTES_MAX) + 3,
    );
    await session.end();
  });

  it('is sealed when it is 15 minutes old, with the next bytes that come', async () => {
    const store = new PackStore();
    let nowMs = 1_700_000_000_000;
    const session = await openSession(store, () => nowMs);
    const piece = await session.openPiece('misc_1');
    await piece.write(noise(1, 2 * SEGMENT_BYTES));
    await settled();
    nowMs += PACK_AGE_MS_MAX - 1;
    await piece.write(noise(2, 2 * SEGMENT_BYTES));
    await settled();
    expect(store.packs).toEqual([]);
    nowMs += 1;
    await piece.write(noise(3, 2 * SEGMENT_BYTES));
    await settled();
    expect(store.packs).toHaveLength(1);
    await piece.close();
    expect(store.packs).toHaveLength(2);
    await session.end();
  });
});

describe('a piece that fails', () => {
  it('gives its memory to the next one only when no thread works on it any more', async () => {
    const jobs: PromiseWithResolvers<void>[] = [];
    const digest = (): Promise<void> => {
      const job = Promise.withResolvers<void>();
      jobs.push(job);
      return job.promise;
    };
    const compute: Compute = { ...inlineCompute(), digest };
    const session = await openSession(new PackStore(), () => 1_700_000_000_000, compute);
    const piece = await session.openPiece('misc_1');
    await piece.write(noise(1, 2 * SEGMENT_BYTES));
    piece.stop(new Error('cancelled'));
    let given = false;
    const aborted = piece.abort().then(() => (given = true));
    jobs[0]?.resolve();
    await settled();
    expect({ given, jobs: jobs.length }).toEqual({ given: false, jobs: 2 });
    jobs[1]?.resolve();
    await aborted;
    await session.end();
  });
});
