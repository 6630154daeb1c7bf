// The contract of the object store held against each kind, and what the wrappers add.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  limitedStore,
  MemoryStore,
  ObjectStoreError,
  openObjectStore,
  retryingStore,
  type ObjectStore,
} from './index';
import { describeObjectStore } from './testing/object-store.contract';

const directory = mkdtempSync(join(tmpdir(), 'adyton-store-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describeObjectStore('memory', async () => openObjectStore({ kind: 'memory' }));
describeObjectStore('a directory', async () => openObjectStore({ kind: 'filesystem', directory }));
describeObjectStore('a retried and limited store', async () =>
  retryingStore(limitedStore(new MemoryStore())),
);

/** A store whose `create` fails as told before it works, or works and then loses its reply. */
function unreliable(
  failures: ('refused' | 'reply-lost')[],
  kind: 'unavailable' | 'denied' = 'unavailable',
): ObjectStore {
  const store = new MemoryStore();
  return {
    name: store.name,
    get: (key, options) => store.get(key, options),
    head: (key) => store.head(key),
    list: (prefix) => store.list(prefix),
    delete: (key) => store.delete(key),
    create: async (key, bytes) => {
      const failure = failures.shift();
      if (failure === 'reply-lost') await store.create(key, bytes);
      if (failure !== undefined) throw new ObjectStoreError(kind, store.name, failure);
      return store.create(key, bytes);
    },
  };
}

describe('retrying', () => {
  const delays: number[] = [];
  const options = {
    attemptsMax: 4,
    baseDelayMs: 100,
    delayMsMax: 250,
    random: () => 0.5,
    sleep: async (ms: number) => void delays.push(ms),
  };

  it('tries a temporary failure again, later each time up to the longest delay', async () => {
    delays.length = 0;
    const store = retryingStore(unreliable(['refused', 'refused', 'refused']), options);
    expect(await store.create('key', Buffer.from('x'))).toBe('created');
    expect(delays).toEqual([75, 150, 187.5]);
  });

  it('gives up after the last attempt with the store’s own error', async () => {
    const store = retryingStore(unreliable(['refused', 'refused', 'refused', 'refused']), options);
    await expect(store.create('key', Buffer.from('x'))).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('does not try again what will fail again', async () => {
    delays.length = 0;
    const store = retryingStore(unreliable(['refused'], 'denied'), options);
    await expect(store.create('key', Buffer.from('x'))).rejects.toMatchObject({ kind: 'denied' });
    expect(delays).toEqual([]);
  });

  it('does not ask again for bytes past the end of an object', async () => {
    delays.length = 0;
    const store = retryingStore(new MemoryStore(), options);
    await store.create('key', Buffer.from('0123456789'));
    await expect(store.get('key', { offset: 8, length: 5 })).rejects.toMatchObject({ kind: 'out-of-range' });
    expect(delays).toEqual([]);
  });

  it('answers exists when the reply to its own create was lost', async () => {
    const store = retryingStore(unreliable(['reply-lost']), options);
    expect(await store.create('key', Buffer.from('x'))).toBe('exists');
  });
});

describe('limiting', () => {
  it('keeps bytes and requests under way below the limits, and everything gets its turn', async () => {
    let under = 0;
    let peak = 0;
    const inner = new MemoryStore();
    const watched: ObjectStore = Object.assign(Object.create(inner) as ObjectStore, {
      create: async (key: string, bytes: Uint8Array) => {
        under += bytes.length;
        peak = Math.max(peak, under);
        await Promise.resolve();
        under -= bytes.length;
        return inner.create(key, bytes);
      },
    });
    const store = limitedStore(watched, { requestsInFlightMax: 8, bytesInFlightMax: 300 });
    await Promise.all(Array.from({ length: 40 }, (_, i) => store.create(`key${i}`, Buffer.alloc(100))));
    expect(peak).toBe(300);
  });

  it('lets a body larger than the whole budget pass alone', async () => {
    const store = limitedStore(new MemoryStore(), { bytesInFlightMax: 10 });
    expect(await store.create('big', Buffer.alloc(100))).toBe('created');
  });
});
