// What the collector deletes, and what keeps the rest: recovery points, restores, partials, locks.
import {
  createTombstone,
  endPin,
  expireRecoveryPoint,
  findPiece,
  lockPacks,
  pinPieces,
  readManifest,
  releasePiece,
  removePiece,
} from '../index';
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
    const recipeKey = await vault.recipeOf('h/1');
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
