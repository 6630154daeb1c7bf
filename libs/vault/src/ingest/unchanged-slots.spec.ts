import { MemoryStore } from '@adyton/object-store';
import { CUT_FIELDS } from '../chunking/cut-stream';
import { generationKey, recordStep } from '../collect/generations';
import { type Compute, inlineCompute } from '../index';
import { dataFilePiece, range } from '../testing/oracle-stream';
import { damageMaps, dataPacks } from '../testing/damage-store';
import { testVault, writePiece, type TestVault } from '../testing/test-vault';

const BLOCK = 8192;
const BLOCKS = range(1, 1500);
const handleOf = (run: number): string => `adyton/run${run}_1_F4_1`;

/** A full with these blocks in a newer version than the first. @returns bytes that were new */
async function backUp(vault: TestVault, run: number, piece: Buffer, compute?: Compute): Promise<number> {
  const session = await vault.session(100 + run, compute === undefined ? {} : { compute });
  const { bytesNew } = await writePiece(session, handleOf(run), piece);
  const committed = await session.commit({ contents: {}, closure: [handleOf(run)] });
  expect(committed.kind).toBe('committed');
  await session.end();
  expect((await vault.restore(handleOf(run))).equals(piece)).toBe(true);
  return bytesNew;
}

function piece(run: number, changed: readonly number[] = [], blocks = BLOCKS): Buffer {
  const newer = new Set(changed);
  return dataFilePiece({ run, blocks, versionOf: (block) => (newer.has(block) ? 2 : 1) });
}

/** Does the work and counts the units that were hashed. */
function countingCompute(): { readonly compute: Compute; readonly unitsHashed: () => number } {
  let units = 0;
  const inline = inlineCompute();
  const compute: Compute = {
    ...inline,
    digest: (job) => {
      for (let i = 0; i < job.cuts.length; i += CUT_FIELDS)
        if (job.wanted?.[i / CUT_FIELDS] !== 0) units += job.cuts[i + 3] ?? 0;
      return inline.digest(job);
    },
  };
  return { compute, unitsHashed: () => units };
}

describe('slots of a data file that did not change', () => {
  it('are recognised by their tags: only blocks of the others are hashed', async () => {
    const vault = testVault();
    await backUp(vault, 1, piece(1));
    const unchanged = countingCompute();
    await backUp(vault, 2, piece(2), unchanged.compute);
    expect(unchanged.unitsHashed()).toBeLessThan(8); // head and trailer
    const changed = countingCompute();
    await backUp(vault, 3, piece(3, [700]), changed.compute);
    expect(changed.unitsHashed()).toBe(unchanged.unitsHashed() + 32);
  });

  it('are looked at block by block when the stream brings other blocks of them before', async () => {
    const vault = testVault();
    await backUp(vault, 1, piece(1, [], range(64, 96)));
    const twice = Buffer.concat([piece(2, range(64, 96), range(64, 96)), piece(3, [], range(64, 96))]);
    expect(await backUp(vault, 2, twice)).toBeGreaterThan(32 * BLOCK);
  });

  it('are not taken for what an older part of the map says when a newer part is damaged', async () => {
    const store = new MemoryStore();
    const vault = testVault(store);
    await backUp(vault, 1, piece(1));
    const before = new Set(await vault.keysBelow('pack/'));
    const many = range(0, 40).map((i) => 3 + i * 32); // a part of the map that later ones are not merged with
    await backUp(vault, 2, piece(2, many));
    const second = (await vault.keysBelow('pack/')).filter((key) => !before.has(key));
    await backUp(vault, 3, piece(3, [...many, 5]));
    for (const key of second) await damageMaps(store, key);
    await backUp(vault, 4, piece(4, [...many, 5])); // slot 0 is as it was; where its block 3 is nobody knows any more
  });

  it('are stored again when the pack that holds them was condemned, though the map that names them is there', async () => {
    const store = new MemoryStore();
    const vault = testVault(store);
    await backUp(vault, 1, piece(1));
    const packs = await dataPacks(store, await vault.keysBelow('pack/'));
    await recordStep(store, generationKey(1, 'condemned'), { packs, recipes: [] });
    expect(await backUp(vault, 2, piece(2))).toBeGreaterThan(BLOCKS.length * BLOCK);
  });

  it('get their tags again from a full after an incremental told of single blocks', async () => {
    const vault = testVault();
    await backUp(vault, 1, piece(1));
    await backUp(vault, 2, piece(2, [700], [700]));
    await backUp(vault, 3, piece(3, [700]));
    const after = countingCompute();
    await backUp(vault, 4, piece(4, [700]), after.compute);
    expect(after.unitsHashed()).toBeLessThan(8);
  });
});
