// Step 3 of the workflow on the real processes: data files that are read-only, offline or not to be read are backed up or named, in the run, the
// recovery point and the restore plan. No file is left out in silence.
import {
  callRoute,
  restRoutes,
  type RecoveryPointDetail,
  type RestorePlan,
  type RunDetail,
} from '@adyton/contracts';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import {
  backUp,
  changeRows,
  compare,
  COPY_SID,
  DATABASE_NAME,
  endedRun,
  giveUpCopy,
  runRestorePlan,
  markNow,
  recoveryPoints,
  type RunningStack,
  runStack,
  SUCCEEDED,
} from '../support/running-stack';

jest.setTimeout(400_000);
let stack: RunningStack;
beforeAll(async () => {
  stack = await runStack();
});
afterAll(() => stack.stop());

const USERS = { file: 7, base: 'users01.dbf' };
const SALES_2 = 9;
const HIST = 10;

const sql = (statement: string) => stack.lab.ctl(['sql', statement]);
const usersPath = () => join(stack.lab.base, 'oradata', DATABASE_NAME, USERS.base);
async function newestPoint(): Promise<RecoveryPointDetail> {
  const [newest] = await recoveryPoints(stack);
  return callRoute(stack.api, restRoutes.getRecoveryPoint, { params: { id: newest?.id ?? '' } });
}
const filesOf = (point: RecoveryPointDetail) => point.contents.dataFiles.map((f) => f.file);
const planRestore = (directory: string, acceptMissingFiles: boolean) =>
  callRoute(stack.api, restRoutes.createRestorePlan, {
    body: {
      database: DATABASE_NAME,
      untilScn: null,
      acceptMissingFiles,
      target: { directory, oracleSid: COPY_SID },
    },
  });
async function restored(plan: Pick<RestorePlan, 'id'>): Promise<RunDetail> {
  giveUpCopy(stack);
  return endedRun(stack, await runRestorePlan(stack, plan));
}

it('S3.5 backs up read-only and offline files, at level 0 and level 1, and marks them', async () => {
  expect(await backUp(stack)).toMatchObject({ ...SUCCEEDED, level: 'level0' });
  await changeRows(stack, 1);
  await sql('ALTER TABLESPACE HIST READ ONLY');
  await sql('ALTER TABLESPACE USERS OFFLINE');
  await sql(`ALTER DATABASE DATAFILE ${SALES_2} OFFLINE`);
  for (const kind of ['auto', 'full'] as const) {
    await changeRows(stack, kind === 'auto' ? 2 : 5);
    const run = await backUp(stack, kind);
    expect(run).toMatchObject({ ...SUCCEEDED, reason: null });
    const status = new Map(run.plan?.files.map((f) => [f.file, f.status]));
    expect(status.get(HIST)).toBe('ONLINE, READ ONLY');
    expect(status.get(USERS.file)).toBe('OFFLINE, DISABLED');
    expect(status.get(SALES_2)).toBe('RECOVER');
    const point = await newestPoint();
    expect(point).toMatchObject({ partial: false, contents: { leftOut: [] } });
    expect(filesOf(point)).toEqual([1, 3, 4, 7, 8, 9, 10]);
  }
});

it('S3.5 names a file that cannot be read in run and recovery point, and backs up all others', async () => {
  await sql(`ALTER DATABASE DATAFILE ${SALES_2} ONLINE`);
  await changeRows(stack, 3);
  renameSync(usersPath(), `${usersPath()}.lost`);
  const run = await backUp(stack, 'full');
  expect(run).toMatchObject({
    state: 'degraded',
    reason: { code: 'ADY_FILES_LEFT_OUT', detail: expect.stringContaining('FILE NOT FOUND') as string },
  });
  expect(run.plan?.files.find((f) => f.file === USERS.file)).toMatchObject({
    level: null,
    bytesExpected: 0,
    status: 'OFFLINE, DISABLED, FILE NOT FOUND',
  });
  expect(run.plan?.checks.find((c) => c.code === 'data-files')).toMatchObject({ verdict: 'warning' });
  const point = await newestPoint();
  expect(point.partial).toBe(true);
  expect(point.contents.leftOut).toMatchObject([
    { file: USERS.file, name: usersPath(), tablespace: 'USERS', reason: 'inaccessible' },
  ]);
  expect(filesOf(point)).toEqual([1, 3, 4, 8, 9, 10]);
  const shown = await stack.cli(['show', 'backup', point.id]);
  expect(shown.stdout).toContain('partial');
  expect(shown.stdout).toMatch(/NOT in this backup:[\s\S]*users01\.dbf/);
  expect((await stack.cli(['list', 'backup'])).stdout).toContain('A, partial');
});

it('S3.5 restores from the last complete point, when the redo leads on from there', async () => {
  const untilScn = await markNow(stack);
  await changeRows(stack, 4);
  await backUp(stack, 'archivelog');
  const points = await recoveryPoints(stack);
  const complete = points.find((p) => p.level !== 'archivelog' && !p.partial);
  const directory = join(stack.directory, 'whole');
  const plan = await callRoute(stack.api, restRoutes.createRestorePlan, {
    body: { database: DATABASE_NAME, untilScn, target: { directory, oracleSid: COPY_SID } },
  });
  expect(plan).toMatchObject({ basePoint: complete?.id, missingFiles: [] });
  expect(plan.dataFiles.map((f) => f.file)).toContain(USERS.file);
  expect(await restored(plan)).toMatchObject(SUCCEEDED);
  const { dataFiles, identical } = await compare(stack, untilScn, directory);
  // of those the instance had open, file 9 was offline at the base: it is restored, and offline as it was
  expect([dataFiles, identical]).toEqual([5, 4]);
});

it('S3.5 refuses a restore that would lack a file, and goes without it when told so', async () => {
  await stack.sql(
    `UPDATE adyton.recovery_points SET state = 'corrupt'
     WHERE level <> 'archivelog' AND jsonb_array_length(contents->'leftOut') = 0`,
  );
  const directory = join(stack.directory, 'lacking');
  await expect(planRestore(directory, false)).rejects.toMatchObject({
    code: 'ADY_RESTORE_INCOMPLETE',
    message: expect.stringContaining(usersPath()) as string,
  });
  const plan = await planRestore(directory, true);
  expect(plan.missingFiles).toMatchObject([{ file: USERS.file, name: usersPath() }]);
  expect(plan.script).toContain(`WITHOUT data file ${USERS.file}`);
  const run = await restored(plan);
  expect(run).toMatchObject(SUCCEEDED);
  const script = run.scripts.find(({ step }) => step === 'restore')?.text;
  expect(script).toContain(`ALTER DATABASE DATAFILE ${USERS.file} OFFLINE FOR DROP;`);
});
