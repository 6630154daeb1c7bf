// What collectors and restores write down in the clear, damaged in every way: nobody misreads it, verification names it, and one damaged
// object stops neither backups nor restores nor the collector.
import { verifyVault, type Finding } from '../index';
import { inlineCompute } from '../compute/compute';
import { pinPieces, PIN_MS_MAX } from '../session/restore-pin';
import { readCondemnedPacks } from '../session/condemned-packs';
import { collectedVault, type CollectedVault } from '../testing/collected-vault';
import { bytesOf, DAMAGES, replaceObject } from '../testing/damage-store';
import { randomBytesOf } from '../testing/oracle-stream';

const WAYS = Object.keys(DAMAGES) as (keyof typeof DAMAGES)[];
const STEPS = ['condemned', 'sessions', 'verdict', 'done'] as const;

let vault: CollectedVault;
let condemned: ReadonlySet<string>;

/** One generation is done: it deleted the first of two runs. */
beforeEach(async () => {
  vault = collectedVault();
  const first = await vault.backUp(1, { 'h/1': randomBytesOf(1, 9_000) });
  await vault.backUp(2, { 'h/2': randomBytesOf(2, 9_000) });
  await vault.letGo(first);
  expect((await vault.collect()).outcome).toBe('done');
  condemned = await readCondemnedPacks(vault.store);
  expect(condemned.size).toBeGreaterThan(0);
});

async function damage(key: string, way: keyof typeof DAMAGES): Promise<void> {
  await replaceObject(vault.store, key, DAMAGES[way](await bytesOf(vault.store, key)));
}

describe.each(STEPS)('the step %s', (step) => {
  const first = `gc/000001/${step}`;

  it.each(WAYS)('is read from its copy after %s', async (way) => {
    await damage(first, way);
    expect(await readCondemnedPacks(vault.store)).toEqual(condemned);
    await vault.backUp(3, { 'h/3': randomBytesOf(3, 9_000) });
    expect((await vault.collect()).outcome).toBe('nothing');
    expect((await vault.restore('h/2')).length).toBe(9_000);
  });
});

it.each(WAYS)(
  'a verdict without a whole object is an error that names it, never an empty list: %s',
  async (way) => {
    for (const key of ['gc/000001/verdict', 'gc/000001/verdict.copy']) await damage(key, way);
    if (way === 'being deleted') expect(await readCondemnedPacks(vault.store)).toEqual(condemned);
    else
      await expect(readCondemnedPacks(vault.store)).rejects.toMatchObject({
        kind: 'damaged',
        facts: { objectKey: 'gc/000001/verdict' },
      });
  },
);

it('a step that took the place of another is not believed', async () => {
  const verdict = await bytesOf(vault.store, 'gc/000001/verdict');
  for (const key of ['gc/000001/sessions', 'gc/000001/sessions.copy'])
    await replaceObject(vault.store, key, verdict);
  const { findings } = await verified();
  expect(findings.map(({ objectKey }) => objectKey)).toEqual([
    'gc/000001/sessions',
    'gc/000001/sessions.copy',
  ]);
});

async function verified(): Promise<{ findings: Finding[] }> {
  const findings: Finding[] = [];
  await verifyVault({
    store: vault.store,
    vault: vault.opened,
    now: vault.now,
    level: 0,
    compute: inlineCompute(),
    onFinding: (finding) => void findings.push(finding),
  });
  return { findings: findings.filter(({ objectKey }) => /^(gc|pin)\//.test(objectKey)) };
}

describe.each(WAYS)('verification after %s', (way) => {
  it('names the object of a step, and that its copy is used', async () => {
    await damage('gc/000001/condemned', way);
    expect((await verified()).findings).toMatchObject([
      { object: 'collection', objectKey: 'gc/000001/condemned', means: 'copy-left' },
    ]);
  });

  it('names a restore pin', async () => {
    const pinKey = await pin();
    await damage(pinKey, way);
    const expected = [{ object: 'restore-pin', objectKey: pinKey, means: 'collection-stops' }];
    expect((await verified()).findings).toMatchObject(way === 'being deleted' ? [] : expected);
  });
});

it('both objects of a step damaged mean that collecting stops', async () => {
  for (const key of ['gc/000001/condemned', 'gc/000001/condemned.copy']) await damage(key, 'one flipped bit');
  const { findings } = await verified();
  expect(findings.map((finding) => 'means' in finding && finding.means)).toEqual([
    'collection-stops',
    'collection-stops',
  ]);
});

it('a pin that cannot be read stops the collector by name, until it is a week old', async () => {
  const pinKey = await pin();
  await damage(pinKey, 'one flipped bit');
  await vault.letGo(await vault.backUp(3, { 'h/3': randomBytesOf(3, 9_000) }));
  await expect(vault.collect()).rejects.toMatchObject({ kind: 'damaged', facts: { objectKey: pinKey } });
  vault.passHours(PIN_MS_MAX / 3_600_000);
  expect(await vault.collect()).toMatchObject({ outcome: 'done', packsDeleted: 1, pinsDeleted: 1 });
});

async function pin(): Promise<string> {
  const [recipeKey = ''] = await vault.keysBelow('piece/');
  const now = vault.now();
  const pieces = [{ handle: 'h/2', recipeKey }];
  return pinPieces({
    ...{ store: vault.store, keys: vault.keys, pieces, why: 'a test', now },
    expiresAt: new Date(now.getTime() + PIN_MS_MAX),
  });
}
