import { generationKey, recordStep } from '../collect/generations';
import { MemoryStore } from '@adyton/object-store';
import { findPiece, type PieceSummary } from '../index';
import { CHUNKS_PER_SLOT_MAX, MAPPED_SLOT_BYTES, REGION_BYTES } from '../limits';
import { damageMaps } from '../testing/damage-store';
import { dataFilePiece, range, seeded } from '../testing/oracle-stream';
import { DBID, testVault, writePiece, type TestVault } from '../testing/test-vault';

const BLOCK = 8192;
const BLOCKS_PER_REGION = REGION_BYTES / BLOCK;
const BLOCKS_PER_SLOT = MAPPED_SLOT_BYTES / BLOCK;
const FIRST_RUN = 100; // run ids sort as time does

/** Every version of every block that was ever written, so that a test says which changed in which run. */
class DataFile {
  private readonly versions = new Map<number, number>();

  constructor(
    private readonly blocks: readonly number[],
    private readonly blockBytes = BLOCK,
  ) {}

  change(blocks: readonly number[]): void {
    for (const block of blocks) this.versions.set(block, (this.versions.get(block) ?? 1) + 1);
  }

  /** @param head random bytes RMAN puts first; another number, other bytes */
  piece(head: number, blocks = this.blocks): Buffer {
    const versionOf = (block: number): number => this.versions.get(block) ?? 1;
    return dataFilePiece({ run: head, blocks, versionOf, blockBytes: this.blockBytes });
  }
}

/** One run that backs up these pieces and commits. */
async function backUp(
  vault: TestVault,
  run: number,
  pieces: Record<string, Buffer>,
): Promise<PieceSummary[]> {
  const session = await vault.session(FIRST_RUN + run);
  const summaries: PieceSummary[] = [];
  for (const [handle, bytes] of Object.entries(pieces))
    summaries.push(await writePiece(session, handle, bytes));
  const committed = await session.commit({ contents: {}, closure: Object.keys(pieces) });
  expect(committed.kind).toBe('committed');
  await session.end();
  return summaries;
}

async function bytesNewOf(vault: TestVault, run: number, bytes: Buffer): Promise<number> {
  const handle = handleOf(run);
  const [summary] = await backUp(vault, run, { [handle]: bytes });
  expect((await vault.restore(handle)).equals(bytes)).toBe(true);
  return summary?.bytesNew ?? -1;
}

function handleOf(run: number, section = 1): string {
  return `adyton/run${run}_1_F4_${section}`;
}

async function chainsOf(vault: TestVault, handle: string): Promise<readonly (readonly number[])[]> {
  const found = await findPiece({ store: vault.store, keys: vault.keys, dbid: DBID }, handle);
  return found?.recipe.maps.map(({ chunks }) => chunks) ?? [];
}

describe('a second full of a data file', () => {
  it('stores the blocks that changed and nothing else', async () => {
    const vault = testVault();
    const file = new DataFile(range(1, 1500));
    await bytesNewOf(vault, 1, file.piece(1));
    const unchanged = await bytesNewOf(vault, 2, file.piece(2));
    const changed = range(0, 15).map((i) => 50 + i * 97);
    file.change(changed);
    expect(await bytesNewOf(vault, 3, file.piece(3))).toBe(unchanged + changed.length * BLOCK);
    expect(await bytesNewOf(vault, 4, file.piece(4))).toBe(unchanged);
  });

  it('leaves next to no metadata', async () => {
    const vault = testVault();
    const file = new DataFile(range(1, 4000));
    const bytes = file.piece(1);
    const [first] = await backUp(vault, 1, { [handleOf(1)]: bytes });
    expect(first?.bytesMetadata).toBeLessThan(bytes.length * 0.0015); // of which fingerprints take 0.001
    const [second] = await backUp(vault, 2, { [handleOf(2)]: file.piece(2) });
    expect(second?.bytesMetadata).toBeLessThan(bytes.length * 0.0003);
  });

  it.each([2048, 4096, 16_384, 32_768])('does so with blocks of %i bytes', async (blockBytes) => {
    const vault = testVault();
    const file = new DataFile(range(1, Math.floor(6_000_000 / blockBytes)), blockBytes);
    await bytesNewOf(vault, 1, file.piece(1));
    const unchanged = await bytesNewOf(vault, 2, file.piece(2));
    file.change([40, 90, 91]);
    expect(await bytesNewOf(vault, 3, file.piece(3))).toBe(unchanged + 3 * blockBytes);
  });

  it('does so across the regions of its map, whichever way the stream goes through them', async () => {
    const vault = testVault();
    const blocks = range(0, 6).flatMap((region) =>
      range(region * BLOCKS_PER_REGION - 8, region * BLOCKS_PER_REGION + 24),
    );
    const positive = blocks.filter((block) => block > 0);
    const file = new DataFile(positive);
    await bytesNewOf(vault, 1, file.piece(1));
    const unchanged = await bytesNewOf(vault, 2, file.piece(2));
    file.change([BLOCKS_PER_REGION - 1, BLOCKS_PER_REGION, 5 * BLOCKS_PER_REGION + 3]);
    expect(await bytesNewOf(vault, 3, file.piece(3))).toBe(unchanged + 3 * BLOCK);
    const backAndForth = [
      ...range(1, 9),
      ...range(5 * BLOCKS_PER_REGION, 5 * BLOCKS_PER_REGION + 8),
      ...positive,
    ];
    await bytesNewOf(vault, 4, file.piece(4, backAndForth));
  });

  it('stores newly used blocks without what stands beside them', async () => {
    const vault = testVault();
    const file = new DataFile(range(1, 1000).filter((block) => block % 8 !== 3));
    await bytesNewOf(vault, 1, file.piece(1));
    const unchanged = await bytesNewOf(vault, 2, file.piece(2));
    expect(await bytesNewOf(vault, 3, file.piece(3, range(1, 1000)))).toBe(unchanged + 125 * BLOCK);
  });

  it('stores a slot anew when it would come from more than twenty-four chunks', async () => {
    const vault = testVault();
    const file = new DataFile(range(BLOCKS_PER_SLOT, 400));
    await bytesNewOf(vault, 1, file.piece(1));
    const unchanged = await bytesNewOf(vault, 2, file.piece(2));
    const fresh: number[] = [];
    for (let run = 3; run < 3 + CHUNKS_PER_SLOT_MAX; run += 1) {
      file.change([BLOCKS_PER_SLOT + run - 3]);
      fresh.push((await bytesNewOf(vault, run, file.piece(run))) - unchanged);
    }
    expect(fresh).toEqual([...Array<number>(CHUNKS_PER_SLOT_MAX - 1).fill(BLOCK), BLOCKS_PER_SLOT * BLOCK]);
  });

  it('keeps chains of maps short and every generation whole over thirty fulls', async () => {
    const vault = testVault();
    const file = new DataFile(range(1, 600));
    const random = seeded(7);
    const pieces: Buffer[] = [];
    for (let run = 0; run < 30; run += 1) {
      file.change(range(0, 6).map(() => 1 + Math.floor(random() * 599)));
      pieces.push(file.piece(run));
      await backUp(vault, run, { [handleOf(run)]: pieces[run] ?? Buffer.alloc(0) });
      for (const chain of await chainsOf(vault, handleOf(run))) expect(chain.length).toBeLessThanOrEqual(8);
    }
    for (const [run, bytes] of pieces.entries())
      expect((await vault.restore(handleOf(run))).equals(bytes)).toBe(true);
  });
});

describe('the map of a data file', () => {
  it('learns from an incremental what a later full then finds', async () => {
    const vault = testVault();
    const file = new DataFile(range(1, 1000));
    await bytesNewOf(vault, 1, file.piece(1));
    const unchanged = await bytesNewOf(vault, 2, file.piece(2));
    const changed = [100, 250, 251, 900];
    file.change(changed);
    await bytesNewOf(vault, 3, file.piece(3, changed));
    expect(await bytesNewOf(vault, 4, file.piece(4))).toBe(unchanged);
  });

  it('is that of all sections of the last backup', async () => {
    const vault = testVault();
    const file = new DataFile(range(1, 1000));
    await bytesNewOf(vault, 1, file.piece(1));
    const unchanged = await bytesNewOf(vault, 2, file.piece(2));
    file.change([100, 700]);
    await backUp(vault, 3, {
      [handleOf(3, 1)]: file.piece(3, range(1, 512)),
      [handleOf(3, 2)]: file.piece(33, range(512, 1000)),
    });
    expect(await bytesNewOf(vault, 4, file.piece(4))).toBe(unchanged);
  });

  it('is found in what a failed run left', async () => {
    const vault = testVault();
    const file = new DataFile(range(1, 200));
    const failed = await vault.session(FIRST_RUN);
    await writePiece(failed, handleOf(1), file.piece(1));
    await failed.leavePartial('RMAN failed');
    await failed.end();
    file.change([20]);
    const [retried] = await backUp(vault, 2, { [handleOf(2)]: file.piece(2) });
    expect(retried?.bytesNew).toBeLessThan(BLOCK * 3);
  });

  it('is kept by data file: another file’s is not asked', async () => {
    const vault = testVault();
    const file = new DataFile(range(1, 200));
    await bytesNewOf(vault, 1, file.piece(1));
    file.change([20]);
    const [other] = await backUp(vault, 2, { 'adyton/run2_1_F5_1': file.piece(2) });
    expect(other?.bytesNew).toBeGreaterThanOrEqual(8 * BLOCK); // its slot, found changed by its id
  });

  it('is not kept for a stream that names no data file', async () => {
    const vault = testVault();
    await backUp(vault, 1, { 'adyton/run1_arch_1': new DataFile(range(1, 200)).piece(1) });
    expect(await chainsOf(vault, 'adyton/run1_arch_1')).toEqual([]);
  });

  it('never leads into a condemned pack', async () => {
    const vault = testVault();
    const file = new DataFile(range(1, 200));
    await bytesNewOf(vault, 1, file.piece(1));
    const packs = await vault.keysBelow('pack/');
    await recordStep(vault.store, generationKey(1, 'condemned'), { packs, recipes: [] });
    const bytes = file.piece(2);
    const [again] = await backUp(vault, 2, { [handleOf(2)]: bytes });
    expect(again?.bytesNew).toBeGreaterThan(bytes.length * 0.9);
    for (const key of packs) await vault.store.delete(key);
    expect((await vault.restore(handleOf(2))).equals(bytes)).toBe(true);
  });

  it('that is damaged costs space and no bytes', async () => {
    const store = new MemoryStore();
    const vault = testVault(store);
    const file = new DataFile(range(1, 400));
    await bytesNewOf(vault, 1, file.piece(1));
    for (const key of await vault.keysBelow('pack/')) await damageMaps(store, key);
    file.change([20]);
    expect(await bytesNewOf(vault, 2, file.piece(2))).toBeGreaterThanOrEqual(8 * BLOCK);
    file.change([21]);
    expect(await bytesNewOf(vault, 3, file.piece(3))).toBeLessThan(4 * BLOCK); // the next map is whole again
  });
});

describe('any stream', () => {
  it('comes back, however its blocks change, move, repeat and go missing', async () => {
    const vault = testVault();
    const random = seeded(20261124);
    const file = new DataFile([]);
    for (let run = 1; run <= 25; run += 1) {
      file.change(range(0, 20).map(() => Math.floor(random() * 300)));
      const blocks = range(0, 300).filter(() => random() > 0.2);
      if (random() < 0.3) blocks.push(...blocks.slice(0, 40));
      if (random() < 0.2) blocks.reverse();
      await bytesNewOf(vault, run, file.piece(run, blocks));
    }
  });
});
