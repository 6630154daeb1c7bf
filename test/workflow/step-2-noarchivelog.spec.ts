// Step 2 of the workflow on the real processes: a database that archives nothing is refused by a pre-check, before RMAN backs anything up.
import { callRoute, restRoutes } from '@adyton/contracts';
import { backUp, DATABASE_NAME, recoveryPoints, runStack, type RunningStack } from '../support/running-stack';

jest.setTimeout(240_000);
let stack: RunningStack;
beforeAll(async () => {
  stack = await runStack({ shape: { noarchivelog: true } });
});
afterAll(() => stack.stop());

it('S2.7 refuses a NOARCHIVELOG database by its own code, and has RMAN back up nothing', async () => {
  const run = await backUp(stack);
  expect(run).toMatchObject({
    state: 'failed',
    scripts: [],
    reason: {
      code: 'ADY_NOARCHIVELOG',
      phase: 'checks',
      detail: expect.stringContaining('NOARCHIVELOG') as string,
      oraErrors: [],
    },
  });
  expect(await stack.sql('SELECT 1 FROM adyton.run_logs')).toEqual([]);
  expect(await stack.sql('SELECT 1 FROM adyton.pieces')).toEqual([]);
  expect(await recoveryPoints(stack)).toEqual([]);
  const why = await stack.cli(['run', 'why', run.id]);
  expect(why.stdout).toContain('ADY_NOARCHIVELOG');
});

it('S2.7 shows it in a dry run as a failed check with what to do', async () => {
  const { plan } = await callRoute(stack.api, restRoutes.planBackup, {
    params: { database: DATABASE_NAME },
    query: { kind: 'auto' },
  });
  expect(plan.checks.filter((c) => c.verdict === 'failed')).toMatchObject([
    { code: 'archivelog-mode', hint: expect.stringContaining('ALTER DATABASE ARCHIVELOG') as string },
  ]);
});
