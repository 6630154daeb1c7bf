// A lost index is made anew from pack directories: the next full stores nothing new.
import { generationKey, recordStep } from '../collect/generations';
import { MemoryStore } from '@adyton/object-store';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deriveDatabaseKeys, type DatabaseKeys } from '../crypto/database-keys';
import { randomBytesOf } from '../testing/oracle-stream';
import { testVault, VAULT_ID, writePiece, type TestVault } from '../testing/test-vault';
import { rebuildIndex, type RebuiltIndex } from './rebuild-index';
import { listIndexSegments } from './stored-segments';

const PIECE_BYTES = 262_144;
const now = new Date('2026-11-25T00:00:00Z');

let store: MemoryStore;
let vault: TestVault;
let directory: string;
beforeEach(async () => {
  store = new MemoryStore();
  vault = testVault(store);
  directory = await mkdtemp(join(tmpdir(), 'adyton-rebuild-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const rebuild = (keys: DatabaseKeys = vault.keys): Promise<RebuiltIndex> =>
  rebuildIndex({ store, vaultId: VAULT_ID, keys, now, workDirectory: directory });

/** @returns bytes the vault did not hold */
async function backUp(into: TestVault, run: number, bytes: Buffer): Promise<number> {
  const session = await into.session(run);
  const { bytesNew } = await writePiece(session, `h/${run}`, bytes);
  await session.end();
  return bytesNew;
}

async function deleteBelow(prefix: string): Promise<void> {
  for (const key of await vault.keysBelow(prefix)) await store.delete(key);
}

it('finds every chunk again: the next backup of the same bytes stores nothing new', async () => {
  const bytes = randomBytesOf(1, PIECE_BYTES + 5);
  await backUp(vault, 1, bytes);
  await deleteBelow('index/');
  expect(await rebuild()).toEqual({
    packs: 1,
    chunks: expect.any(Number) as number,
    segments: 1,
    packsNotOpened: 0,
    damaged: [],
  });
  expect(await backUp(vault, 2, bytes)).toBe(0);
  expect((await vault.restore('h/2')).equals(bytes)).toBe(true);
  expect(await readdir(directory)).toEqual([]);
});

it('says that it replaces all there was, damaged segments included, and readers follow', async () => {
  const bytes = randomBytesOf(2, PIECE_BYTES);
  await backUp(vault, 1, bytes);
  await backUp(vault, 2, randomBytesOf(3, PIECE_BYTES));
  const old = await vault.keysBelow('index/');
  await store.delete(old[0] ?? '');
  await store.create(old[0] ?? '', Buffer.from('damaged'));
  await rebuild();
  const written = (await vault.keysBelow('index/')).filter((key) => !old.includes(key));
  expect(written).toHaveLength(1);
  const replaced: string[] = [];
  for await (const facts of listIndexSegments({ store, keys: vault.keys }))
    if (facts.kind === 'segment') replaced.push(...facts.replaces);
  expect(replaced.sort()).toEqual([...old].sort());
  for (const key of old) await store.delete(key);
  expect(await backUp(vault, 3, bytes)).toBe(0);
});

it('takes only packs of its own database, and names those that are no packs', async () => {
  const other = testVault(store);
  await backUp(vault, 1, randomBytesOf(4, PIECE_BYTES));
  await backUp(other, 2, randomBytesOf(5, PIECE_BYTES));
  const [damaged = ''] = (await vault.keysBelow('pack/')).map(
    (key) => `${key.slice(0, -26)}${'0'.repeat(26)}`,
  );
  await store.create(damaged, Buffer.alloc(2000));
  expect(await rebuild()).toEqual({
    packs: 1,
    chunks: expect.any(Number) as number,
    segments: 1,
    packsNotOpened: 1,
    damaged: [damaged],
  });
});

it('leaves condemned packs out', async () => {
  const bytes = randomBytesOf(6, PIECE_BYTES);
  await backUp(vault, 1, bytes);
  const packs = await vault.keysBelow('pack/');
  await recordStep(store, generationKey(1, 'condemned'), { packs, recipes: [] });
  expect(await rebuild()).toMatchObject({ packs: 0 });
});

it('of a database without packs replaces what there was by an empty segment', async () => {
  const keys = deriveDatabaseKeys(Buffer.alloc(32, 9), VAULT_ID, '4711');
  expect(await rebuild(keys)).toEqual({ packs: 0, chunks: 0, segments: 1, packsNotOpened: 0, damaged: [] });
});
