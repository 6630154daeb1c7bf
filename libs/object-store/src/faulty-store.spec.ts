// The faults do what their names say, and the probe tells which store may hold a vault.
import { faultyStore, isFit, MemoryStore, probeObjectStore, retryingStore, type StoreFault } from './index';

async function keysOf(objects: AsyncIterable<{ readonly key: string }>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of objects) keys.push(key);
  return keys;
}

it('a lost reply is a failure after the deed, 503 and 409 are failures without it', async () => {
  const inner = new MemoryStore();
  const faults: StoreFault[] = ['reply-lost', 'unavailable', 'conflict'];
  const store = faultyStore(inner, () => faults.shift() ?? null);
  for (const key of ['a', 'b', 'c'])
    await expect(store.create(key, Buffer.from('x'))).rejects.toMatchObject({ temporary: true });
  expect(await keysOf(inner.list(''))).toEqual(['a']);
});

it('a cut body is a corrupt reply', async () => {
  const store = faultyStore(new MemoryStore(), (operation) => (operation === 'get' ? 'cut-body' : null));
  await store.create('a', Buffer.from('x'));
  await expect(store.get('a')).rejects.toMatchObject({ kind: 'corrupt-reply' });
});

it('the probe refuses a store whose listings are stale', async () => {
  const store = faultyStore(new MemoryStore(), (operation) => (operation === 'list' ? 'stale-list' : null));
  const report = await probeObjectStore(store, 'p1');
  expect(report).toMatchObject({ conditionalCreate: true, raceWinners: 1, listedAtOnce: false });
  expect(isFit(report)).toBe(false);
});

it('the probe refuses a store that overwrites, and lets 503s pass that a retry rides out', async () => {
  const memory = new MemoryStore();
  const overwriting = Object.assign(Object.create(memory) as MemoryStore, {
    create: async (key: string, bytes: Uint8Array) => {
      await memory.delete(key);
      return memory.create(key, bytes);
    },
  });
  expect(isFit(await probeObjectStore(overwriting, 'p1'))).toBe(false);
  let turn = 0;
  const unlucky = faultyStore(new MemoryStore(), () => ((turn += 1) % 3 === 0 ? 'unavailable' : null));
  const retried = retryingStore(unlucky, { sleep: async () => undefined });
  expect(isFit(await probeObjectStore(retried, 'p1'))).toBe(true);
});

describe('locks in memory', () => {
  it('keep an object until they run out, and are never shortened', async () => {
    let now = new Date('2026-01-01T00:00:00Z');
    const store = new MemoryStore(() => now);
    await store.create('a', Buffer.from('x'));
    await store.lock('a', new Date('2026-02-01T00:00:00Z'));
    await store.lock('a', new Date('2026-01-15T00:00:00Z'));
    expect((await store.head('a'))?.lockedUntil).toEqual(new Date('2026-02-01T00:00:00Z'));
    await expect(store.delete('a')).rejects.toMatchObject({ kind: 'locked', temporary: false });
    now = new Date('2026-02-01T00:00:00Z');
    await store.delete('a');
    expect(await store.get('a')).toBeNull();
  });
});
