// Every kind of object of a vault, damaged in every way. Verification names it, at the level the table says; nothing wrong is ever handed
// out; what can be healed is healed by the next full. And bits flipped anywhere, a thousand and more of them.
import { VaultError } from '../index';
import { bytesOf, DAMAGES, replaceObject, withFlippedBit } from '../testing/damage-store';
import { seeded } from '../testing/oracle-stream';
import { emptyVault, smallVault, type SmallVault } from '../testing/small-vault';
import { markPackDamaged } from '../session/damaged-packs';
import { type DamageFinding, type VaultObjectKind } from './finding';
import { type VerifyLevel } from './verify-state';

const SWAPPED = 'being swapped with another';
type Way = keyof typeof DAMAGES | typeof SWAPPED;
const WAYS: readonly Way[] = [
  'one flipped bit',
  'its second half cut off',
  'zeros instead of bytes',
  'being deleted',
  SWAPPED,
];

interface Row {
  readonly object: VaultObjectKind;
  /** Lowest level that finds each way of WAYS; null: harmless, and not looked for. */
  readonly foundAt: readonly (VerifyLevel | null)[];
  readonly means: DamageFinding['means'];
  /** Whether pieces are lost by it. */
  readonly losesPieces: boolean;
}

const ROWS: readonly Row[] = [
  { object: 'vault', foundAt: [0, 0, 0, 0, 0], means: 'vault-closed', losesPieces: false },
  { object: 'key-slot', foundAt: [0, 0, 0, 0, 0], means: 'vault-closed', losesPieces: false },
  { object: 'session', foundAt: [0, 0, 0, 0, 0], means: 'collection-stops', losesPieces: false },
  { object: 'data-pack', foundAt: [1, 0, 0, 0, 1], means: 'pieces-lost', losesPieces: true },
  { object: 'metadata-pack', foundAt: [1, 0, 0, 0, 1], means: 'costs-space', losesPieces: false },
  // A segment that is gone costs space and nothing else; nobody names it, so nobody misses it.
  { object: 'index-segment', foundAt: [1, 1, 1, null, 1], means: 'costs-space', losesPieces: false },
  { object: 'recipe', foundAt: [0, 0, 0, 0, 0], means: 'pieces-lost', losesPieces: true },
  { object: 'manifest', foundAt: [0, 0, 0, 0, 0], means: 'recovery-point-lost', losesPieces: false },
];
const CASES = ROWS.flatMap((row) =>
  WAYS.map((way, i) => ({ object: row.object, way, row, level: row.foundAt[i] ?? null })),
);

let vault: SmallVault;
const whole = new Map<string, Buffer>();
beforeAll(async () => {
  vault = await smallVault();
  for (const key of await vault.keysBelow('')) whole.set(key, await bytesOf(vault.store, key));
});
afterEach(async () => {
  for (const key of await vault.keysBelow('')) await vault.store.delete(key);
  for (const [key, bytes] of whole) await vault.store.create(key, bytes);
  for (const handle of vault.pieces.keys()) if (OF_RUN_3.test(handle)) vault.pieces.delete(handle);
});
const OF_RUN_3 = /run3|-3$/;

describe.each(CASES)('$object damaged by $way', ({ object, way, row, level }) => {
  it(
    level === null ? 'is harmless' : `is found at level ${level} and named; the rest comes back`,
    async () => {
      const damagedKeys = await damage(object, way);
      if (level !== null && level > 0)
        expect(way === SWAPPED ? damagedKeys : []).toEqual(
          expect.arrayContaining(
            namesOf((await vault.verify({ level: (level - 1) as VerifyLevel })).findings),
          ),
        ); // packs that were swapped differ in size, or not
      const { findings } = await vault.verify({ level: level ?? 3 });
      expect(namesOf(findings)).toEqual(level === null ? [] : damagedKeys);
      for (const finding of findings)
        expect(finding).toMatchObject({ kind: 'damage', object, means: row.means });
      if (object !== 'manifest') await expectRestores(row.losesPieces ? piecesIn(findings) : []);
      else await expectRestores([]);
      if (row.losesPieces) expect(piecesIn(findings).length).toBeGreaterThan(0);
    },
  );

  it('does not keep the next full from being whole', async () => {
    await damage(object, way);
    for (const finding of (await vault.verify({ level: 1 })).findings)
      if (finding.objectKey.startsWith('pack/'))
        await markPackDamaged(vault.store, finding.objectKey, { damage: 'altered', at: new Date(0) });
    const manifestKey = await vault.backUp(3);
    const { findings } = await vault.verify({ level: 3, scope: { manifestKeys: [manifestKey] } });
    expect(piecesIn(findings)).not.toEqual(expect.arrayContaining([expect.stringMatching(OF_RUN_3)]));
    for (const [handle, bytes] of vault.pieces)
      if (OF_RUN_3.test(handle)) expect((await vault.restore(handle)).equals(bytes)).toBe(true);
  });
});

describe('a damaged pack', () => {
  it('that was marked is not relied on: what it holds is stored again', async () => {
    const before = new Set(await vault.keysBelow('pack/'));
    for (const key of before) await markPackDamaged(vault.store, key, { damage: 'altered', at: new Date(0) });
    await vault.backUp(3);
    for (const key of before) await vault.store.delete(key);
    for (const [handle, bytes] of vault.pieces)
      if (OF_RUN_3.test(handle)) expect((await vault.restore(handle)).equals(bytes)).toBe(true);
  });

  it('that was not marked is relied on: verification must run before the next full', async () => {
    const before = await vault.keysBelow('pack/');
    await vault.backUp(3);
    for (const key of before) await vault.store.delete(key);
    await expect(vault.restore('adyton/run3_F4_1')).rejects.toMatchObject({ kind: 'damaged' });
  });

  it('keeps a recovery point that needs it from being made', async () => {
    for (const key of await vault.keysBelow('pack/'))
      await markPackDamaged(vault.store, key, { damage: 'altered', at: new Date(0) });
    const session = await vault.session(3);
    expect(await session.commit({ contents: {}, closure: ['adyton/run1_F4_1'] })).toEqual({
      kind: 'missing',
      handles: ['adyton/run1_F4_1'],
    });
  });
});

describe('one flipped bit anywhere in a vault', () => {
  it.each([1, 2, 3, 4])('is found, and the object is named: 300 of them, from seed %i', async (seed) => {
    const keys = (await vault.keysBelow('')).filter((key) => !isTimeOnly(key));
    const random = seeded(seed);
    for (let i = 0; i < 300; i += 1) {
      const key = keys[Math.floor(random() * keys.length)] ?? '';
      const bytes = whole.get(key) ?? Buffer.alloc(0);
      const bit = Math.floor(random() * bytes.length * 8);
      await replaceObject(vault.store, key, withFlippedBit(bytes, bit));
      const { findings } = await vault.verify({ level: 1 });
      expect({ key, bit, found: namesOf(findings) }).toEqual({ key, bit, found: [key] });
      await replaceObject(vault.store, key, bytes);
    }
    expect((await vault.verify({ level: 3 })).findings).toEqual([]);
  });

  /** Heartbeats and end markers count by being there: the times in them are for people. */
  function isTimeOnly(key: string): boolean {
    return /^session\/[^.]+\.(hb\.\d+|end)$/.test(key);
  }
});

/** @returns the keys of what is not what it should be any more, sorted */
async function damage(object: VaultObjectKind, way: Way): Promise<string[]> {
  const [key = '', second] = await keysOfKind(vault, object);
  const bytes = await bytesOf(vault.store, key);
  if (way !== SWAPPED) {
    await replaceObject(vault.store, key, DAMAGES[way](bytes));
    return [key];
  }
  if (second === undefined) {
    const other = await emptyVault(); // there is only one of its kind: that of another vault takes its place
    const [otherKey = ''] = await keysOfKind(other, object);
    await replaceObject(vault.store, key, await bytesOf(other.store, otherKey));
    return [key];
  }
  await replaceObject(vault.store, key, await bytesOf(vault.store, second));
  await replaceObject(vault.store, second, bytes);
  return [key, second].sort();
}

const PREFIXES: Partial<Record<VaultObjectKind, string>> = {
  vault: 'vault.json',
  'key-slot': 'key/',
  session: 'session/',
  'index-segment': 'index/',
  recipe: 'piece/',
  manifest: 'manifest/',
};
const PACK_KIND_AT = 9;

async function keysOfKind(vault: SmallVault, object: VaultObjectKind): Promise<string[]> {
  const keys = (await vault.keysBelow(PREFIXES[object] ?? 'pack/')).filter((key) => !key.endsWith('.end'));
  if (!object.endsWith('-pack')) return keys;
  const wanted = object === 'data-pack' ? 1 : 2;
  const kinds = await Promise.all(keys.map(async (key) => (await bytesOf(vault.store, key))[PACK_KIND_AT]));
  return keys.filter((_, i) => kinds[i] === wanted);
}

type Findings = Awaited<ReturnType<SmallVault['verify']>>['findings'];

function namesOf(findings: Findings): string[] {
  return findings.map(({ objectKey }) => objectKey).sort();
}

function piecesIn(findings: Findings): string[] {
  return findings.flatMap((finding) => (finding.kind === 'damage' ? finding.pieces : []));
}

/** Every piece comes back byte for byte, but for those that are lost: of them nothing comes back at all. */
async function expectRestores(lost: readonly string[]): Promise<void> {
  for (const [handle, bytes] of vault.pieces) {
    const restored = vault.restore(handle);
    if (lost.includes(handle)) await expect(restored).rejects.toBeInstanceOf(VaultError);
    else expect((await restored).equals(bytes)).toBe(true);
  }
}
