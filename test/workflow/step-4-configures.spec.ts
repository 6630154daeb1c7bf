// Step 4 of the workflow on the real processes: what a DBA configured in RMAN changes no backup of ours, and the plan names it.
import { callRoute, restRoutes, type RunDetail, type RunPlan } from '@adyton/contracts';
import {
  backUp,
  changeRows,
  DATABASE_NAME,
  expectRestorable,
  pointOf,
  type RunningStack,
  runStack,
  SUCCEEDED,
} from '../support/running-stack';
import {
  addSecondVendor,
  configure,
  INTERFERING_SETTINGS,
  type SecondVendor,
} from '../support/second-vendor';

jest.setTimeout(400_000);
const ALL_FILES = [1, 3, 4, 7, 8, 9, 10];
let stack: RunningStack;
let vendor: SecondVendor;
beforeAll(async () => {
  stack = await runStack();
  expect(await backUp(stack, 'full')).toMatchObject(SUCCEEDED);
  // Optimization leaves out what does not change any more and was backed up often enough, whoever did it.
  await stack.lab.ctl(['sql', 'ALTER TABLESPACE HIST READ ONLY']);
  vendor = await addSecondVendor(stack);
  await vendor.level0();
  await vendor.level0();
});
afterAll(() => stack.stop());

const planOf = async (kind: 'auto' | 'full'): Promise<RunPlan> =>
  (
    await callRoute(stack.api, restRoutes.planBackup, {
      params: { database: DATABASE_NAME },
      query: { kind },
    })
  ).plan;
const configurationIn = (plan: RunPlan | null) => plan?.checks.find((c) => c.code === 'rman-configuration');
const withoutQuotes = (text: string | undefined) => (text ?? '').replaceAll("'", '');

/** The point holds every file and log once, in pieces of one name each, and every name is ours. */
async function expectWhole(run: RunDetail): Promise<void> {
  expect(run).toMatchObject(SUCCEEDED);
  const { contents } = await pointOf(stack, run);
  expect(contents).toMatchObject({ leftOut: [], controlFileHandle: expect.any(String) as string });
  expect(contents.dataFiles.map((f) => f.file)).toEqual(ALL_FILES);
  expect(contents.dataFiles.map((f) => f.handles.length)).toEqual(ALL_FILES.map(() => 1));
  const logs = contents.archivedLogs.map((l) => `${l.thread}/${l.sequence}`);
  expect(logs.length).toBeGreaterThan(0);
  expect(new Set(logs).size).toBe(logs.length);
  const [prefix = ''] = (contents.controlFileHandle ?? '').split('/');
  const pieces = await stack.sql<{ handle: string }>('SELECT handle FROM adyton.pieces WHERE run_id = $1', [
    run.id,
  ]);
  expect(pieces.map(({ handle }) => handle).filter((h) => !h.startsWith(`${prefix}/`))).toEqual([]);
}

it('S4.10 is quiet about a database where nothing is configured', async () => {
  expect(configurationIn(await planOf('full'))).toMatchObject({ verdict: 'ok' });
});

const ALONE = INTERFERING_SETTINGS.map((setting, number) => ({ ...setting, number }));

it.each(ALONE)(
  'S4.10 backs up and restores everything although $set is configured, and lists it',
  async ({ set, clear, number }) => {
    await changeRows(stack, number + 1);
    await vendor.backUpLogs(); // and logs that somebody has backed up are left out too
    await configure(stack, set);
    const shown = await planOf('full');
    const run = await backUp(stack, 'full');
    for (const plan of [shown, run.plan]) {
      expect(configurationIn(plan)).toMatchObject({ verdict: 'warning' });
      expect(withoutQuotes(configurationIn(plan)?.evidence)).toContain(`CONFIGURE ${withoutQuotes(set)}`);
    }
    await expectWhole(run);
    expect(run.progress.bytesNew).toBeLessThan(run.progress.bytesRead / 2); // a compressed stream would be new
    await expectRestorable(stack, `copy-${number}`);
    await configure(stack, clear);
  },
);

it('S4.10 S4.7 makes a whole level 1 with all of them at once, and shows them in the dry run', async () => {
  expect(await backUp(stack, 'full')).toMatchObject(SUCCEEDED);
  // With a window optimization leaves out what was backed up once.
  const window = 'RETENTION POLICY TO RECOVERY WINDOW OF 1 DAYS';
  await configure(stack, window, ...INTERFERING_SETTINGS.map(({ set }) => set));
  await changeRows(stack, 50);
  const shown = await stack.cli(['backup', DATABASE_NAME, '--dry-run']);
  expect(shown.stdout).toContain('CONFIGURE BACKUP OPTIMIZATION ON (BACKUP FORCE)');
  const run = await backUp(stack);
  expect(run.level).toBe('level1');
  await expectWhole(run);
  await expectRestorable(stack, 'copy-all');
});
