// RMAN's DELETE: what something needs stays, and the answer says what needs it; the rest gets its marker.
import { expireRecoveryPoint, findPiece, pinPieces, releasePiece } from '../index';
import { findRecipeKey, recipeNameOf } from '../session/piece-names';
import { collectedVault, type CollectedVault } from '../testing/collected-vault';
import { randomBytesOf } from '../testing/oracle-stream';
import { DBID, writePiece } from '../testing/test-vault';
import { removeUnneeded } from './remove-unneeded';

const bytes = randomBytesOf(1, 9_000);
const lookupOf = ({ store, keys }: CollectedVault) => ({ store, keys, dbid: DBID });

function remove(vault: CollectedVault, handles: readonly string[], runId = 'run_asking'): Promise<void> {
  return removeUnneeded({ ...lookupOf(vault), runId, now: vault.now() }, handles);
}

async function isThere(vault: CollectedVault, handle: string): Promise<boolean> {
  return (await findPiece(lookupOf(vault), handle)) !== null;
}

it('refuses what a recovery point needs and names it, whichever run wrote the piece', async () => {
  const vault = collectedVault();
  await vault.backUp(1, { 'h/1': bytes });
  const second = await vault.session(2);
  await writePiece(second, 'h/2', bytes);
  await second.commit({ contents: {}, closure: ['h/1', 'h/2'] });
  await second.end();
  await expect(remove(vault, ['h/1'])).rejects.toThrow(
    'piece h/1 is needed by recovery point run_1 until its retention ends and 1 more',
  );
  await expect(remove(vault, ['h/2'])).rejects.toThrow(
    'piece h/2 is needed by recovery point run_2 until its retention ends',
  );
  expect(await isThere(vault, 'h/1')).toBe(true);
  expect(await vault.keysBelow('removed/')).toEqual([]);
});

it('removes all of what is asked for or nothing', async () => {
  const vault = collectedVault();
  const first = await vault.backUp(1, { 'h/1': bytes });
  await vault.backUp(2, { 'h/2': bytes });
  await expireRecoveryPoint(vault.store, first, vault.now());
  await expect(remove(vault, ['h/1', 'h/2'])).rejects.toMatchObject({ kind: 'piece-needed' });
  await expect(remove(vault, ['h/1', 'h/none'])).rejects.toMatchObject({ kind: 'piece-missing' });
  expect(await isThere(vault, 'h/1')).toBe(true);
});

it('hides for ever what only an expired recovery point named', async () => {
  const vault = collectedVault();
  const first = await vault.backUp(1, { 'h/1': bytes });
  await expireRecoveryPoint(vault.store, first, vault.now());
  const recipeKey = (await findRecipeKey(lookupOf(vault), 'h/1')) ?? '';
  await remove(vault, ['h/1']);
  expect(await isThere(vault, 'h/1')).toBe(false);
  expect(await vault.keysBelow('removed/')).toEqual([`removed/${recipeNameOf(recipeKey)}`]);
  await expect(remove(vault, ['h/1'])).rejects.toMatchObject({ kind: 'piece-missing' });
});

it('keeps what a failed run left until retention lets it go', async () => {
  const vault = collectedVault();
  const failed = await vault.session(1);
  await writePiece(failed, 'h/1', bytes);
  await failed.leavePartial('the run ended failed');
  await failed.end();
  await expect(remove(vault, ['h/1'])).rejects.toThrow('needed by what failed run run_1 left');
  const [partial = ''] = await vault.keysBelow('manifest/');
  await expireRecoveryPoint(vault.store, partial, vault.now());
  await remove(vault, ['h/1']);
  expect(await isThere(vault, 'h/1')).toBe(false);
});

it('keeps what a restore reads until it ends', async () => {
  const vault = collectedVault();
  const first = await vault.backUp(1, { 'h/1': bytes });
  await expireRecoveryPoint(vault.store, first, vault.now());
  const { store, keys } = vault;
  const pieces = [{ handle: 'h/1', recipeKey: (await findRecipeKey(lookupOf(vault), 'h/1')) ?? '' }];
  const expiresAt = new Date(vault.now().getTime() + 3_600_000);
  await pinPieces({ store, keys, pieces, why: 'restore run_9', now: vault.now(), expiresAt });
  await expect(remove(vault, ['h/1'])).rejects.toThrow(/needed by the restore of pin\/\w+ until it ends/);
  vault.passHours(2);
  await remove(vault, ['h/1']);
  expect(await isThere(vault, 'h/1')).toBe(false);
});

it('removes nothing while another run may be about to need it, and goes on when that has ended', async () => {
  const vault = collectedVault();
  const first = await vault.backUp(1, { 'h/1': bytes });
  await expireRecoveryPoint(vault.store, first, vault.now());
  const underWay = await vault.session(2);
  await expect(remove(vault, ['h/1'])).rejects.toThrow('run run_2 is under way');
  await expect(remove(vault, ['h/1'], 'run_2')).resolves.toBeUndefined();
  await underWay.end();
});

it('believes nothing to be unneeded that a book it cannot read may name', async () => {
  const vault = collectedVault();
  const first = await vault.backUp(1, { 'h/1': bytes });
  await expireRecoveryPoint(vault.store, first, vault.now());
  const second = await vault.backUp(2, { 'h/2': bytes });
  await vault.store.delete(second);
  await vault.store.create(second, Buffer.alloc(300));
  await expect(remove(vault, ['h/1'])).rejects.toMatchObject({ kind: 'damaged' });
});

it('does not find again what retention released', async () => {
  const vault = collectedVault();
  const first = await vault.backUp(1, { 'h/1': bytes });
  await expireRecoveryPoint(vault.store, first, vault.now());
  await releasePiece(vault.store, (await findRecipeKey(lookupOf(vault), 'h/1')) ?? '');
  await expect(remove(vault, ['h/1'])).rejects.toMatchObject({ kind: 'piece-missing' });
});
