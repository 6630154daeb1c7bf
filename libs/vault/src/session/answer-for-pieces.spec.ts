// What RMAN is told about pieces: "not found" only of what is surely not there. One wrong one and RMAN forgets a good backup.
import { faultyStore, MemoryStore, type ObjectStore, type StoreOperation } from '@adyton/object-store';
import { deriveDatabaseKeys, markPackDamaged, readUnusablePacks, releasePiece } from '../index';
import { replaceObject } from '../testing/damage-store';
import { smallVault, type SmallVault } from '../testing/small-vault';
import { DBID } from '../testing/test-vault';
import { answerForPieces } from './answer-for-pieces';
import { findRecipeKey } from './piece-names';
import { unusableAmong } from './unusable-packs';

const PIECE = 'adyton/run1_F4_1';
const UNKNOWN = 'adyton/run9_F4_1';

async function ask(
  { store: inner, vault }: SmallVault,
  handles: readonly string[],
  store: ObjectStore = inner,
): Promise<(number | null)[]> {
  const keys = deriveDatabaseKeys(vault.masterKey, vault.vaultId, DBID);
  const unusablePacks = await readUnusablePacks(inner);
  const question = { store, keys, dbid: DBID, vaultId: vault.vaultId, unusablePacks };
  return (await answerForPieces(question, handles)).map((piece) => piece?.bytes ?? null);
}

async function packOf(vault: SmallVault): Promise<string> {
  const [pack = ''] = await vault.keysBelow('pack/');
  return pack;
}

it('finds what is there, whole, and not what never was', async () => {
  const vault = await smallVault();
  expect(await ask(vault, [PIECE, UNKNOWN])).toEqual([vault.pieces.get(PIECE)?.length, null]);
});

it('does not find what was removed or released', async () => {
  const vault = await smallVault();
  await vault.remove(PIECE);
  const keys = deriveDatabaseKeys(vault.vault.masterKey, vault.vault.vaultId, DBID);
  const other = 'adyton/run1_F5_1';
  await releasePiece(vault.store, (await findRecipeKey({ ...vault, keys, dbid: DBID }, other)) ?? '');
  expect(await ask(vault, [PIECE, other])).toEqual([null, null]);
});

it.each<StoreOperation>(['list', 'get', 'head'])(
  'says neither while the store does not answer %s',
  async (failing) => {
    const vault = await smallVault();
    const store = faultyStore(vault.store, (operation) => (operation === failing ? 'unavailable' : null));
    await expect(ask(vault, [PIECE], store)).rejects.toMatchObject({ kind: 'unavailable' });
  },
);

it.each([
  ['an empty bucket', () => Promise.resolve(new MemoryStore())],
  ["somebody else's vault", async () => (await smallVault()).store],
])('does not say of a piece that it is gone because it is not in %s', async (_, storeOf) => {
  const vault = await smallVault();
  await expect(ask(vault, [PIECE], await storeOf())).rejects.toMatchObject({ kind: 'no-vault' });
});

it('says neither of a piece whose pack is gone, or known to be damaged', async () => {
  const vault = await smallVault();
  const pack = await packOf(vault);
  await markPackDamaged(vault.store, pack, { damage: 'altered', at: new Date(0) });
  const all = [...vault.pieces.keys()];
  await expect(ask(vault, all)).rejects.toMatchObject({ kind: 'damaged', facts: { objectKey: pack } });
  const another = await smallVault();
  await another.store.delete(await packOf(another));
  await expect(ask(another, all)).rejects.toMatchObject({ kind: 'damaged', facts: { damage: 'missing' } });
});

it('says neither of a piece whose recipe is altered', async () => {
  const vault = await smallVault();
  const keys = deriveDatabaseKeys(vault.vault.masterKey, vault.vault.vaultId, DBID);
  const recipeKey = (await findRecipeKey({ ...vault, keys, dbid: DBID }, PIECE)) ?? '';
  await replaceObject(vault.store, recipeKey, Buffer.alloc(400));
  await expect(ask(vault, [PIECE])).rejects.toMatchObject({
    kind: 'damaged',
    facts: { objectKey: recipeKey },
  });
});

it('looks for very many packs in listings, and misses the same ones', async () => {
  const store = new MemoryStore();
  const keys = Array.from({ length: 5_000 }, (_, i) => {
    const id = (i % 256).toString(16).padStart(2, '0');
    return `pack/${id}/${id}-${i}`;
  });
  for (const key of keys.slice(1)) await store.create(key, Buffer.of(1));
  const asked: string[] = [];
  const counted = faultyStore(store, (operation) => {
    asked.push(operation);
    return null;
  });
  expect([...(await unusableAmong(counted, new Set(keys), new Set()))]).toEqual([keys[0]]);
  expect(new Set(asked)).toEqual(new Set(['list']));
});
