// The index finds every chunk it was told of, whatever was merged, cached, damaged or lost in between: damage costs space, never a backup.
import { MemoryStore, ObjectStoreError, type ObjectStore } from '@adyton/object-store';
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ulid } from 'ulid';
import { deriveDatabaseKeys } from '../crypto/database-keys';
import { packObjectKey, type PackRef } from '../format/pack';
import { INDEX_SEGMENTS_MAX } from '../limits';
import { VAULT_ID } from '../testing/test-vault';
import { openDedupIndex, type DedupIndex, type DedupIndexOptions, type IndexTrouble } from './dedup-index';
import { listIndexSegments, type IndexSegmentFacts } from './stored-segments';

const keys = deriveDatabaseKeys(Buffer.alloc(32, 1), VAULT_ID, '42');
const idOf = (n: number): Buffer => createHash('sha256').update(`chunk ${n}`).digest();
const packOf = (n: number): PackRef => ({
  packId: createHash('sha256').update(`pack ${n}`).digest('hex'),
  sid: ulid(n + 1).slice(0, 10) + '0'.repeat(16),
  salt: createHash('sha256').update(`salt ${n}`).digest(),
});
const locationOf = (n: number): Uint32Array => Uint32Array.of(0, n, n * 3, 1000 + n, 65_536, 1, n & 1, 8);

let directory: string;
let store: MemoryStore;
let troubles: IndexTrouble[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'adyton-index-'));
  store = new MemoryStore();
  troubles = [];
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function open(overrides: Partial<DedupIndexOptions> = {}): Promise<DedupIndex> {
  return openDedupIndex({
    store,
    keys,
    sid: ulid(),
    cacheDirectory: directory,
    isUsable: () => true,
    report: (trouble) => troubles.push(trouble),
    ...overrides,
  });
}

/** A session that learns the chunks [from, to) of one pack and ends. */
async function learnInSession(
  from: number,
  to: number,
  overrides: Partial<DedupIndexOptions> = {},
): Promise<void> {
  const index = await open(overrides);
  for (let n = from; n < to; n += 1) index.learn(idOf(n), { pack: packOf(from), location: locationOf(n) });
  await index.flush();
  await index.close();
}

function foundOf(index: DedupIndex, from: number, to: number): number {
  let found = 0;
  for (let n = from; n < to; n += 1) if (index.find(idOf(n)) !== null) found += 1;
  return found;
}

async function segments(): Promise<IndexSegmentFacts[]> {
  const all: IndexSegmentFacts[] = [];
  for await (const facts of listIndexSegments({ store, keys })) all.push(facts);
  return all;
}

async function keysOfSegments(): Promise<string[]> {
  return (await segments()).map(({ objectKey }) => objectKey);
}

const filesOf = (): Promise<string[]> => readdir(join(directory, keys.dbKey));

describe('what was learned is found', () => {
  it('at once, after a flush and by a later session, with pack and location as they were told', async () => {
    const index = await open();
    index.learn(idOf(7), { pack: packOf(1), location: locationOf(7) });
    const expected = [...locationOf(7).subarray(1)];
    const tellOf = (found: ReturnType<DedupIndex['find']>) => ({
      pack: found?.pack,
      location: [...(found?.location.subarray(1) ?? [])],
    });
    expect(tellOf(index.find(idOf(7)))).toEqual({ pack: packOf(1), location: expected });
    await index.flush();
    expect(tellOf(index.find(idOf(7)))).toEqual({ pack: packOf(1), location: expected });
    await index.close();
    const later = await open();
    expect(tellOf(later.find(idOf(7)))).toEqual({ pack: packOf(1), location: expected });
    expect(later.find(idOf(8))).toBeNull();
    await later.close();
  });

  it('across pages, and by a host that has cached nothing', async () => {
    await learnInSession(0, 5000);
    await rm(directory, { recursive: true });
    const index = await open();
    expect(foundOf(index, 0, 5000)).toBe(5000);
    expect(foundOf(index, 5000, 10_000)).toBe(0);
    await index.close();
    expect((await stat(join(directory, keys.dbKey))).mode & 0o777).toBe(0o700);
  });

  it('from the cache alone: a second session reads nothing but names from the bucket', async () => {
    await learnInSession(0, 500);
    const index = await open({ store: withoutGet(store) });
    expect(foundOf(index, 0, 500)).toBe(500);
    await index.close();
  });

  it('but never in a pack that is not usable, although another pack may hold the same chunk', async () => {
    await learnInSession(0, 10);
    const condemned = packObjectKey(packOf(0));
    const isUsable = (pack: PackRef): boolean => packObjectKey(pack) !== condemned;
    const index = await open({ isUsable });
    expect(foundOf(index, 0, 10)).toBe(0);
    index.learn(idOf(3), { pack: packOf(77), location: locationOf(3) });
    await index.flush();
    expect(index.find(idOf(3))?.pack).toEqual(packOf(77));
    await index.close();
    const later = await open({ isUsable });
    expect(later.find(idOf(3))?.pack).toEqual(packOf(77));
    await later.close();
  });

  it('is written by itself when a GiB was stored since the last segment', async () => {
    const index = await open();
    const large = Uint32Array.of(0, 0, 0, 640 * 1024 * 1024, 65_536, 1, 0, 8);
    index.learn(idOf(1), { pack: packOf(1), location: large });
    expect(await keysOfSegments()).toHaveLength(0);
    index.learn(idOf(2), { pack: packOf(1), location: large });
    expect(foundOf(index, 1, 3)).toBe(2);
    await index.close();
    expect(await keysOfSegments()).toHaveLength(1);
  });
});

describe('segments', () => {
  it('are merged when there are more than 16; the new one names what it replaces, and nothing is deleted', async () => {
    for (let i = 0; i <= INDEX_SEGMENTS_MAX; i += 1) await learnInSession(i * 100, (i + 1) * 100);
    const all = await segments();
    expect(all).toHaveLength(INDEX_SEGMENTS_MAX + 2);
    const [merged, ...others] = all.sort((a, b) => replacedBy(b).length - replacedBy(a).length);
    expect([...replacedBy(merged)].sort()).toEqual(others.map(({ objectKey }) => objectKey).sort());
    const index = await open();
    expect(foundOf(index, 0, (INDEX_SEGMENTS_MAX + 1) * 100)).toBe((INDEX_SEGMENTS_MAX + 1) * 100);
    await index.close();
    expect(await filesOf()).toHaveLength(1);
  });

  it('that were replaced may be deleted: the merged one says the same', async () => {
    for (let i = 0; i <= INDEX_SEGMENTS_MAX; i += 1) await learnInSession(i * 10, (i + 1) * 10);
    const replaced = (await segments()).flatMap(replacedBy);
    expect(replaced).toHaveLength(INDEX_SEGMENTS_MAX + 1);
    for (const key of replaced) await store.delete(key);
    await rm(directory, { recursive: true });
    const index = await open();
    expect(foundOf(index, 0, (INDEX_SEGMENTS_MAX + 1) * 10)).toBe((INDEX_SEGMENTS_MAX + 1) * 10);
    await index.close();
  });

  it('tell a collector their session and their packs', async () => {
    const sid = ulid();
    await learnInSession(5, 10, { sid });
    expect(await segments()).toEqual([
      {
        kind: 'segment',
        objectKey: `index/${keys.dbKey}/000001-${sid}`,
        sid,
        replaces: [],
        packs: [packObjectKey(packOf(5))],
      },
    ]);
  });

  it('leave chunks of condemned packs behind when they are merged', async () => {
    for (let i = 0; i < INDEX_SEGMENTS_MAX; i += 1) await learnInSession(i * 10, (i + 1) * 10);
    const condemned = packObjectKey(packOf(0));
    await learnInSession(1000, 1010, { isUsable: (pack) => packObjectKey(pack) !== condemned });
    const merged = (await segments()).find((facts) => replacedBy(facts).length > 0);
    expect(merged).toMatchObject({ kind: 'segment' });
    expect(merged?.kind === 'segment' ? merged.packs : []).not.toContain(condemned);
    const index = await open();
    expect([foundOf(index, 0, 10), foundOf(index, 10, 160)]).toEqual([0, 150]);
    await index.close();
  });
});

describe('damage costs space and is reported', () => {
  const damages: Record<string, (bytes: Buffer) => Buffer> = {
    'a flipped bit in its head': (bytes) => flip(bytes, bytes.length - 80),
    'a flipped bit in its filter': (bytes) => flip(bytes, 2 * 4096 + 50),
    'its second half cut off': (bytes) => bytes.subarray(0, bytes.length / 2),
    zeros: (bytes) => Buffer.alloc(bytes.length),
    'nothing at all': () => Buffer.alloc(0),
  };

  it.each(Object.keys(damages))('of a cache file, by %s: it is fetched again', async (damage) => {
    await learnInSession(0, 50);
    const [name = ''] = await filesOf();
    const path = join(directory, keys.dbKey, name);
    await writeFile(path, damages[damage]?.(await readFile(path)) ?? '');
    const index = await open();
    expect(foundOf(index, 0, 50)).toBe(50);
    await index.close();
    expect(troubles).toEqual([{ kind: 'cache-damaged', objectKey: `index/${keys.dbKey}/${name}` }]);
  });

  it('of one page of a cache file: its chunks count as new, and the next session fetches it', async () => {
    await learnInSession(0, 5000);
    const [name = ''] = await filesOf();
    const path = join(directory, keys.dbKey, name);
    await writeFile(path, flip(await readFile(path), 4096 + 20));
    const index = await open();
    expect(foundOf(index, 0, 5000)).toBe(5000 - 74);
    await index.close();
    expect(troubles).toEqual([{ kind: 'cache-damaged', objectKey: `index/${keys.dbKey}/${name}` }]);
    const next = await open();
    expect(foundOf(next, 0, 5000)).toBe(5000);
    await next.close();
  });

  it.each(Object.keys(damages))('of a segment in the bucket, by %s', async (damage) => {
    await learnInSession(0, 50);
    await learnInSession(50, 100);
    const [key = ''] = await keysOfSegments();
    await replace(key, damages[damage]);
    await rm(directory, { recursive: true });
    const index = await open();
    expect(foundOf(index, 0, 100)).toBe(50);
    await index.close();
    expect(troubles).toEqual([{ kind: 'segment-damaged', objectKey: key }]);
    const told = damage.includes('filter') ? 'segment' : 'damaged'; // a collector does not read the filter
    expect(await segments()).toContainEqual(expect.objectContaining({ kind: told, objectKey: key }));
  });

  it('of a merged segment, while what it replaces is still there: that counts again', async () => {
    for (let i = 0; i <= INDEX_SEGMENTS_MAX; i += 1) await learnInSession(i * 10, (i + 1) * 10);
    const merged = (await segments()).find((facts) => replacedBy(facts).length > 0);
    await replace(merged?.objectKey ?? '', damages.zeros);
    await rm(directory, { recursive: true });
    const index = await open();
    expect(foundOf(index, 0, 170)).toBe(170);
    await index.close();
  });

  it('of the cache directory itself: the session works without what it cannot keep', async () => {
    await learnInSession(0, 50);
    await rm(directory, { recursive: true });
    await writeFile(directory, 'a file where the directory should be');
    const index = await open();
    expect(foundOf(index, 0, 50)).toBe(0);
    index.learn(idOf(99), { pack: packOf(9), location: locationOf(99) });
    await index.flush();
    await index.close();
    expect(new Set(troubles.map(({ kind }) => kind))).toEqual(new Set(['cache-unusable']));
    expect(await keysOfSegments()).toHaveLength(2);
  });

  it('not at all when the bucket cannot be written: what was learned stays, and is written when it can', async () => {
    let down = true;
    const failing: ObjectStore = {
      ...withoutGet(store),
      create: (key, bytes) => {
        if (down) throw new ObjectStoreError('unavailable', 'store', 'down');
        return store.create(key, bytes);
      },
    };
    const index = await open({ store: failing });
    index.learn(idOf(1), { pack: packOf(1), location: locationOf(1) });
    await expect(index.flush()).rejects.toMatchObject({ kind: 'unavailable' });
    expect(foundOf(index, 1, 2)).toBe(1);
    down = false;
    await index.flush();
    await index.close();
    expect(await keysOfSegments()).toHaveLength(1);
  });
});

it('keeps cache files for their owner alone', async () => {
  await learnInSession(0, 5);
  const [name = ''] = await filesOf();
  const path = join(directory, keys.dbKey, name);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await chmod(path, 0o600);
});

function replacedBy(facts: IndexSegmentFacts | undefined): readonly string[] {
  return facts?.kind === 'segment' ? facts.replaces : [];
}

function flip(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}

async function replace(key: string, change: ((bytes: Buffer) => Buffer) | undefined): Promise<void> {
  const changed = change?.(Buffer.from((await store.get(key)) ?? [])) ?? Buffer.alloc(0);
  await store.delete(key);
  await store.create(key, changed);
}

function withoutGet(inner: ObjectStore): ObjectStore {
  return {
    name: inner.name,
    create: (key, bytes) => inner.create(key, bytes),
    get: (key) => Promise.reject(new Error(`nobody should read ${key}`)),
    head: (key) => inner.head(key),
    list: (prefix) => inner.list(prefix),
    delete: (key) => inner.delete(key),
  };
}
