// Step 2 of the workflow on the real processes: changes without redo are warned of with their range, and the next run carries them.
import { callRoute, restRoutes, type RunPlan } from '@adyton/contracts';
import { join } from 'node:path';
import {
  backUp,
  DATABASE_NAME,
  expectIdentical,
  markNow,
  pointOf,
  restore,
  type RunningStack,
  runStack,
  SUCCEEDED,
} from '../support/running-stack';

jest.setTimeout(240_000);
let stack: RunningStack;
beforeAll(async () => {
  stack = await runStack();
});
afterAll(() => stack.stop());

const nologging = (plan: RunPlan | null) => plan?.checks.find((c) => c.code === 'nologging');

async function planned(): Promise<RunPlan> {
  const answer = await callRoute(stack.api, restRoutes.planBackup, {
    params: { database: DATABASE_NAME },
    query: { kind: 'auto' },
  });
  return answer.plan;
}

/** @returns SCN of the last change. */
async function loadWithoutRedo(): Promise<string> {
  const { lastScn } = await stack.lab.ctl<{ lastScn: string }>([
    'workload',
    '--sid',
    DATABASE_NAME,
    '--nologging',
    '--transactions',
    '3',
    '--seed',
    '9',
  ]);
  return lastScn;
}

it('S2.9 warns of changes without redo with their range, and the next run includes the file', async () => {
  const full = await backUp(stack);
  expect(nologging(full.plan)).toMatchObject({ verdict: 'ok' });
  const point = await pointOf(stack, full);
  const lastScn = await loadWithoutRedo();
  const untilScn = await markNow(stack);

  const warned = nologging(await planned());
  expect(warned).toMatchObject({
    verdict: 'warning',
    hint: expect.stringContaining('FORCE LOGGING') as string,
  });
  const ranges = [
    ...(warned?.evidence ?? '').matchAll(
      /file (\d+) \(\S+\): changes without redo between SCN (\d+) and (\d+)/g,
    ),
  ].map(([, file, from, to]) => ({ file: Number(file), from, to }));
  expect(ranges.map(({ to }) => to)).toContain(lastScn);
  const backedUp = new Map(point.contents.dataFiles.map((f) => [f.file, f.checkpointScn]));
  for (const { file, from } of ranges) expect(from).toBe(backedUp.get(file));

  const next = await backUp(stack);
  expect(next).toMatchObject({ ...SUCCEEDED, level: 'level1' });
  expect(nologging(next.plan)).toEqual(warned);
  const covered = await pointOf(stack, next);
  const scns = new Map(covered.contents.dataFiles.map((f) => [f.file, BigInt(f.checkpointScn)]));
  for (const { file, to } of ranges) expect(scns.get(file)).toBeGreaterThanOrEqual(BigInt(to ?? ''));
  expect(nologging(await planned())).toMatchObject({ verdict: 'ok' });

  // no log holds these changes: a restore that has them got them from the level 1
  const directory = join(stack.directory, 'copy');
  expect(await restore(stack, untilScn, directory)).toMatchObject(SUCCEEDED);
  await expectIdentical(stack, untilScn, directory);
});
