// What the collector deletes, what it keeps, whom it waits for, and that it can be interrupted anywhere.
import { faultyStore, MemoryStore, ObjectStoreError, type ObjectStore } from '@adyton/object-store';
import {
  createTombstone,
  createVault,
  endPin,
  expireRecoveryPoint,
  findPiece,
  lockPacks,
  pinPieces,
  readManifest,
  readPartial,
  releasePiece,
  removePiece,
} from '../index';
import { manifestKeyOf } from '../session/manifest';
import { collectedVault, type CollectedVault } from '../testing/collected-vault';
import { dataFilePiece, randomBytesOf, range } from '../testing/oracle-stream';
import { DBID, writePiece } from '../testing/test-vault';

const one = randomBytesOf(1, 40_000);
const two = randomBytesOf(2, 50_000);

describe('what is deleted', () => {
  it('nothing, while all of it is needed, and no generation is begun', async () => {
    const vault = collectedVault();
    await vault.backUp(1, { 'h/1': one });
    expect(await vault.collect()).toMatchObject({ outcome: 'nothing', generation: null, packsCondemned: 0 });
    expect((await vault.restore('h/1')).equals(one)).toBe(true);
    expect(await vault.keysBelow('gc/')).toEqual([]);
  });

  it('packs, recipe, index, session and manifest of a recovery point that was let go, and nothing of another', async () => {
    const vault = collectedVault();
    const first = await vault.backUp(1, { 'h/1': one });
    await vault.backUp(2, { 'h/2': two });
    const kept = [...(await vault.keysBelow('pack/')), ...(await vault.keysBelow('index/'))].length / 2;
    await vault.letGo(first);
    const report = await vault.collect();
    expect(report).toMatchObject({
      outcome: 'done',
      generation: 1,
      packsCondemned: 1,
      packsDeleted: 1,
      packsRescued: 0,
      packsRetained: 0,
      recipesDeleted: 1,
      manifestsDeleted: 1,
      segmentsDeleted: 1,
      sessionsDeleted: 1,
    });
    expect(report.bytesFreed).toBeGreaterThan(one.length);
    for (const prefix of ['pack/', 'index/', 'piece/', 'manifest/'])
      expect(await vault.keysBelow(prefix)).toHaveLength(prefix === 'pack/' ? kept - 1 : 1);
    expect(await vault.keysBelow('released/')).toEqual([]);
    expect(await vault.keysBelow('session/')).toHaveLength(2);
    expect((await vault.restore('h/2')).equals(two)).toBe(true);
  });

  it('not a piece that expired with its recovery point but was not released: RMAN may list it', async () => {
    const vault = collectedVault();
    await expireRecoveryPoint(vault.store, await vault.backUp(1, { 'h/1': one }), vault.now());
    expect(await vault.collect()).toMatchObject({ outcome: 'nothing', manifestsDeleted: 1 });
    expect((await vault.restore('h/1')).equals(one)).toBe(true);
  });

  it('not a released piece that a recovery point still names', async () => {
    const vault = collectedVault();
    const manifestKey = await vault.backUp(1, { 'h/1': one });
    const [piece] = (await readManifest(vault.store, vault.keys, manifestKey))?.pieces ?? [];
    await releasePiece(vault.store, piece?.recipeKey ?? '');
    expect(await vault.collect()).toMatchObject({ outcome: 'nothing' });
    expect(await vault.keysBelow('pack/')).toHaveLength(1);
  });

  it('a piece that RMAN removed and nothing needs', async () => {
    const vault = collectedVault();
    const session = await vault.session(1);
    await writePiece(session, 'h/1', one);
    await session.end();
    await removePiece({ store: vault.store, keys: vault.keys, dbid: DBID }, 'h/1');
    expect(await vault.collect()).toMatchObject({ outcome: 'done', packsDeleted: 1, recipesDeleted: 1 });
    expect(await vault.keysBelow('removed/')).toEqual([]);
  });

  it('not a pack that a later backup shares', async () => {
    const vault = collectedVault();
    const bytes = dataFilePiece({ run: 1, blocks: range(1, 200) });
    const first = await vault.backUp(1, { 'h/1': bytes });
    await vault.backUp(2, { 'h/2': bytes });
    await vault.letGo(first);
    await vault.collect();
    expect((await vault.restore('h/2')).equals(bytes)).toBe(true);
    await expect(vault.restore('h/1')).rejects.toMatchObject({ kind: 'piece-missing' });
  });

  it('pieces of every database of the vault, each with its own keys', async () => {
    const vault = collectedVault();
    const dbid = '42';
    const session = await vault.session(7, { dbid, keys: vault.keysOf(dbid) });
    await writePiece(session, 'h/other', two);
    await session.commit({ contents: {}, closure: ['h/other'] });
    await session.end();
    await vault.letGo(await vault.backUp(1, { 'h/1': one }));
    expect(await vault.collect()).toMatchObject({ packsDeleted: 1 });
    const lookup = { store: vault.store, keys: vault.keysOf(dbid), dbid };
    expect((await findPiece(lookup, 'h/other'))?.recipe.bytes).toBe(two.length);
    expect(await vault.keysBelow('pack/')).toHaveLength(1);
  });

  it('no more packs in one generation than its bound; the next takes the rest', async () => {
    const vault = collectedVault();
    for (const run of [1, 2, 3])
      await vault.letGo(await vault.backUp(run, { [`h/${run}`]: randomBytesOf(run, 9_000) }));
    expect(await vault.collect({ packsPerGenerationMax: 2 })).toMatchObject({
      packsDeleted: 2,
      generation: 1,
    });
    expect(await vault.collect({ packsPerGenerationMax: 2 })).toMatchObject({
      packsDeleted: 1,
      generation: 2,
    });
  });

  it('is told beforehand by a preview, which writes nothing', async () => {
    const vault = collectedVault();
    await vault.letGo(await vault.backUp(1, { 'h/1': one }));
    const before = await vault.keysBelow('');
    const preview = await vault.preview();
    expect(preview).toMatchObject({ generation: null, sessionsOpen: [] });
    expect(preview.packs).toEqual(await vault.keysBelow('pack/'));
    expect(preview.recipes).toEqual(await vault.keysBelow('piece/'));
    expect(await vault.keysBelow('')).toEqual(before);
  });
});

describe('books that are damaged or gone', () => {
  it.each(['manifest/', 'piece/'])('below %s stop the collector, and it names them', async (prefix) => {
    const vault = collectedVault();
    await vault.letGo(await vault.backUp(1, { 'h/1': one }));
    await vault.backUp(2, { 'h/2': two });
    const key = (await vault.keysBelow(prefix)).find((k) => !k.includes('run_1')) ?? '';
    const damagedKey = prefix === 'piece/' ? await recipeOf(vault, 'h/2') : key;
    const bytes = Buffer.from((await vault.store.get(damagedKey)) ?? []);
    bytes[60] = (bytes[60] ?? 0) ^ 1;
    await vault.store.delete(damagedKey);
    await vault.store.create(damagedKey, bytes);
    await expect(vault.collect()).rejects.toMatchObject({
      kind: 'damaged',
      facts: { objectKey: damagedKey },
    });
    expect(await vault.keysBelow('pack/')).toHaveLength(2);
  });

  it('a recipe that a recovery point names and that is missing stops it, too', async () => {
    const vault = collectedVault();
    await vault.backUp(1, { 'h/1': one });
    const recipeKey = await recipeOf(vault, 'h/1');
    await vault.store.delete(recipeKey);
    await expect(vault.collect()).rejects.toMatchObject({ kind: 'damaged', facts: { objectKey: recipeKey } });
    expect(await vault.keysBelow('pack/')).toHaveLength(1);
  });
});

async function recipeOf(vault: CollectedVault, handle: string): Promise<string> {
  const found = await findPiece({ store: vault.store, keys: vault.keys, dbid: DBID }, handle);
  return found?.recipeKey ?? '';
}

describe('writers at work', () => {
  it('keep their packs, although nothing names them yet', async () => {
    const vault = collectedVault();
    const session = await vault.session(1);
    await writePiece(session, 'h/1', one);
    await removePiece({ store: vault.store, keys: vault.keys, dbid: DBID }, 'h/1');
    expect(await vault.collect()).toMatchObject({ packsCondemned: 0, packsDeleted: 0 });
    expect(await vault.keysBelow('pack/')).toHaveLength(1);
  });

  it('are waited for, and what they committed meanwhile is rescued', async () => {
    const vault = collectedVault();
    const bytes = dataFilePiece({ run: 1, blocks: range(1, 200) });
    const first = await vault.backUp(1, { 'h/1': bytes });
    const writer = await vault.session(2);
    await vault.letGo(first);
    expect(await vault.collect()).toMatchObject({
      outcome: 'waiting',
      sessionsWaitedFor: [writer.sid],
      packsDeleted: 0,
    });
    expect((await writePiece(writer, 'h/2', bytes)).bytesNew).toBeLessThan(20_000);
    expect(await writer.commit({ contents: {}, closure: ['h/2'] })).toMatchObject({ kind: 'committed' });
    await writer.end();
    const report = await vault.collect();
    expect(report).toMatchObject({ outcome: 'done', generation: 1, packsRescued: report.packsCondemned });
    expect((await vault.restore('h/2')).equals(bytes)).toBe(true);
  });

  it('that began after the packs were condemned are not waited for, and do not use them', async () => {
    const vault = collectedVault();
    const bytes = dataFilePiece({ run: 1, blocks: range(1, 200) });
    const first = await vault.backUp(1, { 'h/1': bytes });
    const early = await vault.session(2);
    await vault.letGo(first);
    await vault.collect();
    const late = await vault.session(3);
    expect((await writePiece(late, 'h/3', bytes)).bytesNew).toBeGreaterThan(bytes.length * 0.9);
    await early.end();
    expect(await vault.collect()).toMatchObject({ outcome: 'done', packsDeleted: 1 });
    expect(await late.commit({ contents: {}, closure: ['h/3'] })).toMatchObject({ kind: 'committed' });
    expect((await vault.restore('h/3')).equals(bytes)).toBe(true);
  });

  it('may use again what was condemned and rescued', async () => {
    const vault = collectedVault();
    const bytes = dataFilePiece({ run: 1, blocks: range(1, 200) });
    const first = await vault.backUp(1, { 'h/1': bytes });
    const writer = await vault.session(2);
    await vault.letGo(first);
    await vault.collect();
    await writePiece(writer, 'h/2', bytes);
    await writer.commit({ contents: {}, closure: ['h/2'] });
    await writer.end();
    await vault.collect();
    const next = await vault.session(3);
    expect((await writePiece(next, 'h/3', bytes)).bytesNew).toBeLessThan(20_000);
    expect(await next.commit({ contents: {}, closure: ['h/2', 'h/3'] })).toMatchObject({ kind: 'committed' });
  });
});

describe('writers that died', () => {
  it('are ended after a day of silence: a tombstone, a partial of what they closed, and their garbage goes', async () => {
    const vault = collectedVault();
    const dead = await vault.session(1);
    await writePiece(dead, 'h/1', one);
    await writePiece(dead, 'h/removed', two);
    await removePiece({ store: vault.store, keys: vault.keys, dbid: DBID }, 'h/removed');
    vault.passHours(23);
    await dead.heartbeat();
    vault.passHours(23);
    expect(await vault.collect()).toMatchObject({ sessionsEnded: [], tombstones: [], packsDeleted: 0 });
    vault.passHours(1);
    const manifestKey = manifestKeyOf({ dbKey: vault.keys.dbKey, runId: 'run_1', fence: 1 });
    expect(await vault.collect()).toMatchObject({
      sessionsEnded: [dead.sid],
      tombstones: [manifestKey],
      packsDeleted: 1,
    });
    expect(await readPartial(vault.store, vault.keys, `${manifestKey}.partial`)).toMatchObject({
      runId: 'run_1',
      pieces: [{ handle: 'h/1' }],
    });
    expect((await vault.restore('h/1')).equals(one)).toBe(true);
    expect(await dead.commit({ contents: {}, closure: ['h/1'] })).toMatchObject({ kind: 'fenced' });
  });

  it('and wake up close no piece any more, and leave none behind', async () => {
    const vault = collectedVault();
    const dead = await vault.session(1);
    const piece = await dead.openPiece('h/1');
    await piece.write(one);
    vault.passHours(24);
    await vault.collect();
    await expect(piece.close()).rejects.toMatchObject({ kind: 'session-ended' });
    expect(await dead.findPiece('h/1')).toBeNull();
    expect(await vault.collect()).toMatchObject({ packsDeleted: 1, recipesDeleted: 1 });
  });

  it('after their commit are ended without a tombstone, and their recovery point stays', async () => {
    const vault = collectedVault();
    const dead = await vault.session(1);
    await writePiece(dead, 'h/1', one);
    await dead.commit({ contents: {}, closure: ['h/1'] });
    vault.passHours(24);
    expect(await vault.collect()).toMatchObject({ sessionsEnded: [dead.sid], tombstones: [] });
    expect((await vault.restore('h/1')).equals(one)).toBe(true);
  });

  it('are ended at once when an operator vouches for it', async () => {
    const vault = collectedVault();
    const dead = await vault.session(1);
    expect(await vault.collect({ presumedDead: new Set([dead.sid]) })).toMatchObject({
      sessionsEnded: [dead.sid],
    });
  });

  it('half ended by a collector that died are ended by the next', async () => {
    const vault = collectedVault();
    const dead = await vault.session(1);
    await writePiece(dead, 'h/1', one);
    await createTombstone(vault.store, { dbKey: vault.keys.dbKey, runId: 'run_1', fence: 1 }, vault.now());
    vault.passHours(24);
    await vault.collect();
    expect((await vault.keysBelow('manifest/')).filter((k) => k.endsWith('.partial'))).toHaveLength(1);
  });
});

describe('secondary sessions', () => {
  it('are drained through their parent: their own end says nothing', async () => {
    const vault = collectedVault();
    const bytes = dataFilePiece({ run: 9, blocks: range(1, 200) });
    const first = await vault.backUp(9, { 'h/9': bytes });
    const parent = await vault.session(1);
    const secondary = await vault.session(1, { parent: parent.sid });
    await vault.letGo(first);
    await writePiece(secondary, 'h/1', bytes);
    await secondary.end();
    expect(await vault.collect()).toMatchObject({
      outcome: 'waiting',
      sessionsWaitedFor: expect.arrayContaining([parent.sid, secondary.sid]),
    });
    expect(await parent.commit({ contents: {}, closure: ['h/1'] })).toMatchObject({ kind: 'committed' });
    await parent.end();
    expect(await vault.collect()).toMatchObject({ outcome: 'done' });
    expect((await vault.restore('h/1')).equals(bytes)).toBe(true);
  });

  it('do not commit, and their pieces are in the partial that their parent leaves', async () => {
    const vault = collectedVault();
    const parent = await vault.session(1);
    const secondary = await vault.session(1, { parent: parent.sid });
    await writePiece(parent, 'h/1', one);
    await writePiece(secondary, 'h/2', two);
    await expect(secondary.commit({ contents: {}, closure: ['h/2'] })).rejects.toMatchObject({
      kind: 'session-ended',
    });
    await secondary.leavePartial('RMAN failed');
    await secondary.end();
    await parent.leavePartial('RMAN failed');
    await parent.end();
    const [key = ''] = await vault.keysBelow('manifest/');
    const { pieces } = await readPartial(vault.store, vault.keys, key);
    expect(pieces.map(({ handle }) => handle).sort()).toEqual(['h/1', 'h/2']);
  });

  it('are ended with a parent that died, whether or not they live', async () => {
    const vault = collectedVault();
    const parent = await vault.session(1);
    const secondary = await vault.session(1, { parent: parent.sid });
    await writePiece(secondary, 'h/2', two);
    vault.passHours(24);
    await secondary.heartbeat();
    const report = await vault.collect();
    expect([...report.sessionsEnded].sort()).toEqual([parent.sid, secondary.sid].sort());
    expect((await vault.restore('h/2')).equals(two)).toBe(true);
  });
});

describe('restore pins', () => {
  const pinned = async (vault: CollectedVault, manifestKey: string): Promise<string> => {
    const pieces = (await readManifest(vault.store, vault.keys, manifestKey))?.pieces ?? [];
    const expiresAt = new Date(vault.now().getTime() + 48 * 3_600_000);
    return pinPieces({
      store: vault.store,
      keys: vault.keys,
      pieces,
      why: 'a restore',
      now: vault.now(),
      expiresAt,
    });
  };

  it('keep what retention lets go, until they end', async () => {
    const vault = collectedVault();
    const manifestKey = await vault.backUp(1, { 'h/1': one });
    const pin = await pinned(vault, manifestKey);
    await vault.letGo(manifestKey);
    expect(await vault.collect()).toMatchObject({ outcome: 'nothing', packsDeleted: 0 });
    await endPin(vault.store, pin, vault.now());
    expect(await vault.collect()).toMatchObject({ packsDeleted: 1, pinsDeleted: 1 });
    expect(await vault.keysBelow('pin/')).toEqual([]);
  });

  it('end by themselves when their time is up', async () => {
    const vault = collectedVault();
    const manifestKey = await vault.backUp(1, { 'h/1': one });
    await pinned(vault, manifestKey);
    await vault.letGo(manifestKey);
    vault.passHours(48);
    expect(await vault.collect()).toMatchObject({ packsDeleted: 1, pinsDeleted: 1 });
  });

  it('are refused for what is condemned already', async () => {
    const vault = collectedVault();
    const manifestKey = await vault.backUp(1, { 'h/1': one });
    const manifest = await readManifest(vault.store, vault.keys, manifestKey);
    await vault.session(2);
    await vault.letGo(manifestKey);
    expect(await vault.collect()).toMatchObject({ outcome: 'waiting' });
    const pinning = pinPieces({
      store: vault.store,
      keys: vault.keys,
      pieces: manifest?.pieces ?? [],
      why: 'too late',
      now: vault.now(),
      expiresAt: vault.now(),
    });
    await expect(pinning).rejects.toMatchObject({ kind: 'condemned' });
  });
});

describe('partials', () => {
  it('keep pieces of a failed run until they expire and the pieces are released', async () => {
    const vault = collectedVault();
    const failed = await vault.session(1);
    await writePiece(failed, 'h/1', one);
    await failed.leavePartial('RMAN failed');
    await failed.end();
    const recipeKey = await recipeOf(vault, 'h/1');
    await releasePiece(vault.store, recipeKey);
    expect(await vault.collect()).toMatchObject({ outcome: 'nothing' });
    const [partial = ''] = await vault.keysBelow('manifest/');
    await expireRecoveryPoint(vault.store, partial, vault.now());
    expect(await vault.collect()).toMatchObject({ packsDeleted: 1, manifestsDeleted: 1 });
  });
});

describe('locks', () => {
  it('retain a pack, which a later generation deletes when the lock has run out', async () => {
    const vault = collectedVault();
    const manifestKey = await vault.backUp(1, { 'h/1': one });
    const until = new Date(vault.now().getTime() + 24 * 3_600_000);
    const packs = await vault.keysBelow('pack/');
    expect(await lockPacks(vault.store, packs, until)).toEqual({ extended: 1, alreadyLocked: 0 });
    expect(await lockPacks(vault.store, packs, until)).toEqual({ extended: 0, alreadyLocked: 1 });
    await vault.letGo(manifestKey);
    expect(await vault.collect()).toMatchObject({
      outcome: 'done',
      packsDeleted: 0,
      packsRetained: 1,
      bytesFreed: 0,
    });
    vault.passHours(24);
    expect(await vault.collect()).toMatchObject({ generation: 2, packsDeleted: 1, packsRetained: 0 });
  });

  it('are set on every pack of the closure before the manifest is there', async () => {
    const vault = collectedVault();
    const bytes = dataFilePiece({ run: 1, blocks: range(1, 100) });
    await vault.backUp(1, { 'h/1': bytes });
    const until = new Date('2026-03-01T00:00:00Z');
    const asked: { packs: number; manifests: number }[] = [];
    const lock = {
      until,
      lockPacks: async (packs: readonly string[], to: Date) => {
        await lockPacks(vault.store, packs, to);
        asked.push({ packs: packs.length, manifests: (await vault.keysBelow('manifest/')).length });
      },
    };
    const writer = await vault.session(2, { lock });
    await writePiece(writer, 'h/2', dataFilePiece({ run: 1, blocks: range(1, 110) }));
    const outcome = await writer.commit({ contents: {}, closure: ['h/2'] });
    const packs = await vault.keysBelow('pack/');
    expect(asked).toEqual([{ packs: packs.length, manifests: 1 }]);
    for (const pack of packs) expect((await vault.store.head(pack))?.lockedUntil).toEqual(until);
    expect(outcome).toMatchObject({ kind: 'committed' });
    const [, manifestKey = ''] = await vault.keysBelow('manifest/');
    expect(await readManifest(vault.store, vault.keys, manifestKey)).toMatchObject({
      lockedUntil: until.toISOString(),
    });
  });
});

describe('old marks', () => {
  it('tombstones and marks of expired manifests go after 400 days, not before', async () => {
    const vault = collectedVault();
    await vault.letGo(await vault.backUp(1, { 'h/1': one }));
    await createTombstone(vault.store, { dbKey: vault.keys.dbKey, runId: 'run_2', fence: 2 }, vault.now());
    await vault.collect();
    vault.passHours(400 * 24 - 1);
    expect(await vault.collect()).toMatchObject({ tombstonesDeleted: 0 });
    expect(await vault.keysBelow('expired/')).toHaveLength(1);
    vault.passHours(1);
    expect(await vault.collect()).toMatchObject({ tombstonesDeleted: 1 });
    expect([...(await vault.keysBelow('expired/')), ...(await vault.keysBelow('manifest/'))]).toEqual([]);
  });
});

describe('a store', () => {
  it('that overwrites is refused, with the reason', async () => {
    const memory = new MemoryStore();
    const overwriting: ObjectStore = Object.assign(Object.create(memory) as ObjectStore, {
      create: async (key: string, bytes: Uint8Array) => {
        await memory.delete(key);
        return memory.create(key, bytes);
      },
    });
    await expect(collectedVault().collect({ store: overwriting })).rejects.toMatchObject({
      kind: 'unfit-store',
      message: expect.stringContaining('"conditionalCreate":false'),
    });
  });

  it('that overwrites is refused when a vault is to be created, and stays empty', async () => {
    const memory = new MemoryStore();
    const overwriting: ObjectStore = Object.assign(Object.create(memory) as ObjectStore, {
      create: async (key: string, bytes: Uint8Array) => {
        await memory.delete(key);
        return memory.create(key, bytes);
      },
    });
    const unlock = { kind: 'key-file', key: Buffer.alloc(32, 1) } as const;
    await expect(createVault(overwriting, { unlock, now: new Date() })).rejects.toMatchObject({
      kind: 'unfit-store',
    });
    expect(await collectedVault(memory).keysBelow('')).toEqual([]);
  });

  it('whose listings are stale is refused', async () => {
    const stale = faultyStore(new MemoryStore(), (operation) => (operation === 'list' ? 'stale-list' : null));
    await expect(collectedVault().collect({ store: stale })).rejects.toMatchObject({ kind: 'unfit-store' });
  });
});

/** Fails from the given call on, as a killed process does. */
function dyingAt(inner: ObjectStore, failAt: number): ObjectStore {
  let calls = 0;
  return faultyStore(inner, () => ((calls += 1) > failAt ? 'unavailable' : null));
}

describe('a collector killed at any call', () => {
  it('is finished by the next one, with the same outcome', async () => {
    let finished = false;
    let kills = 0;
    for (let failAt = 0; !finished; failAt += 1) {
      const vault = collectedVault();
      await vault.letGo(await vault.backUp(1, { 'h/1': one }));
      await vault.backUp(2, { 'h/2': two });
      const dead = await vault.session(3);
      await writePiece(dead, 'h/3', randomBytesOf(3, 9_000));
      vault.passHours(24);
      finished = await vault.collect({ store: dyingAt(vault.store, failAt) }).then(
        () => true,
        (error: unknown) => {
          if (!(error instanceof ObjectStoreError)) throw error;
          return false;
        },
      );
      kills += 1;
      expect(['done', 'nothing']).toContain((await vault.collect()).outcome);
      await expectCleanVault(vault);
    }
    expect(kills).toBeGreaterThan(50);
  });
});

async function expectCleanVault(vault: CollectedVault): Promise<void> {
  expect((await vault.restore('h/2')).equals(two)).toBe(true);
  expect((await vault.restore('h/3')).length).toBe(9_000);
  expect(await vault.keysBelow('pack/')).toHaveLength(2);
  expect(await vault.keysBelow('piece/')).toHaveLength(2);
  expect(await vault.keysBelow('released/')).toEqual([]);
  expect(await vault.keysBelow('manifest/')).toHaveLength(3);
  expect((await vault.keysBelow('gc/')).filter((key) => key.endsWith('/done'))).toHaveLength(1);
}
