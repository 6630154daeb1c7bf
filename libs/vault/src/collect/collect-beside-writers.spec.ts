// The collector beside writers: whom it waits for, whom it takes for dead, and what they keep or leave.
import { createTombstone, readPartial, removePiece } from '../index';
import { manifestKeyOf } from '../session/manifest';
import { collectedVault } from '../testing/collected-vault';
import { dataFilePiece, randomBytesOf, range } from '../testing/oracle-stream';
import { DBID, writePiece } from '../testing/test-vault';

const one = randomBytesOf(1, 40_000);
const two = randomBytesOf(2, 50_000);

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
