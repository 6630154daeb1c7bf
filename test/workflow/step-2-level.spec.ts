// Step 2 of the workflow on the real processes: which level a run gets, per data file, and what its recovery point relies on.
import { callRoute, restRoutes, type RunDetail } from '@adyton/contracts';
import { join } from 'node:path';
import {
  addSchedule,
  agentShown,
  backUp,
  backupUnderWay,
  changeRows,
  compare,
  DATABASE_NAME,
  endedRun,
  eventually,
  getRun,
  healStore,
  markNow,
  QUICK_DURATIONS,
  removeSchedule,
  restore,
  type RunningStack,
  runStack,
  scheduledRequest,
  slotComes,
  slowStore,
  SUCCEEDED,
} from '../support/running-stack';

jest.setTimeout(400_000);
let stack: RunningStack;
beforeAll(async () => {
  const settings = { scheduler: QUICK_DURATIONS.scheduler ?? {}, agent: QUICK_DURATIONS.agent ?? {} };
  stack = await runStack({ databaseBytes: '24M', settings });
});
afterAll(() => stack.stop());

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
  const point = await callRoute(stack.api, restRoutes.getRecoveryPoint, {
    params: { id: run.recoveryPointId ?? '' },
  });
  const { contents } = point;
  expect(contents.controlFileHandle).not.toBeNull();
  expect(contents.archivedLogs.length).toBeGreaterThan(0);
  for (const file of contents.dataFiles) {
    expect(file.baseHandles.length).toBeGreaterThan(0);
    expect(contents.closure).toEqual(expect.arrayContaining([...file.baseHandles, ...file.handles]));
  }
  const untilScn = await markNow(stack);
  expect(await backUp(stack, 'archivelog')).toMatchObject(SUCCEEDED);
  await stack.sql(
    `UPDATE adyton.recovery_points SET state = 'expired' WHERE id < $1 AND level <> 'archivelog'`,
    [point.id],
  );
  const directory = join(stack.directory, 'copy');
  expect(await restore(stack, untilScn, directory)).toMatchObject(SUCCEEDED);
  const { dataFiles, identical } = await compare(stack, untilScn, directory);
  expect(identical).toBe(dataFiles);
});

it('S2.10 gives a file whose base the vault has forgotten level 0 in the same run, and names the handle', async () => {
  const before = await backUp(stack, 'full');
  const point = await callRoute(stack.api, restRoutes.getRecoveryPoint, {
    params: { id: before.recoveryPointId ?? '' },
  });
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
