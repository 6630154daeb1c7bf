// What every store must do, whatever it is made of. Specs call this with a store of their own.
import { isFit, probeObjectStore } from '../probe-object-store';
import { type ObjectStore } from '../object-store';

const PAGE_AND_A_BIT = 1_005;

export function describeObjectStore(kind: string, open: () => Promise<ObjectStore>): void {
  describe(`${kind} keeps the contract of an object store`, () => {
    let store: ObjectStore;
    let sequence = 0;
    /** A key prefix nobody used before. */
    const fresh = (): string => `contract/${process.pid}-${Date.now()}-${(sequence += 1)}`;
    beforeAll(async () => {
      store = await open();
    });

    it('gives back what was created', async () => {
      const key = `${fresh()}/object`;
      const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 251));
      expect(await store.create(key, bytes)).toBe('created');
      expect(Buffer.compare((await store.get(key)) ?? Buffer.alloc(0), bytes)).toBe(0);
      expect(await store.head(key)).toEqual({ bytes: bytes.length });
    });

    it('never overwrites', async () => {
      const key = `${fresh()}/object`;
      await store.create(key, Buffer.from('first'));
      expect(await store.create(key, Buffer.from('second'))).toBe('exists');
      expect(Buffer.from((await store.get(key)) ?? []).toString()).toBe('first');
    });

    it('lets exactly one of many racing creates win', async () => {
      const key = `${fresh()}/object`;
      const outcomes = await Promise.all(
        Array.from({ length: 12 }, (_, i) => store.create(key, Buffer.from(`racer ${i}`))),
      );
      expect(outcomes.filter((o) => o === 'created')).toHaveLength(1);
      const winner = outcomes.indexOf('created');
      expect(Buffer.from((await store.get(key)) ?? []).toString()).toBe(`racer ${winner}`);
    });

    it('answers null, not an error, for what does not exist', async () => {
      const key = `${fresh()}/absent`;
      expect(await store.get(key)).toBeNull();
      expect(await store.get(key, { offset: 1, length: 1 })).toBeNull();
      expect(await store.head(key)).toBeNull();
      await expect(store.delete(key)).resolves.toBeUndefined();
    });

    it('reads ranges exactly, and refuses one that reaches past the end', async () => {
      const key = `${fresh()}/object`;
      await store.create(key, Buffer.from('0123456789'));
      const range = async (offset: number, length?: number): Promise<string> =>
        Buffer.from(
          (await store.get(key, { offset, ...(length === undefined ? {} : { length }) })) ?? [],
        ).toString();
      expect(await range(0, 3)).toBe('012');
      expect(await range(4, 1)).toBe('4');
      expect(await range(7)).toBe('789');
      expect(await range(2, 0)).toBe('');
      const refused = { kind: 'out-of-range', temporary: false };
      await expect(range(8, 5)).rejects.toMatchObject(refused);
      await expect(range(11, 5)).rejects.toMatchObject(refused);
    });

    it('keeps empty objects', async () => {
      const key = `${fresh()}/empty`;
      expect(await store.create(key, new Uint8Array(0))).toBe('created');
      expect((await store.get(key))?.length).toBe(0);
      expect(await store.head(key)).toEqual({ bytes: 0 });
    });

    it('lists a new object at once, in the order of keys, and only below the prefix', async () => {
      const prefix = fresh();
      for (const name of ['b/2', 'a/1', 'b/1', 'c'])
        await store.create(`${prefix}/${name}`, Buffer.from(name));
      const keys: string[] = [];
      for await (const { key, bytes } of store.list(`${prefix}/`))
        keys.push(`${key.slice(prefix.length + 1)}:${bytes}`);
      expect(keys).toEqual(['a/1:3', 'b/1:3', 'b/2:3', 'c:1']);
      const below: string[] = [];
      for await (const { key } of store.list(`${prefix}/b/`)) below.push(key);
      expect(below).toHaveLength(2);
    });

    it('lists more than one page', async () => {
      const prefix = fresh();
      const names = Array.from(
        { length: PAGE_AND_A_BIT },
        (_, i) => `${prefix}/${String(i).padStart(5, '0')}`,
      );
      for (let i = 0; i < names.length; i += 50)
        await Promise.all(names.slice(i, i + 50).map((n) => store.create(n, Buffer.from('x'))));
      const keys: string[] = [];
      for await (const { key } of store.list(`${prefix}/`)) keys.push(key);
      expect(keys).toEqual(names);
    }, 120_000);

    it('forgets what was deleted, and lets the key be created again', async () => {
      const key = `${fresh()}/object`;
      await store.create(key, Buffer.from('once'));
      await store.delete(key);
      expect(await store.get(key)).toBeNull();
      expect(await store.create(key, Buffer.from('twice'))).toBe('created');
    });

    it.each(['', '/a', 'a/', 'a//b', '../a', 'a/../b', 'a b', 'a\nb', 'a?b'])(
      'refuses the key %j',
      async (key) => {
        await expect(store.create(key, Buffer.from('x'))).rejects.toBeInstanceOf(RangeError);
      },
    );

    it('passes the probe that a vault asks for', async () => {
      const report = await probeObjectStore(store, `p${process.pid}x${(sequence += 1)}x${Date.now()}`);
      expect(report).toEqual({
        conditionalCreate: true,
        raceWinners: 1,
        listedAtOnce: true,
        readBack: true,
        deleted: true,
      });
      expect(isFit(report)).toBe(true);
    });
  });
}
