// What the dedup-worker tells the agent of the store, and how often it looks.
import { faultyStore, MemoryStore, type ObjectStore } from '@adyton/object-store';
import { type Clock } from '@adyton/runtime';
import { storeProber } from './probe-store';

let nowMs = 0;
const clock: Clock = { now: () => new Date(1_000_000 + nowMs), monotonicMs: () => nowMs };
let created: number;

/** A store in memory that counts and tells a time `aheadMs` off ours. */
function countedStore(aheadMs: number): ObjectStore {
  const store = new MemoryStore();
  return {
    name: store.name,
    create: (key, bytes) => {
      created += 1;
      return store.create(key, bytes);
    },
    get: (key, o) => store.get(key, o),
    head: (key) => store.head(key),
    list: (prefix) => store.list(prefix),
    delete: (key) => store.delete(key),
    clock: async () => new Date(clock.now().getTime() + aheadMs),
  };
}

beforeEach(() => {
  nowMs = 0;
  created = 0;
});

it('writes, reads and deletes one object, and leaves none', async () => {
  const store = countedStore(-400_000);
  expect(await storeProber(store, clock)()).toEqual({
    storeName: store.name,
    isDeleted: true,
    skewSeconds: -400,
  });
  const left: string[] = [];
  for await (const { key } of store.list('')) left.push(key);
  expect(left).toEqual([]);
});

it('shares a probe that is under way, and takes a good one for a minute', async () => {
  const probe = storeProber(countedStore(0), clock);
  await Promise.all([probe(), probe()]);
  nowMs = 59_999;
  await probe();
  expect(created).toBe(1);
  nowMs = 60_000;
  await probe();
  expect(created).toBe(2);
});

it('says what failed in the words of the catalog, and tries again the next time', async () => {
  let fails = true;
  const store = faultyStore(new MemoryStore(), () => (fails ? 'unavailable' : null));
  const probe = storeProber(store, clock);
  await expect(probe()).rejects.toThrow(/^ADY_STORE_UNAVAILABLE: /);
  fails = false;
  expect(await probe()).toMatchObject({ isDeleted: true, skewSeconds: null });
});
