// Records that are years old, on the real processes: what is removed is told, and what a backup needs is not removed.
import { join } from 'node:path';
import { DAY_SECONDS, DAYS_PASS } from '../support/retention';
import {
  backUp,
  compare,
  eventually,
  expectRestorable,
  getRun,
  markNow,
  restore,
  type RunningStack,
  runStack,
  SUCCEEDED,
} from '../support/running-stack';

jest.setTimeout(400_000);
const YEARS_SECONDS = 3 * 365 * DAY_SECONDS;
let stack: RunningStack;
beforeAll(async () => {
  stack = await runStack({ settings: DAYS_PASS });
});
afterAll(() => stack.stop());

it('K1 a recovery point restores after years, the next incremental builds on it, and its run says until when its output was there', async () => {
  const full = await backUp(stack, 'full');
  const untilScn = await markNow(stack);
  expect(await backUp(stack, 'archivelog')).toMatchObject(SUCCEEDED);
  await stack.moveClock(YEARS_SECONDS);
  await stack.services.scheduler.stop();
  await stack.services.scheduler.start(); // it looks at once, and then every hour
  const notKept = /what RMAN printed was kept until \d{4}-\d\d-\d\dT/;
  await eventually(
    () => stack.cli(['run', 'log', full.id]),
    ({ stdout }) => notKept.test(stdout),
  );
  expect((await stack.cli(['run', 'show', full.id])).stdout).toMatch(notKept);
  expect(await getRun(stack, full.id)).toMatchObject({
    ...{ ...SUCCEEDED, recoveryPointId: full.recoveryPointId },
    logKeptUntil: expect.any(String) as string,
  });
  const directory = join(stack.directory, 'of-years-ago');
  expect(await restore(stack, untilScn, directory)).toMatchObject(SUCCEEDED);
  const { dataFiles, identical } = await compare(stack, untilScn, directory);
  expect(identical).toBe(dataFiles);
  expect(await backUp(stack, 'incremental')).toMatchObject({ ...SUCCEEDED, level: 'level1' });
  await expectRestorable(stack, 'of-today');
});
