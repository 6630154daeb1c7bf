// What stops the collector: books that are damaged or gone, a store that is unfit, and its own death at any call.
import { faultyStore, MemoryStore, ObjectStoreError, type ObjectStore } from '@adyton/object-store';
import { createVault } from '../index';
import { collectedVault, type CollectedVault } from '../testing/collected-vault';
import { bytesOf, replaceObject, withFlippedBit } from '../testing/damage-store';
import { randomBytesOf } from '../testing/oracle-stream';
import { writePiece } from '../testing/test-vault';

const one = randomBytesOf(1, 40_000);
const two = randomBytesOf(2, 50_000);
/** In the sealed part of a book, behind what stands in the clear. */
const FLIPPED_BIT = 60 * 8;

describe('books that are damaged or gone', () => {
  it.each(['manifest/', 'piece/'])('below %s stop the collector, and it names them', async (prefix) => {
    const vault = collectedVault();
    await vault.letGo(await vault.backUp(1, { 'h/1': one }));
    await vault.backUp(2, { 'h/2': two });
    const key = (await vault.keysBelow(prefix)).find((k) => !k.includes('run_1')) ?? '';
    const damagedKey = prefix === 'piece/' ? await vault.recipeOf('h/2') : key;
    const damaged = withFlippedBit(await bytesOf(vault.store, damagedKey), FLIPPED_BIT);
    await replaceObject(vault.store, damagedKey, damaged);
    await expect(vault.collect()).rejects.toMatchObject({
      kind: 'damaged',
      facts: { objectKey: damagedKey },
    });
    expect(await vault.keysBelow('pack/')).toHaveLength(2);
  });

  it('a recipe that a recovery point names and that is missing stops it, too', async () => {
    const vault = collectedVault();
    await vault.backUp(1, { 'h/1': one });
    const recipeKey = await vault.recipeOf('h/1');
    await vault.store.delete(recipeKey);
    await expect(vault.collect()).rejects.toMatchObject({ kind: 'damaged', facts: { objectKey: recipeKey } });
    expect(await vault.keysBelow('pack/')).toHaveLength(1);
  });
});

/** Has no conditional create: what is there is lost. */
function overwriting(inner: MemoryStore): ObjectStore {
  return Object.assign(Object.create(inner) as ObjectStore, {
    create: async (key: string, bytes: Uint8Array) => {
      await inner.delete(key);
      return inner.create(key, bytes);
    },
  });
}

describe('a store', () => {
  it('that overwrites is refused, with the reason', async () => {
    await expect(collectedVault().collect({ store: overwriting(new MemoryStore()) })).rejects.toMatchObject({
      kind: 'unfit-store',
      message: expect.stringContaining('"conditionalCreate":false'),
    });
  });

  it('that overwrites is refused when a vault is to be created, and stays empty', async () => {
    const memory = new MemoryStore();
    const unlock = { kind: 'key-file', key: Buffer.alloc(32, 1) } as const;
    await expect(createVault(overwriting(memory), { unlock, now: new Date() })).rejects.toMatchObject({
      kind: 'unfit-store',
    });
    expect(await collectedVault(memory).keysBelow('')).toEqual([]);
  });

  it('whose listings are stale is refused', async () => {
    const stale = faultyStore(new MemoryStore(), (operation) => (operation === 'list' ? 'stale-list' : null));
    await expect(collectedVault().collect({ store: stale })).rejects.toMatchObject({ kind: 'unfit-store' });
  });
});

/** Fails from the given call on, as a killed process does. */
function dyingAt(inner: ObjectStore, failAt: number): ObjectStore {
  let calls = 0;
  return faultyStore(inner, () => ((calls += 1) > failAt ? 'unavailable' : null));
}

describe('a collector killed at any call', () => {
  it('is finished by the next one, with the same outcome', async () => {
    let finished = false;
    let kills = 0;
    for (let failAt = 0; !finished; failAt += 1) {
      const vault = collectedVault();
      await vault.letGo(await vault.backUp(1, { 'h/1': one }));
      await vault.backUp(2, { 'h/2': two });
      const dead = await vault.session(3);
      await writePiece(dead, 'h/3', randomBytesOf(3, 9_000));
      vault.passHours(24);
      finished = await vault.collect({ store: dyingAt(vault.store, failAt) }).then(
        () => true,
        (error: unknown) => {
          if (!(error instanceof ObjectStoreError)) throw error;
          return false;
        },
      );
      kills += 1;
      expect(['done', 'nothing']).toContain((await vault.collect()).outcome);
      await expectCleanVault(vault);
    }
    expect(kills).toBeGreaterThan(50);
  });
});

async function expectCleanVault(vault: CollectedVault): Promise<void> {
  expect((await vault.restore('h/2')).equals(two)).toBe(true);
  expect((await vault.restore('h/3')).length).toBe(9_000);
  expect(await vault.keysBelow('pack/')).toHaveLength(2);
  expect(await vault.keysBelow('piece/')).toHaveLength(2);
  expect(await vault.keysBelow('released/')).toEqual([]);
  expect(await vault.keysBelow('manifest/')).toHaveLength(3);
  expect((await vault.keysBelow('gc/')).filter((key) => key.endsWith('/done'))).toHaveLength(1);
}
