// Postgres and Redis are gone for good, with them every record of what was backed up. The bucket, the key file and the enrolled host are
// enough: the ledger is rebuilt from manifests, the restore gives every data file back, and the next backup goes on where the last ended.
import { join } from 'node:path';
import {
  backUp,
  changeRows,
  DATABASE_NAME,
  expectIdentical,
  markNow,
  recoveryPoints,
  restore,
  type RunningStack,
  runStack,
  SUCCEEDED,
} from '../support/running-stack';

jest.setTimeout(240_000);
let stack: RunningStack;
let untilScn: string;
let tagsBefore: string[];
beforeAll(async () => {
  const before = await runStack();
  await backUp(before);
  await changeRows(before, 1);
  await backUp(before);
  untilScn = await markNow(before);
  await backUp(before, 'archivelog');
  tagsBefore = (await recoveryPoints(before)).map((p) => p.tag);
  await before.end();
  stack = await runStack({ directory: before.directory });
  await stack.sql('DELETE FROM adyton.databases');
});
afterAll(() => stack.stop());

it('starts with a ledger that knows nothing', async () => {
  expect(tagsBefore).toHaveLength(3);
  expect(await recoveryPoints(stack)).toEqual([]);
});

it('finds every recovery point in the bucket and registers their database', async () => {
  const { code, stdout } = await stack.cli(['vault', 'rebuild-ledger', '-o', 'json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    state: 'succeeded',
    report: {
      databases: 1,
      databasesRegistered: [DATABASE_NAME],
      pointsAdded: 3,
      pointsKnown: 0,
      leftOut: [],
    },
  });
  expect((await recoveryPoints(stack)).map((p) => p.tag)).toEqual(tagsBefore);
});

it('changes nothing when it is done again', async () => {
  const { stdout } = await stack.cli(['vault', 'rebuild-ledger', '-o', 'json']);
  expect(JSON.parse(stdout)).toMatchObject({ report: { pointsAdded: 0, pointsKnown: 3 } });
});

it('restores every data file byte-identical from what it found', async () => {
  const directory = join(stack.directory, 'restored');
  expect(await restore(stack, untilScn, directory)).toMatchObject(SUCCEEDED);
  await expectIdentical(stack, untilScn, directory);
});
