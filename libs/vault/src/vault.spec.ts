// The vault from outside: what goes in comes back, what is there already is not stored again, and damage never passes for data.
import { generationKey, recordStep } from './collect/generations';
import { MemoryStore, ObjectStoreError, type ObjectStore } from '@adyton/object-store';
import {
  createTombstone,
  createVault,
  deriveDatabaseKeys,
  inlineCompute,
  openPieceReader,
  openVault,
  parseDatabaseKeys,
  readManifest,
  readPackDirectory,
  removePiece,
  serialiseDatabaseKeys,
} from './index';
import { dataFilePiece, randomBytesOf, range, seeded } from './testing/oracle-stream';
import { DBID, testVault, VAULT_ID, writePiece, type TestVault } from './testing/test-vault';

const MIB = 1_048_576;

describe('what goes in comes back', () => {
  const streams: Record<string, Buffer> = {
    'nothing at all': Buffer.alloc(0),
    'one byte': Buffer.of(7),
    zeros: Buffer.alloc(3 * MIB + 5),
    'random bytes across several segments': randomBytesOf(1, 9 * MIB + 13),
    'a data file of 8 KiB blocks': dataFilePiece({ run: 1, blocks: range(1, 1500) }),
    'a data file of 16 KiB blocks': dataFilePiece({ run: 2, blocks: range(1, 400), blockBytes: 16_384 }),
    'a data file of 2 KiB blocks with holes': dataFilePiece({
      run: 3,
      blocks: range(1, 3000).filter((b) => b % 7 !== 0),
      blockBytes: 2048,
    }),
    'blocks whose addresses go back': Buffer.concat([
      dataFilePiece({ run: 4, blocks: range(50, 90) }),
      dataFilePiece({ run: 5, blocks: range(1, 40) }),
    ]),
  };
  it.each(Object.keys(streams))('%s', async (name) => {
    const bytes = streams[name] ?? Buffer.alloc(0);
    const vault = testVault();
    const session = await vault.session(1);
    const summary = await writePiece(session, 'h/1', bytes);
    expect(summary.bytes).toBe(bytes.length);
    expect((await vault.restore('h/1')).equals(bytes)).toBe(true);
  });

  it('pieces of any size, written in blocks of any size', async () => {
    const random = seeded(42);
    const vault = testVault();
    const session = await vault.session(1);
    for (let i = 0; i < 25; i += 1) {
      const blocks = range(1, 2 + Math.floor(random() * 200)).filter(() => random() > 0.2);
      const noise = randomBytesOf(i, Math.floor(random() * 20_000));
      const bytes = Buffer.concat([noise, dataFilePiece({ run: i, blocks })]);
      await writePiece(session, `h/${i}`, bytes, 1 + Math.floor(random() * 300_000));
      expect((await vault.restore(`h/${i}`)).equals(bytes)).toBe(true);
    }
  });

  it('several pieces at once through one session', async () => {
    const vault = testVault();
    const session = await vault.session(1);
    const bodies = [1, 2, 3].map((n) => randomBytesOf(n, 5 * MIB));
    await Promise.all(bodies.map((body, i) => writePiece(session, `h/${i}`, body)));
    for (const [i, body] of bodies.entries()) expect((await vault.restore(`h/${i}`)).equals(body)).toBe(true);
  });
});

describe('what is there already is not stored again', () => {
  const first = range(1, 4000);

  async function second(
    blocks: readonly number[],
    versionOf?: (block: number) => number,
  ): Promise<{ newShare: number; vault: TestVault }> {
    const vault = testVault();
    const one = await vault.session(1);
    await writePiece(one, 'h/1', dataFilePiece({ run: 1, blocks: first }));
    await one.commit({ contents: {}, closure: ['h/1'] });
    await one.end();
    const two = await vault.session(2);
    const bytes = dataFilePiece({ run: 900, blocks, ...(versionOf === undefined ? {} : { versionOf }) });
    const { bytesNew } = await writePiece(two, 'h/2', bytes);
    expect((await vault.restore('h/2')).equals(bytes)).toBe(true);
    return { newShare: bytesNew / bytes.length, vault };
  }

  it('a second full of the unchanged file stores under one percent, although its head differs', async () => {
    expect((await second(first)).newShare).toBeLessThan(0.01);
  });

  it('a newly used block shifts nothing: only its slot is new', async () => {
    const holed = first.filter((b) => b !== 2000);
    const vault = testVault();
    const one = await vault.session(1);
    await writePiece(one, 'h/1', dataFilePiece({ run: 1, blocks: holed }));
    const { bytesNew } = await writePiece(one, 'h/2', dataFilePiece({ run: 1, blocks: first }));
    expect(bytesNew).toBeLessThanOrEqual(65_536);
  });

  it('a changed run of blocks stores its slots only', async () => {
    const { newShare } = await second(first, (block) => (block >= 1000 && block < 1040 ? 2 : 1));
    expect(newShare).toBeLessThan(0.025);
  });
});

describe('handles', () => {
  it('are never used twice while they are live', async () => {
    const session = await testVault().session(1);
    await writePiece(session, 'h/1', Buffer.from('x'));
    await expect(session.openPiece('h/1')).rejects.toMatchObject({ kind: 'piece-exists' });
  });

  it('are given to one of two that ask for the same at once', async () => {
    const session = await testVault().session(1);
    const openings = await Promise.allSettled([session.openPiece('h/1'), session.openPiece('h/1')]);
    expect(openings.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(openings[1]).toMatchObject({ reason: { kind: 'piece-exists' } });
  });

  it('show nothing of a piece before close, and nothing after abort', async () => {
    const vault = testVault();
    const session = await vault.session(1);
    const piece = await session.openPiece('h/1');
    await piece.write(randomBytesOf(1, 6 * MIB));
    expect(await session.findPiece('h/1')).toBeNull();
    await piece.abort();
    expect(await session.findPiece('h/1')).toBeNull();
    await expect(vault.restore('h/1')).rejects.toMatchObject({ kind: 'piece-missing' });
  });

  it('can be removed, and are then not found', async () => {
    const vault = testVault();
    const session = await vault.session(1);
    await writePiece(session, 'h/1', Buffer.from('x'));
    await removePiece({ store: vault.store, keys: vault.keys, dbid: DBID }, 'h/1');
    expect(await session.findPiece('h/1')).toBeNull();
    await expect(
      removePiece({ store: vault.store, keys: vault.keys, dbid: DBID }, 'h/1'),
    ).rejects.toMatchObject({ kind: 'piece-missing' });
  });
});

describe('committing', () => {
  it('creates one manifest, and finds it again when asked twice', async () => {
    const vault = testVault();
    const session = await vault.session(1);
    await writePiece(session, 'h/1', Buffer.from('x'));
    const once = await session.commit({ contents: { level: 'level0' }, closure: ['h/1'] });
    expect(once).toMatchObject({ kind: 'committed' });
    expect(await session.commit({ contents: { level: 'level0' }, closure: ['h/1'] })).toMatchObject({
      kind: 'committed',
      manifestKey: (once as { manifestKey: string }).manifestKey,
    });
    const [key] = await vault.keysBelow('manifest/');
    expect(await readManifest(vault.store, vault.keys, key ?? '')).toMatchObject({
      runId: 'run_1',
      fence: 1,
      contents: { level: 'level0' },
      pieces: [{ handle: 'h/1' }],
    });
  });

  it('is refused after a tombstone, and a tombstone is refused after it', async () => {
    const vault = testVault();
    const session = await vault.session(1);
    await writePiece(session, 'h/1', Buffer.from('x'));
    expect(await createTombstone(vault.store, { dbKey: vault.keys.dbKey, runId: 'run_1', fence: 1 })).toBe(
      true,
    );
    expect(await session.commit({ contents: {}, closure: ['h/1'] })).toMatchObject({ kind: 'fenced' });
    const other = await vault.session(2);
    await other.commit({ contents: {}, closure: ['h/1'] });
    expect(await createTombstone(vault.store, { dbKey: vault.keys.dbKey, runId: 'run_2', fence: 2 })).toBe(
      false,
    );
  });

  it('is refused when a piece or a pack of the closure is missing, and names the handle', async () => {
    const vault = testVault();
    const session = await vault.session(1);
    await writePiece(session, 'h/1', randomBytesOf(1, 1000));
    expect(await session.commit({ contents: {}, closure: ['h/1', 'h/never'] })).toEqual({
      kind: 'missing',
      handles: ['h/never'],
    });
    for (const key of await vault.keysBelow('pack/')) await vault.store.delete(key);
    expect(await session.commit({ contents: {}, closure: ['h/1'] })).toEqual({
      kind: 'missing',
      handles: ['h/1'],
    });
  });

  it('treats condemned packs as absent: a later session stores their chunks again', async () => {
    const vault = testVault();
    const bytes = dataFilePiece({ run: 1, blocks: range(1, 200) });
    const one = await vault.session(1);
    await writePiece(one, 'h/1', bytes);
    await one.end();
    const packs = await vault.keysBelow('pack/');
    await recordStep(vault.store, generationKey(1, 'condemned'), { packs, recipes: [] });
    const two = await vault.session(2);
    expect((await writePiece(two, 'h/2', bytes)).bytesNew).toBeGreaterThan(bytes.length * 0.9);
    expect(await two.commit({ contents: {}, closure: ['h/1'] })).toEqual({
      kind: 'missing',
      handles: ['h/1'],
    });
  });

  it('leaves a partial manifest of what a failed run closed', async () => {
    const vault = testVault();
    const session = await vault.session(1);
    await session.leavePartial('nothing yet');
    expect(await vault.keysBelow('manifest/')).toEqual([]);
    await writePiece(session, 'h/1', Buffer.from('x'));
    await session.leavePartial('RMAN failed');
    expect((await vault.keysBelow('manifest/')).map((k) => k.slice(-8))).toEqual(['.partial']);
  });

  it('shows no manifest and no piece whose parts are missing, at whichever operation the store fails', async () => {
    let finished = false;
    for (let failAt = 0; !finished; failAt += 1) {
      const store = new MemoryStore();
      const vault = testVault(store);
      finished = await backUpOrFail(vault, failingAt(store, failAt));
      for (const key of await vault.keysBelow('manifest/')) {
        const manifest = await readManifest(store, vault.keys, key);
        for (const { handle } of manifest?.pieces ?? [])
          expect((await vault.restore(handle)).length).toBeGreaterThan(0);
      }
      if ((await vault.keysBelow('piece/')).length > 0)
        expect((await vault.restore('h/1')).length).toBeGreaterThan(0);
      expect(failAt).toBeLessThan(60);
    }
  });
});

/** @returns whether it got through. */
async function backUpOrFail(vault: TestVault, store: ObjectStore): Promise<boolean> {
  try {
    const session = await vault.session(1, { store });
    await writePiece(session, 'h/1', dataFilePiece({ run: 1, blocks: range(1, 60) }));
    const outcome = await session.commit({ contents: {}, closure: ['h/1'] });
    await session.end();
    return outcome.kind === 'committed';
  } catch (error) {
    if (error instanceof ObjectStoreError) return false;
    throw error;
  }
}

function failingAt(inner: ObjectStore, failAt: number): ObjectStore {
  let count = 0;
  const step = (): void => {
    count += 1;
    if (count - 1 === failAt)
      throw new ObjectStoreError('unavailable', inner.name, `operation ${failAt} fails`);
  };
  return {
    name: inner.name,
    create: async (key, bytes) => {
      step();
      return inner.create(key, bytes);
    },
    get: async (key, options) => {
      step();
      return inner.get(key, options);
    },
    head: async (key) => {
      step();
      return inner.head(key);
    },
    list: async function* (prefix) {
      step();
      yield* inner.list(prefix);
    },
    delete: (key) => inner.delete(key),
  };
}

describe('damage', () => {
  const damages: Record<string, (bytes: Buffer) => Buffer | null> = {
    'one flipped bit': (bytes) => {
      const middle = Math.floor(bytes.length / 2);
      bytes[middle] = (bytes[middle] ?? 0) ^ 1;
      return bytes;
    },
    'its second half cut off': (bytes) => bytes.subarray(0, Math.floor(bytes.length / 2)),
    'zeros instead of bytes': (bytes) => Buffer.alloc(bytes.length),
    'being deleted': () => null,
  };
  const cases = ['pack/', 'piece/'].flatMap((kind) =>
    Object.keys(damages).map((damage) => [kind, damage] as const),
  );

  it.each(cases)('of an object below %s by %s is found, and the object is named', async (kind, damage) => {
    const vault = testVault();
    const session = await vault.session(1);
    await writePiece(session, 'h/1', randomBytesOf(3, 200_000));
    const [key = ''] = await vault.keysBelow(kind);
    const changed = damages[damage]?.(Buffer.from((await vault.store.get(key)) ?? []));
    await vault.store.delete(key);
    if (changed !== null && changed !== undefined) await vault.store.create(key, changed);
    const kindOfError = kind === 'piece/' && damage === 'being deleted' ? 'piece-missing' : 'damaged';
    const failure = await vault.restore('h/1').then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ kind: kindOfError });
    if (kindOfError === 'damaged') expect((failure as Error).message).toContain(key);
  });

  it('of swapped packs and swapped recipes is found', async () => {
    for (const kind of ['pack/', 'piece/']) {
      const vault = testVault();
      const session = await vault.session(1);
      await writePiece(session, 'h/1', randomBytesOf(3, 100_000));
      await writePiece(session, 'h/2', randomBytesOf(4, 100_000));
      const [a = '', b = ''] = await vault.keysBelow(kind);
      const [bytesA, bytesB] = [await vault.store.get(a), await vault.store.get(b)];
      for (const key of [a, b]) await vault.store.delete(key);
      await vault.store.create(a, bytesB ?? Buffer.alloc(0));
      await vault.store.create(b, bytesA ?? Buffer.alloc(0));
      await expect(vault.restore('h/1')).rejects.toMatchObject({ kind: 'damaged' });
    }
  });

  it('a pack’s directory tells its chunks without an index', async () => {
    const vault = testVault();
    const session = await vault.session(1);
    await writePiece(session, 'h/1', dataFilePiece({ run: 1, blocks: range(1, 100) }));
    const [key = ''] = await vault.keysBelow('pack/');
    const entries = readPackDirectory(
      Buffer.from((await vault.store.get(key)) ?? []),
      { encKey: vault.keys.encKey, vaultId: VAULT_ID },
      key,
    );
    expect(entries.length).toBeGreaterThan(10);
    expect(entries.reduce((sum, e) => sum + e.ulen, 0)).toBe(99 * 8192 + 8192 + 512 + 7 * 512);
  });
});

describe('keys', () => {
  const now = new Date('2026-11-23T00:00:00Z');
  const keyFile = { kind: 'key-file', key: Buffer.alloc(32, 7) } as const;

  it('open the vault they were made for, and no wrong one does', async () => {
    const store = new MemoryStore();
    const created = await createVault(store, { unlock: keyFile, now });
    expect((await openVault(store, keyFile)).masterKey.equals(created.masterKey)).toBe(true);
    await expect(openVault(store, { kind: 'key-file', key: Buffer.alloc(32, 8) })).rejects.toMatchObject({
      kind: 'wrong-key',
    });
    await expect(openVault(new MemoryStore(), keyFile)).rejects.toMatchObject({ kind: 'no-vault' });
    await expect(createVault(store, { unlock: keyFile, now })).rejects.toMatchObject({
      kind: 'vault-exists',
    });
  });

  it('can be a passphrase', async () => {
    const store = new MemoryStore();
    await createVault(store, { unlock: { kind: 'passphrase', passphrase: 'correct horse' }, now });
    await expect(
      openVault(store, { kind: 'passphrase', passphrase: 'correct horse' }),
    ).resolves.toBeDefined();
    await expect(openVault(store, { kind: 'passphrase', passphrase: 'wrong' })).rejects.toMatchObject({
      kind: 'wrong-key',
    });
  });

  it('of one database find and read nothing of another', async () => {
    const vault = testVault();
    const session = await vault.session(1);
    await writePiece(session, 'h/1', Buffer.from('secret'));
    const other = deriveDatabaseKeys(Buffer.alloc(32, 1), VAULT_ID, '42');
    expect(other.dbKey).not.toBe(vault.keys.dbKey);
    const reader = openPieceReader(
      { store: vault.store, vaultId: VAULT_ID, keys: other, dbid: DBID, compute: inlineCompute() },
      'h/1',
    );
    await expect(reader).rejects.toMatchObject({ kind: 'piece-missing' });
  });

  it('survive being written down', () => {
    const keys = deriveDatabaseKeys(Buffer.alloc(32, 1), VAULT_ID, DBID);
    expect(parseDatabaseKeys(serialiseDatabaseKeys(keys))).toEqual(keys);
    expect(() => parseDatabaseKeys({ ...serialiseDatabaseKeys(keys), encKey: 'short' })).toThrow(RangeError);
  });

  it('keep what is stored unreadable: nothing of the data stands in the bucket', async () => {
    const vault = testVault();
    const session = await vault.session(1);
    await writePiece(
      session,
      'SALES/h/1',
      Buffer.from('a very recognisable sentence about salaries'.repeat(100)),
    );
    await session.commit({ contents: { name: 'SALESDB' }, closure: ['SALES/h/1'] });
    for await (const { key } of vault.store.list('')) {
      const text = `${key} ${Buffer.from((await vault.store.get(key)) ?? []).toString('latin1')}`;
      expect(text).not.toMatch(/recognisable|SALES/);
    }
  });
});
