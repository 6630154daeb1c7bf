// The main job on the real processes: what is backed up goes to the store without a copy on the way, and comes back byte-identical, to a moment
// between two commits.
import { type RunDetail } from '@adyton/contracts';
import { join } from 'node:path';
import { diskWritesDuring } from '../support/disk-writes';
import {
  backUp,
  changeRows,
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
beforeAll(async () => {
  stack = await runStack({ databaseBytes: '200M' });
});
afterAll(() => stack.stop());

let first: RunDetail;
/** The copy of the vault's index, 0.1 % of what is stored, and scripts; a larger part would be a copy of something. */
const SHARE_ON_DISK_MAX = 0.01;

it('S5.1 the bytes go from the host to the store without lying on a disk of the host in between', async () => {
  const { bytes, largestFileBytes } = await diskWritesDuring(stack, async () => {
    first = await backUp(stack, 'incremental');
  });
  expect(first).toMatchObject(SUCCEEDED);
  const { bytesRead, bytesStored } = first.progress;
  expect(bytesRead).toBeGreaterThan(150_000_000);
  expect(bytes).toBeLessThan(bytesStored * SHARE_ON_DISK_MAX);
  expect(largestFileBytes).toBeLessThan(bytesStored * SHARE_ON_DISK_MAX);
});

it('takes the first backup at level 0 whatever was asked, and says why', () => {
  const run = first;
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
  await expectIdentical(stack, untilScn, directory);
});

it('refuses to restore into a directory that is not empty', async () => {
  const untilScn = await markNow(stack);
  await backUp(stack, 'archivelog');
  const run = await restore(stack, untilScn, join(stack.directory, 'restored'));
  expect(run).toMatchObject({ state: 'failed', reason: { code: 'ADY_TARGET_NOT_EMPTY' } });
});
