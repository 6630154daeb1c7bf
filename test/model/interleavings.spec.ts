// The real code, interleaved at every call to the store by a seed, with lost replies, 503, 409 and cut bodies. After every step nothing is
// gone that a manifest, a partial or a restore needs; at the end everything is gone that nothing needs. A seed that fails can be run alone:
// INTERLEAVINGS_FIRST=<seed> INTERLEAVINGS=1. Names are random, so that the order within a listing may differ.
import { VaultWorld } from './vault-world';

const FIRST = Number(process.env['INTERLEAVINGS_FIRST'] ?? 1);
const SEEDS = Number(process.env['INTERLEAVINGS'] ?? 24);
const DAY_HOURS = 24;
jest.setTimeout(600_000 + SEEDS * 20_000);

async function played(seed: number): Promise<VaultWorld> {
  const world = new VaultWorld({ seed });
  await world.backUpAlone();
  await world.schedule.run(world.actors());
  return world;
}

/** Until there is nothing left to do: a generation that was begun is finished first. */
async function collectAll(world: VaultWorld): Promise<void> {
  for (let pass = 0; pass < 6; pass += 1) if ((await world.collectAlone()).outcome === 'nothing') return;
  throw new Error('the collector finds no end');
}

it(`loses nothing and leaves no garbage in ${SEEDS} interleavings`, async () => {
  let turns = 0;
  let rescued = 0;
  for (let seed = FIRST; seed < FIRST + SEEDS; seed += 1) {
    const world = await played(seed);
    expect({ seed, lost: world.lost }).toEqual({ seed, lost: [] });
    turns += world.schedule.turns;
    world.passHours(DAY_HOURS);
    await collectAll(world);
    const packs = await world.keysBelow('pack/');
    expect({ seed, packs }).toEqual({ seed, packs: [...(await world.neededPacks())].sort() });
    await world.letEverythingGo();
    await collectAll(world);
    rescued += world.collected.packsRescued;
    for (const prefix of ['pack/', 'piece/', 'index/', 'session/', 'pin/', 'released/'])
      expect({ seed, left: await world.keysBelow(prefix) }).toEqual({ seed, left: [] });
  }
  expect(turns).toBeGreaterThan(SEEDS * 100);
  expect(rescued).toBeGreaterThan(SEEDS / 2);
});
