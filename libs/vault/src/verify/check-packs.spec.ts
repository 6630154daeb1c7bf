// What only level 2 sees: a pack that is named by the hash of its bytes, and holds a chunk that is not what its id says. A writer with a
// fault makes such packs; damage at rest does not.
import { inlineCompute } from '../index';
import { createHash } from 'node:crypto';
import { bytesOf, withFlippedBit } from '../testing/damage-store';
import { smallVault } from '../testing/small-vault';
import { checkPackArea, type DamagedPacks } from './check-packs';
import { type LiveClosure, readLiveClosure } from './live-closure';
import { VerifyRun } from './verify-run';
import { type VerifyLevel } from './verify-state';

async function verifyForged(level: VerifyLevel, bit: number) {
  const small = await smallVault();
  const { store, vault } = small;
  const run = new VerifyRun({
    store,
    vault,
    level,
    compute: inlineCompute(),
    now: () => new Date(0),
    onFinding: () => undefined,
  });
  const { packs, ...closure } = await readLiveClosure(run);
  const [key = ''] = await small.keysBelow('pack/');
  const forged = withFlippedBit(await bytesOf(store, key), bit);
  const packId = createHash('sha256').update(forged).digest('hex');
  const forgedKey = `pack/${packId.slice(0, 2)}/${packId}-${key.slice(-26)}`;
  await store.create(forgedKey, forged);
  const needed = packs.get(key);
  if (needed === undefined) throw new Error(`nobody needs ${key}`);
  const only: LiveClosure = {
    ...closure,
    packs: new Map([[forgedKey, { ...needed, bytes: forged.length }]]),
  };
  const found: DamagedPacks = new Map();
  await checkPackArea(run, { closure: only, found }, [forgedKey]);
  return { found, forgedKey };
}

const IN_FIRST_FRAME = 8 * 100;

it('a pack with the right name and a wrong chunk is found at level 2, not at level 1', async () => {
  expect((await verifyForged(1, IN_FIRST_FRAME)).found).toEqual(new Map());
  const { found, forgedKey } = await verifyForged(2, IN_FIRST_FRAME);
  expect(found).toEqual(new Map([[forgedKey, 'altered']]));
});

it('a pack of another session than its name says is found at level 1', async () => {
  const SID_AT = 8 * 44;
  expect([...(await verifyForged(1, SID_AT)).found.values()]).toEqual(['altered']);
});

it('a pack of a newer version is told as such', async () => {
  const VERSION_AT = 8 * 8;
  expect([...(await verifyForged(1, VERSION_AT + 1)).found.values()]).toEqual(['unsupported-version']);
});
