// K1 asked of a bucket: whatever names a piece keeps it, until what names it has expired.
import { randomBytes } from 'node:crypto';
import {
  endPin,
  expireRecoveryPoint,
  findRecipeKeys,
  pinPieces,
  releaseHandle,
  stillNeeded,
  type NeedQuestion,
} from '../index';
import { collectedVault, type CollectedVault } from '../testing/collected-vault';
import { DBID, writePiece } from '../testing/test-vault';

const HOUR_MS = 3_600_000;
const noise = (): Buffer => randomBytes(9_000);

async function needed(
  vault: CollectedVault,
  handles: readonly string[],
  question: Partial<NeedQuestion> = {},
): Promise<string[]> {
  const { store, keys } = vault;
  const asked = {
    handles,
    leaving: new Set<string>(),
    held: new Set<string>(),
    now: vault.now(),
    ...question,
  };
  return [...(await stillNeeded({ store, keys, dbid: DBID }, asked))];
}

it('K1 keeps a piece while a recovery point names it that neither has expired nor is about to', async () => {
  const vault = collectedVault();
  const first = await vault.backUp(1, { base: noise(), a: noise() });
  expect(await needed(vault, ['base', 'a', 'unknown'])).toEqual(['base', 'a']);
  expect(await needed(vault, ['base', 'a'], { leaving: new Set([first]) })).toEqual([]);
  const held = { leaving: new Set([first]), held: new Set([first]) };
  expect(await needed(vault, ['base', 'a'], held)).toEqual(['base', 'a']);
  await expireRecoveryPoint(vault.store, first, vault.now());
  expect(await needed(vault, ['base', 'a'])).toEqual([]);
});

it('K1 keeps the base of a recovery point that no ledger has to know of', async () => {
  const vault = collectedVault();
  const first = await vault.backUp(1, { base: noise() });
  const writer = await vault.session(2);
  await writePiece(writer, 'b', noise());
  await writer.commit({ contents: {}, closure: ['base', 'b'] });
  await writer.end();
  expect(await needed(vault, ['base'], { leaving: new Set([first]) })).toEqual(['base']);
});

it('K1 keeps what a failed run left until its partial goes', async () => {
  const vault = collectedVault();
  const writer = await vault.session(1);
  await writePiece(writer, 'left', noise());
  await writer.leavePartial('it failed');
  await writer.end();
  const [partialKey = ''] = (await vault.keysBelow('manifest/')).filter((key) => key.endsWith('.partial'));
  expect(await needed(vault, ['left'])).toEqual(['left']);
  expect(await needed(vault, ['left'], { leaving: new Set([partialKey]) })).toEqual([]);
});

it('K1 keeps what a restore reads until it has ended', async () => {
  const vault = collectedVault();
  const { store, keys } = vault;
  const first = await vault.backUp(1, { a: noise() });
  const leaving = new Set([first]);
  const [recipeKey] = await findRecipeKeys({ store, keys, dbid: DBID }, ['a']);
  const pinKey = await pinPieces({
    ...{ store, keys, why: 'restore', now: vault.now() },
    pieces: [{ handle: 'a', recipeKey: recipeKey ?? '' }],
    expiresAt: new Date(vault.now().getTime() + HOUR_MS),
  });
  expect(await needed(vault, ['a'], { leaving })).toEqual(['a']);
  await endPin(store, pinKey, vault.now());
  expect(await needed(vault, ['a'], { leaving })).toEqual([]);
});

it('says nothing where a manifest cannot be read: nobody knows what it needs', async () => {
  const vault = collectedVault();
  const first = await vault.backUp(1, { a: noise() });
  await vault.store.delete(first);
  await vault.store.create(first, randomBytes(400));
  await expect(needed(vault, ['a'])).rejects.toMatchObject({ kind: 'damaged' });
});

it('K4 gives the space of a piece back only after it was released by its handle', async () => {
  const vault = collectedVault();
  const { store, keys } = vault;
  const first = await vault.backUp(1, { a: noise() });
  await expireRecoveryPoint(store, first, vault.now());
  expect(await vault.collect()).toMatchObject({ outcome: 'nothing' });
  await releaseHandle({ store, keys, dbid: DBID }, 'a');
  await releaseHandle({ store, keys, dbid: DBID }, 'a'); // done again after a crash
  expect(await vault.collect()).toMatchObject({ outcome: 'done', recipesDeleted: 1 });
  expect(await vault.keysBelow('pack/')).toEqual([]);
});
