// Step 2 of the workflow on the real processes: which level a run gets, per data file, and what its recovery point relies on.
import { callRoute, restRoutes, type RunDetail } from '@adyton/contracts';
import { itLong } from '../support/long-tests';
import {
  addSchedule,
  agentShown,
  backUp,
  backupUnderWay,
  changeRows,
  DATABASE_NAME,
  endedRun,
  eventually,
  expectRestorable,
  getRun,
  healStore,
  pointOf,
  QUICK_DURATIONS,
  removeSchedule,
  type RunningStack,
  runStack,
  scheduledRequest,
  slotComes,
  slowStore,
  SUCCEEDED,
} from '../support/running-stack';
import { addSecondVendor, imageCopy, level0ToDisk } from '../support/second-vendor';

jest.setTimeout(400_000);
let stack: RunningStack;
beforeAll(async () => {
  const settings = { scheduler: QUICK_DURATIONS.scheduler ?? {}, agent: QUICK_DURATIONS.agent ?? {} };
  stack = await runStack({ settings });
});
afterAll(() => stack.stop());

const [SYSAUX, USERS, SALES_1, HIST] = [3, 7, 8, 10] as const;
const reasonsOf = (run: RunDetail) => new Set(run.plan?.files.map((f) => f.reason));

it('S2.6 S2.5 does not count a cancelled level 0 as a full backup, and lets one of two requests through', async () => {
  await slowStore(stack, 400);
  const first = await backupUnderWay(stack);
  await eventually(
    () => getRun(stack, first.id),
    (r) => r.progress.piecesDone > 2, // RMAN has recorded the first ones, then
  );
  await callRoute(stack.api, restRoutes.cancelRun, { params: { id: first.id } });
  await eventually(
    () => getRun(stack, first.id),
    (r) => r.state === 'cancelled',
  );
  await healStore(stack);
  const ask = () =>
    callRoute(stack.api, restRoutes.createBackupRequest, { body: { database: DATABASE_NAME } });
  const answers = await Promise.allSettled([ask(), ask()]);
  const [request] = answers.flatMap((a) => (a.status === 'fulfilled' ? [a.value] : []));
  const [refusal] = answers.flatMap((a) => (a.status === 'rejected' ? [a.reason as object] : []));
  if (request === undefined) throw new Error('no request was accepted');
  expect(refusal).toMatchObject({
    code: 'ADY_RUN_ACTIVE',
    context: { request: expect.stringContaining(request.id) as string },
  });
  const run = await endedRun(stack, request);
  expect(run).toMatchObject({ ...SUCCEEDED, level: 'level0' });
  expect(reasonsOf(run)).toContain('base-failed');
});

it('S2.2 takes level 1 by hand once a level 0 exists, and level 0 for a schedule that says full', async () => {
  await changeRows(stack, 1);
  const manual = await backUp(stack);
  expect(manual).toMatchObject({ ...SUCCEEDED, level: 'level1', levelReason: 'level0-exists' });
  expect(reasonsOf(manual)).toEqual(new Set(['level0-exists']));
  const schedule = await addSchedule(stack, 60, { kind: 'full' });
  const scheduled = await endedRun(stack, await slotComes(stack, schedule));
  await removeSchedule(stack, schedule);
  expect(scheduled).toMatchObject({ ...SUCCEEDED, level: 'level0', levelReason: 'asked-full' });
  expect(scheduled.progress.bytesNew).toBeLessThan(scheduled.progress.bytesRead / 2);
});

it('S2.4 makes a level 1 point that stays whole when the point of its base expires', async () => {
  await changeRows(stack, 2);
  const run = await backUp(stack);
  expect(run.level).toBe('level1');
  const point = await pointOf(stack, run);
  const { contents } = point;
  expect(contents.controlFileHandle).not.toBeNull();
  expect(contents.archivedLogs.length).toBeGreaterThan(0);
  for (const file of contents.dataFiles) {
    expect(file.baseHandles.length).toBeGreaterThan(0);
    expect(contents.closure).toEqual(expect.arrayContaining([...file.baseHandles, ...file.handles]));
  }
  await stack.sql(
    `UPDATE adyton.recovery_points SET state = 'expired' WHERE id < $1 AND level <> 'archivelog'`,
    [point.id],
  );
  await expectRestorable(stack, 'copy');
});

it('S2.10 gives a file whose base the vault has forgotten level 0 in the same run, and names the handle', async () => {
  const before = await backUp(stack, 'full');
  const point = await pointOf(stack, before);
  const [forgotten] = point.contents.dataFiles;
  const handle = forgotten?.handles[0];
  await stack.sql('DELETE FROM adyton.pieces WHERE handle = $1', [handle]);
  const run = await backUp(stack);
  expect(run).toMatchObject({ ...SUCCEEDED, level: 'level1' });
  const byFile = new Map(run.plan?.files.map((f) => [f.file, f]));
  expect(byFile.get(forgotten?.file ?? 0)).toMatchObject({
    level: 0,
    reason: 'base-forgotten',
    baseHandle: handle,
  });
  byFile.delete(forgotten?.file ?? 0);
  expect(new Set([...byFile.values()].map((f) => f.level))).toEqual(new Set([1]));
});

it('S2.10 S2.1 gives files whose newest level 0 somebody else made level 0 in the same run, and names it', async () => {
  const vendor = await addSecondVendor(stack);
  await vendor.level0(USERS);
  const copy = await imageCopy(stack, SYSAUX);
  await level0ToDisk(stack, SALES_1);
  const run = await backUp(stack);
  expect(run).toMatchObject({ ...SUCCEEDED, level: 'level1' });
  const byFile = new Map(run.plan?.files.map((f) => [f.file, f]));
  const [theirs] = (await vendor.handlesOf(USERS)).slice(-1);
  expect(byFile.get(USERS)).toMatchObject({ level: 0, reason: 'foreign-base', baseHandle: theirs });
  expect(byFile.get(SYSAUX)).toMatchObject({ level: 0, reason: 'foreign-base', baseHandle: copy });
  expect(byFile.get(SALES_1)).toMatchObject({
    level: 0,
    reason: 'foreign-base',
    baseHandle: expect.stringContaining('/backupset/') as string,
  });
  for (const file of [USERS, SYSAUX, SALES_1]) byFile.delete(file);
  expect(new Set([...byFile.values()].map((f) => f.level))).toEqual(new Set([1]));
  await expectRestorable(stack, 'copy-foreign');
});

itLong('S2.10 builds on its own level 0 again whatever level 1 another vendor made since', async () => {
  const vendor = await addSecondVendor(stack);
  await changeRows(stack, 11);
  await vendor.level1();
  await changeRows(stack, 12);
  const run = await backUp(stack);
  expect(run).toMatchObject(SUCCEEDED);
  expect(reasonsOf(run)).toEqual(new Set(['level0-exists']));
  await expectRestorable(stack, 'copy-level1');
});

itLong('S2.10 takes its own of two level 0 that hold a read-only file as of the same SCN', async () => {
  await stack.lab.ctl(['sql', 'ALTER TABLESPACE HIST READ ONLY']);
  const vendor = await addSecondVendor(stack);
  await vendor.level0(HIST);
  const first = await backUp(stack);
  expect(first.plan?.files.find((f) => f.file === HIST)).toMatchObject({ level: 0, reason: 'foreign-base' });
  const second = await backUp(stack);
  expect(second).toMatchObject(SUCCEEDED);
  expect(second.plan?.files.find((f) => f.file === HIST)).toMatchObject({ level: 1 });
  await expectRestorable(stack, 'copy-read-only');
});

itLong(
  'S2.1 S5.12 builds on its own base again after another vendor has expired and deleted every record of it',
  async () => {
    const vendor = await addSecondVendor(stack);
    expect(await vendor.deleteObsolete()).toContain('RMAN-06207'); // what it does not find it leaves
    expect(await vendor.crosscheckBackups()).toContain("found to be 'EXPIRED'");
    expect(await vendor.deleteExpired()).toContain('EXPIRED objects');
    const run = await backUp(stack);
    expect(run).toMatchObject({ ...SUCCEEDED, level: 'level1' });
    expect(run.plan?.checks.find((c) => c.code === 'rman-records')).toMatchObject({ verdict: 'warning' });
    expect(reasonsOf(run)).toContain('level0-exists'); // theirs, and the copy, are still there
    await expectRestorable(stack, 'copy-expired');
  },
);

it('S2.8 S2.1 decides the level when the run starts, not when it was asked for', async () => {
  await stack.services.agent.stop();
  await eventually(
    () => agentShown(stack),
    (agent) => agent === 'not-running',
  );
  const request = await scheduledRequest(stack, 60); // a level 1 would do now
  await stack.sql(`UPDATE adyton.recovery_points SET state = 'expired' WHERE state = 'available'`);
  await stack.services.agent.start();
  const run = await endedRun(stack, request);
  expect(run).toMatchObject({ ...SUCCEEDED, level: 'level0' });
});

it('S2.3 backs logs up while a data run is on its way, and when one has failed', async () => {
  await slowStore(stack, 400);
  const data = await backupUnderWay(stack);
  const logs = await backUp(stack, 'archivelog');
  expect(logs).toMatchObject({ ...SUCCEEDED, level: 'archivelog', lane: 'log' });
  expect(await getRun(stack, data.id)).toMatchObject({ state: 'running', lane: 'data' });
  await callRoute(stack.api, restRoutes.cancelRun, { params: { id: data.id } });
  await eventually(
    () => getRun(stack, data.id),
    (r) => r.state === 'cancelled',
  );
  await healStore(stack);
  expect(await backUp(stack, 'archivelog')).toMatchObject(SUCCEEDED);
});
