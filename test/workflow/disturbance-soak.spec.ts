// DBAs, another vendor and outages disturb a product at work, step after step as a seed draws them: after every step the invariants hold, nothing
// needed is lost and nothing listed is gone; whatever was asked back comes back byte by byte. SOAK_RMAN_SECONDS says how long, SEED says which.
import { mustEndWell, restoreOf } from '../support/disturbance/activities';
import { openBucket, type Bucket } from '../support/disturbance/bucket';
import { violations } from '../support/disturbance/invariants';
import { drawOfStep } from '../support/disturbance/seeded-draw';
import { newestMark, openSoakWorld, type SoakWorld } from '../support/disturbance/soak-world';
import { endOfDisturbances, playStep } from '../support/disturbance/steps';
import { runStack } from '../support/running-stack';

/** `make test-long` has five minutes of it, `make soak-rman` thirty. */
const SECONDS = Number(process.env['SOAK_RMAN_SECONDS'] ?? 300);
const SEED = Number(process.env['SEED'] ?? 20261126);
/** For the stack, the last step, and all that comes after it. */
const BEYOND_SECONDS = 900;

jest.setTimeout((SECONDS + BEYOND_SECONDS) * 1000);
let world: SoakWorld;
let bucket: Bucket;
beforeAll(async () => {
  world = await openSoakWorld();
  bucket = await openBucket(world.stack);
});
afterAll(() => world.stack.stop());

const told: string[] = [];

/** Plays it, and looks whether everything still holds; a failure says how to have it again. */
async function playAndCheck(play: () => Promise<string>): Promise<void> {
  try {
    told.push(`${told.length}: ${await play()}`);
    process.stderr.write(`${told.at(-1)}\n`);
    const found = await violations(world, bucket);
    if (found.length > 0) throw new Error(found.join('\n'));
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new Error(`${what}\nseed ${SEED}, after these steps:\n${told.join('\n')}`, { cause: error });
  }
}

it(`S5.12 ${SECONDS} s of DBAs, another vendor and outages, seed ${SEED}: I2-I8 hold after every step`, async () => {
  const until = performance.now() + SECONDS * 1000;
  for (let step = 0; performance.now() < until; step += 1)
    await playAndCheck(() => playStep(world, drawOfStep(SEED, step)));
  process.stderr.write(`${JSON.stringify(await figures(), null, 2)}\n`);
});

it('S5.12 backs up again when they have ended, and what the database holds then comes back byte by byte', async () => {
  await playAndCheck(() => endOfDisturbances(world, drawOfStep(SEED, -1)));
});

it('S5.12 a ledger made again from the bucket alone knows the same recovery points (I7), and restores from them', async () => {
  const { live, gone } = await manifests();
  const mark = await newestMark(world);
  await world.stack.end();
  world = { ...world, stack: await runStack({ directory: world.stack.directory }) };
  await world.stack.sql('DELETE FROM adyton.databases');
  expect(await world.stack.cli(['vault', 'rebuild-ledger'])).toMatchObject({ code: 0 });
  const rebuilt = [...(await manifests()).live];
  expect(rebuilt).toEqual(expect.arrayContaining(live));
  expect([...live, ...gone]).toEqual(expect.arrayContaining(rebuilt));
  expect(await mustEndWell(world, restoreOf(mark), drawOfStep(SEED, told.length))).toBe('succeeded');
});

/** Of recovery points on the ledger's record, and of those that have expired there. */
async function manifests(): Promise<{ live: string[]; gone: string[] }> {
  const points = await world.stack.sql<{ manifest_key: string; state: string }>(
    'SELECT manifest_key, state FROM adyton.recovery_points ORDER BY manifest_key',
  );
  const keysWhere = (expired: boolean): string[] =>
    points.filter(({ state }) => (state === 'expired') === expired).map(({ manifest_key }) => manifest_key);
  return { live: keysWhere(false), gone: keysWhere(true) };
}

/** How often what came to which end. */
async function figures(): Promise<object> {
  const ends = await world.stack.sql(
    `SELECT operation || ' ' || lane AS what, state, reason->>'code' AS code, count(*)::int FROM adyton.runs GROUP BY 1, 2, 3
     UNION ALL SELECT kind, state, reason->>'code', count(*)::int FROM adyton.vault_operations GROUP BY 1, 2, 3
     ORDER BY 1, 2, 3`,
  );
  return { seed: SEED, steps: told.length, marks: world.marks.length, restores: world.restores, ends };
}
