// Restores of real pieces, with an eye on what is asked of the store.
import { type GetOptions, MemoryStore } from '@adyton/object-store';
import { openPieceReader, RestoreBuffers } from '../index';
import { dataFilePiece, range, seeded } from '../testing/oracle-stream';
import { DBID, testVault, VAULT_ID, writePiece } from '../testing/test-vault';
import { inlineCompute } from '../compute/compute';

class CountingStore extends MemoryStore {
  packBytesRead = 0;
  packReads = 0;
  packBytes = 0;

  override async create(key: string, bytes: Uint8Array) {
    if (key.startsWith('pack/')) this.packBytes += bytes.length;
    return super.create(key, bytes);
  }

  override async get(key: string, options: GetOptions = {}) {
    const bytes = await super.get(key, options);
    if (key.startsWith('pack/')) {
      this.packReads += 1;
      this.packBytesRead += bytes?.length ?? 0;
    }
    return bytes;
  }
}

const BLOCKS = range(1, 2500);
const RUNS = 10;

/** Ten more fulls, one block in a hundred changed before each. */
async function fullsThatChange(store: CountingStore) {
  const vault = testVault(store);
  const versions = new Map<number, number>();
  const random = seeded(7);
  let bytes: Buffer = Buffer.alloc(0);
  for (let run = 0; run <= RUNS; run += 1) {
    bytes = dataFilePiece({ run, blocks: BLOCKS, versionOf: (block) => versions.get(block) ?? 1 });
    const session = await vault.session(100 + run);
    await writePiece(session, `adyton/run${run}_1_F4_1`, bytes);
    await session.commit({ contents: {}, closure: [`adyton/run${run}_1_F4_1`] });
    await session.end();
    for (const block of BLOCKS) if (random() < 0.01) versions.set(block, (versions.get(block) ?? 1) + 1);
  }
  return { vault, bytes, handle: `adyton/run${RUNS}_1_F4_1` };
}

describe('restoring a piece', () => {
  it('reads every part of every pack once, also after ten fulls that changed a little', async () => {
    const store = new CountingStore();
    const { vault, bytes, handle } = await fullsThatChange(store);
    store.packReads = store.packBytesRead = 0;
    expect((await vault.restore(handle)).equals(bytes)).toBe(true);
    expect(store.packBytesRead).toBeLessThan(store.packBytes);
    expect(store.packReads).toBeLessThanOrEqual(2 * RUNS);
  });

  it('shares what was decoded with the next restore, and what a reader holds comes back when it is closed', async () => {
    const store = new CountingStore();
    const { vault, bytes, handle } = await fullsThatChange(store);
    const restoreBuffers = new RestoreBuffers();
    const options = {
      store,
      vaultId: VAULT_ID,
      keys: vault.keys,
      dbid: DBID,
      compute: inlineCompute(),
      restoreBuffers,
    };
    const alone = restoreBuffers.windowBytes;
    const readers = await Promise.all([1, 2, 3, 4].map(() => openPieceReader(options, handle)));
    expect(restoreBuffers.windowBytes).toBe(alone / 2);
    const first = await readers[0]?.read();
    expect(Buffer.from(first ?? []).equals(bytes.subarray(0, first?.length))).toBe(true);
    await Promise.all(readers.map((reader) => reader.close()));
    expect(restoreBuffers.windowBytes).toBe(alone);
  });
});
