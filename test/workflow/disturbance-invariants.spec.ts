// The checker of the disturbance soak on a product that is whole, and with one thing wrong at a time: each invariant notices what breaks it, and
// says so in a sentence. Without this nobody would know whether a soak without violations means anything.
import { closeRedis, connectRedis, waitForRedis } from '@adyton/queue';
import { appendFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { openBucket, type Bucket } from '../support/disturbance/bucket';
import { violations } from '../support/disturbance/invariants';
import { openSoakWorld, type SoakWorld } from '../support/disturbance/soak-world';
import { storedObjects } from '../support/stored-objects';

jest.setTimeout(240_000);
let world: SoakWorld;
let bucket: Bucket;
beforeAll(async () => {
  world = await openSoakWorld();
  bucket = await openBucket(world.stack);
});
afterAll(() => world.stack.stop());

/** What was done is undone by the second statement. */
const bySql = (statement: string, undo: string) => ({
  spoil: () => world.stack.sql(statement),
  mend: () => world.stack.sql(undo),
});

/** The objects of this folder are away for a while. */
function withoutObjects(folder: string) {
  let taken: { readonly from: string; readonly to: string }[] = [];
  return {
    spoil: async () => {
      taken = storedObjects(world.stack, `${folder}/`).map((path) => ({
        from: path,
        to: join(world.stack.directory, basename(path)),
      }));
      expect(taken.length).toBeGreaterThan(0);
      for (const { from, to } of taken) renameSync(from, to);
    },
    mend: async () => {
      for (const { from, to } of taken) renameSync(to, from);
    },
  };
}

async function inRedis(key: string, value: string | null): Promise<void> {
  const redis = connectRedis(world.stack.redisUrl, { onError: () => undefined });
  await waitForRedis(redis, 5_000);
  if (value === null) await redis.del(key);
  else await redis.set(key, value);
  closeRedis(redis);
}

const leakedLog = (): string => join(world.stack.logsDir, 'leaked.log');

const CASES = [
  ['I2', /is listed, and the vault cannot give it/, withoutObjects('piece')],
  ['I4', /which rpt_\w+ needs: .*pack\//, withoutObjects('pack')],
  ['I7', /is available in the ledger and not in the bucket/, withoutObjects('manifest')],
  [
    'I3',
    /run run_\w+ is failed and has 1 recovery points/,
    bySql("UPDATE adyton.runs SET state = 'failed'", "UPDATE adyton.runs SET state = 'succeeded'"),
  ],
  [
    'I4',
    /which rpt_\w+ needs, is uncatalog_pending/,
    bySql(
      "UPDATE adyton.pieces SET release_state = 'uncatalog_pending'",
      "UPDATE adyton.pieces SET release_state = 'kept'",
    ),
  ],
  [
    'I5',
    /run run_\w+ was succeeded at .*, and is succeeded at /,
    bySql(
      "UPDATE adyton.runs SET finished_at = finished_at + interval '1 hour'",
      "UPDATE adyton.runs SET finished_at = finished_at - interval '1 hour'",
    ),
  ],
  [
    'I6',
    /run run_\w+ is succeeded, and its audit rows say: nothing/,
    bySql(
      "UPDATE adyton.audit_events SET action = 'run.lost' WHERE action = 'run.succeeded'",
      "UPDATE adyton.audit_events SET action = 'run.succeeded' WHERE action = 'run.lost'",
    ),
  ],
  [
    'I8',
    /the token of the API is in key leaked of Redis/,
    { spoil: () => inRedis('leaked', world.stack.api.token), mend: () => inRedis('leaked', null) },
  ],
  [
    'I8',
    /the token of host lab-host is in log leaked.log/,
    {
      spoil: async () => appendFileSync(leakedLog(), `token ${world.stack.host.token}\n`),
      mend: async () => rmSync(leakedLog()),
    },
  ],
] as const;

it('finds nothing wrong with a product that is whole', async () => {
  expect(await violations(world, bucket)).toEqual([]);
});

it.each(CASES)('%s is seen to be broken: %s', async (invariant, sentence, { spoil, mend }) => {
  await spoil();
  const found = await violations(world, bucket);
  await mend();
  expect(found.filter((violation) => violation.startsWith(invariant)).join('\n')).toMatch(sentence);
  world.seenEnds.clear(); // what was changed by hand and back again is no second end
  expect(await violations(world, bucket)).toEqual([]);
});
