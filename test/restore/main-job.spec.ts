// The main job on the real processes: what is backed up comes back byte-identical, to a moment between two commits.
import { join } from 'node:path';
import {
  backUp,
  changeRows,
  compare,
  markNow,
  recoveryPoints,
  restore,
  type RunningStack,
  runStack,
  SUCCEEDED,
} from '../support/running-stack';

jest.setTimeout(240_000);
let stack: RunningStack;
beforeAll(async () => {
  stack = await runStack({ databaseBytes: '200M' });
});
afterAll(() => stack.stop());

it('takes the first backup at level 0 whatever was asked, and says why', async () => {
  const run = await backUp(stack, 'incremental');
  expect(run).toMatchObject({ ...SUCCEEDED, level: 'level0', levelReason: 'first-backup' });
  expect(run.scripts.map((s) => s.step)).toEqual(['data', 'logs', 'control-file']);
  expect(run.plan?.files.length).toBeGreaterThan(3);
});

it('stores under one percent of a second level 0 of the unchanged database', async () => {
  const run = await backUp(stack, 'full');
  expect(run).toMatchObject({ ...SUCCEEDED, level: 'level0', levelReason: 'asked-full' });
  expect(run.progress.bytesNew / run.progress.bytesRead).toBeLessThan(0.01);
});

it('takes a level 1 when a usable level 0 exists, and reads only what changed', async () => {
  await changeRows(stack, 1);
  const run = await backUp(stack);
  expect(run).toMatchObject({ ...SUCCEEDED, level: 'level1', levelReason: 'level0-exists' });
  const [, full] = await recoveryPoints(stack);
  expect(run.progress.bytesRead).toBeLessThan((full?.totals.bytesRead ?? 0) / 2);
});

it('restores to a moment between two commits: every data file equals what the database held at that SCN', async () => {
  await changeRows(stack, 2);
  const untilScn = await markNow(stack);
  await changeRows(stack, 3);
  expect(await backUp(stack, 'archivelog')).toMatchObject({ ...SUCCEEDED, level: 'archivelog' });
  const directory = join(stack.directory, 'restored');
  expect(await restore(stack, untilScn, directory)).toMatchObject({
    state: 'succeeded',
    operation: 'restore',
  });
  const { dataFiles, identical } = await compare(stack, untilScn, directory);
  expect(dataFiles).toBeGreaterThan(3);
  expect(identical).toBe(dataFiles);
});

it('refuses to restore into a directory that is not empty', async () => {
  const untilScn = await markNow(stack);
  await backUp(stack, 'archivelog');
  const run = await restore(stack, untilScn, join(stack.directory, 'restored'));
  expect(run).toMatchObject({ state: 'failed', reason: { code: 'ADY_TARGET_NOT_EMPTY' } });
});
