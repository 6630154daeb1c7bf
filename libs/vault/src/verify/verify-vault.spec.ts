// Vaults that are whole and vaults with one thing wrong: what each level of verification finds and reads.
import { type ObjectStore, ObjectStoreError } from '@adyton/object-store';
import { expireRecoveryPoint } from '../index';
import { bytesOf, replaceObject, withFlippedBit } from '../testing/damage-store';
import { emptyVault, smallVault, type SmallVault } from '../testing/small-vault';
import { writePiece } from '../testing/test-vault';
import { NOTHING_VERIFIED, type VerifyState } from './verify-state';

let vault: SmallVault;
beforeEach(async () => {
  vault = await smallVault();
});

describe('a whole vault', () => {
  it.each([0, 1, 2, 3] as const)('has no findings at level %i, and everything is reached', async (level) => {
    const { findings, report } = await vault.verify({ level });
    expect(findings).toEqual([]);
    expect(report).toMatchObject({ level, damaged: 0, reached: { kind: 'all' } });
    expect(report.objectsChecked).toMatchObject({
      vault: 1,
      'key-slot': 1,
      session: 2,
      manifest: 2,
      recipe: 8,
      'index-segment': level === 0 ? 0 : 2,
    });
    expect(report.objectsChecked['data-pack'] + report.objectsChecked['metadata-pack']).toBe(
      (await vault.keysBelow('pack/')).length,
    );
  });

  it('is read as far as the level asks, and no further', async () => {
    let bytes = 0;
    for await (const pack of vault.store.list('pack/')) bytes += pack.bytes;
    const [zero, one, three] = await Promise.all(
      ([0, 1, 3] as const).map((level) => vault.verify({ level })),
    );
    expect(zero?.report.bytesRead).toBeLessThan(bytes / 4);
    expect(one?.report.bytesRead).toBeGreaterThanOrEqual(bytes);
    expect(three?.report).toMatchObject({ piecesRead: 8, blocksChecked: 2 * (59 + 30) });
  });

  it('may hold what a failed run left, what retention let go, and tombstones', async () => {
    const session = await vault.session(3);
    await writePiece(session, 'adyton/run3_F4_1', Buffer.from('half a backup'));
    await session.leavePartial('RMAN failed');
    await session.end();
    const [expired = ''] = await vault.keysBelow('manifest/');
    await expireRecoveryPoint(vault.store, expired, new Date(0));
    await vault.store.delete(expired);
    const dbKey = expired.split('/')[1] ?? '';
    await vault.store.create(`manifest/${dbKey}/run_9-000000000009`, Buffer.from('ADYTOMB1'));
    const { findings, report } = await vault.verify({ level: 3 });
    expect(findings).toEqual([]);
    expect(report.objectsChecked).toMatchObject({ manifest: 2, partial: 1, recipe: 5 });
  });
});

describe('a flipped bit in a chunk', () => {
  it('costs the pieces that use the chunk, not the others that use its pack', async () => {
    const { findings } = await damageAndVerify(2);
    expect(findings).toMatchObject([
      { object: 'data-pack', damage: 'altered', means: 'pieces-lost', pieces: ['adyton/run1_F4_1'] },
    ]);
    for (const [handle, bytes] of vault.pieces) {
      const restored = vault.restore(handle);
      if (handle === 'adyton/run1_F4_1') await expect(restored).rejects.toMatchObject({ kind: 'damaged' });
      else expect((await restored).equals(bytes)).toBe(true);
    }
  });

  it('is not seen at level 0', async () => {
    expect((await damageAndVerify(0)).findings).toEqual([]);
  });

  /** In the first chunk of the pack: what RMAN puts before the blocks. */
  async function damageAndVerify(level: 0 | 2) {
    const key = await packOf('adyton/run1_F4_1');
    await replaceObject(vault.store, key, withFlippedBit(await bytesOf(vault.store, key), 8 * 200));
    return vault.verify({ level });
  }

  /** The first pack the piece needs. */
  async function packOf(handle: string): Promise<string> {
    for (const key of await vault.keysBelow('pack/')) {
      const whole = await bytesOf(vault.store, key);
      await replaceObject(vault.store, key, null);
      const isNeeded = await vault.restore(handle).then(
        () => false,
        () => true,
      );
      await replaceObject(vault.store, key, whole);
      if (isNeeded) return key;
    }
    throw new Error(`${handle} needs no pack`);
  }
});

describe('blocks that were corrupt in the database', () => {
  it('are told by file and block, and are no damage of the vault', async () => {
    const whole = vault.pieces.get('adyton/run1_F4_1') ?? Buffer.alloc(0);
    const corrupt = Buffer.from(whole);
    const BLOCK = 8192;
    corrupt.writeUInt8(0x04, 17 * BLOCK + 15); // block 17 now claims a checksum, which is not that of its bytes
    corrupt.writeUInt8(0, 20 * BLOCK - 1 + BLOCK); // the tail of block 20
    const session = await vault.session(5);
    await writePiece(session, 'adyton/run5_F4_1', corrupt);
    await session.commit({ contents: {}, closure: ['adyton/run5_F4_1'] });
    await session.end();
    const { findings, report } = await vault.verify({ level: 3 });
    expect(findings).toMatchObject([
      {
        kind: 'corrupt-blocks',
        handle: 'adyton/run5_F4_1',
        blocksCorrupt: 2,
        blocks: [
          { relativeFile: 4, block: 17, fault: 'checksum' },
          { relativeFile: 4, block: 20, fault: 'tail' },
        ],
        recoveryPoints: [expect.stringContaining('run_5')],
      },
    ]);
    expect(report).toMatchObject({ damaged: 0, piecesWithCorruptBlocks: 1 });
    expect((await vault.restore('adyton/run5_F4_1')).equals(corrupt)).toBe(true);
  });
});

describe('a recovery point that was deleted', () => {
  it('is missed when its run left pieces, and names them', async () => {
    const [key = ''] = await vault.keysBelow('manifest/');
    await vault.store.delete(key);
    const { findings } = await vault.verify({ level: 0 });
    expect(findings).toMatchObject([
      { object: 'manifest', objectKey: key, damage: 'missing', means: 'recovery-point-lost' },
    ]);
    const [finding] = findings;
    expect(finding?.kind === 'damage' ? [...finding.pieces].sort() : []).toEqual(
      [...vault.pieces.keys()].filter((h) => /run1|-1$/.test(h)).sort(),
    );
  });

  it('is missed when a ledger names it, even if all traces of its run are gone', async () => {
    const [key = ''] = await vault.keysBelow('manifest/');
    const [sid = ''] = (await vault.keysBelow('session/')).map((k) => k.slice(8, 34));
    for (const gone of [key, `session/${sid}`, `session/${sid}.end`]) await vault.store.delete(gone);
    const { findings } = await vault.verify({ level: 0, expectedManifests: [key] });
    expect(findings).toContainEqual(expect.objectContaining({ objectKey: key, damage: 'missing' }));
  });

  it('is not missed while the run goes on, or when nothing came of it', async () => {
    const running = await vault.session(3);
    await writePiece(running, 'adyton/run3_F4_1', Buffer.from('not closed for good'));
    const vain = await vault.session(4);
    await vain.end();
    expect((await vault.verify({ level: 0 })).findings).toEqual([]);
  });
});

describe('what is asked for', () => {
  it('can be one recovery point: damage elsewhere is not looked for', async () => {
    const [first = ''] = await vault.keysBelow('manifest/');
    const packsOfBoth = await vault.keysBelow('pack/');
    const only = await vault.verify({ level: 2, scope: { manifestKeys: [first] } });
    expect(only.report.objectsChecked).toMatchObject({ manifest: 1, recipe: 4 });
    const checked = only.report.objectsChecked['data-pack'] + only.report.objectsChecked['metadata-pack'];
    expect(checked).toBeLessThan(packsOfBoth.length);
    const none = await vault.verify({ level: 2, scope: { dbKeys: ['0123456789abcdef'] } });
    expect(none.report.objectsChecked).toMatchObject({ manifest: 0, recipe: 0, 'data-pack': 0 });
  });

  it('can be n of m: all parts together are everything, and nothing is in two', async () => {
    const parts = [];
    for (const n of [1, 2, 3]) parts.push(await vault.verify({ level: 3, subset: { n, of: 3 } }));
    const packs = parts
      .map(({ report }) => report.objectsChecked)
      .map((o) => o['data-pack'] + o['metadata-pack']);
    expect(packs.reduce((a, b) => a + b)).toBe((await vault.keysBelow('pack/')).length);
    expect(parts.reduce((sum, { report }) => sum + report.piecesRead, 0)).toBe(vault.pieces.size);
    const again = await vault.verify({ level: 3, subset: { n: 1, of: 3 } });
    expect(again.report.piecesRead).toBe(parts[0]?.report.piecesRead);
  });

  it('ends with the time given, and what was not reached is counted', async () => {
    const { report } = await vault.verify({ level: 3, budgetMs: 0 });
    expect(report.reached).toEqual({
      kind: 'part',
      left: { recipes: 8, packs: 0, pieces: 8, indexSegments: 2 },
    });
    expect(report.state).toEqual(NOTHING_VERIFIED);
  });

  it.each([1, 3] as const)(
    'goes on next time where it ended, until all was verified: level %i',
    async (level) => {
      const packs = await vault.keysBelow('pack/');
      const waiting = new Set([...packs, ...(level === 3 ? vault.pieces.keys() : [])]);
      let state: VerifyState | undefined;
      let runs = 0;
      for (; waiting.size > 0 && runs < 100; runs += 1) {
        const store = watching(vault.store, (key) => waiting.delete(key));
        const budget = { store, budgetMs: BUDGET_MS, ...(state === undefined ? {} : { state }) };
        const { report } = await vault.verify({ level, ...budget });
        state = report.state;
        if (report.piecesRead > 0) for (const handle of vault.pieces.keys()) waiting.delete(handle);
        expect(report.reached.kind).toBe('part');
      }
      expect(runs).toBeGreaterThan(1);
      expect([...waiting]).toEqual([]);
    },
  );
});

/** The clock goes on by a second with every look at it: enough for the documents and for few packs. */
const BUDGET_MS = 14_000;

describe('a store that cannot be asked', () => {
  it('is an error, not damage', async () => {
    const store: ObjectStore = {
      ...watching(vault.store, () => undefined),
      get: async () => {
        throw new ObjectStoreError('unavailable', 'store', 'it does not answer');
      },
    };
    await expect(vault.verify({ level: 1, store })).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe('objects of a newer version', () => {
  it('are told as such, by name', async () => {
    const [manifest = ''] = await vault.keysBelow('manifest/');
    const [recipe = ''] = await vault.keysBelow('piece/');
    const newer = async (key: string): Promise<void> => {
      const bytes = await bytesOf(vault.store, key);
      bytes[4] = 2;
      await replaceObject(vault.store, key, bytes);
    };
    await newer(recipe);
    const text = (await bytesOf(vault.store, 'vault.json'))
      .toString()
      .replace('"version": 1', '"version": 2');
    await replaceObject(vault.store, 'vault.json', Buffer.from(text));
    const told = [...(await vault.verify({ level: 0 })).findings];
    await newer(manifest);
    told.push(...(await vault.verify({ level: 0 })).findings);
    const names = told.map((f) => (f.kind === 'damage' ? `${f.objectKey} ${f.damage}` : ''));
    for (const key of ['vault.json', recipe, manifest]) expect(names).toContain(`${key} unsupported-version`);
  });
});

describe('a damaged index segment', () => {
  it('costs space and nothing else', async () => {
    const [key = ''] = await vault.keysBelow('index/');
    await replaceObject(vault.store, key, Buffer.from('ADYM'));
    expect((await vault.verify({ level: 1 })).findings).toMatchObject([
      { object: 'index-segment', objectKey: key, damage: 'truncated', means: 'costs-space', pieces: [] },
    ]);
  });
});

it('an empty vault verifies', async () => {
  const empty = await emptyVault();
  expect((await empty.verify({ level: 3 })).findings).toEqual([]);
});

function watching(store: ObjectStore, onGet: (key: string) => void): ObjectStore {
  return {
    name: store.name,
    create: (key, bytes) => store.create(key, bytes),
    get: (key, options) => {
      onGet(key);
      return store.get(key, options);
    },
    head: (key) => store.head(key),
    list: (prefix) => store.list(prefix),
    delete: (key) => store.delete(key),
  };
}
