// Step 5 of the workflow on the real processes: a run that is cancelled ends within 15 s whatever RMAN, its channels, the dedup-worker or the
// database are doing, leaves nothing behind, and nothing of it is closed afterwards.
import { callRoute, restRoutes, type RunDetail } from '@adyton/contracts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  cancel,
  CANCEL_LIMIT_MS,
  expectNothingClosedSince,
  expectNothingLeft,
} from '../support/cancelled-runs';
import { listedPieces, rmanProcesses } from '../support/oracle-host';
import {
  backUp,
  backupUnderWay,
  changeRows,
  COPY_SID,
  DATABASE_NAME,
  eventually,
  expectRestorable,
  getRequest,
  getRun,
  giveUpCopy,
  healStore,
  planRestore,
  runRestorePlan,
  type RunningStack,
  runStack,
  slowStore,
  spoilStore,
  SUCCEEDED,
} from '../support/running-stack';

jest.setTimeout(400_000);
let stack: RunningStack;
beforeAll(async () => {
  // leases and heartbeats at their defaults: a cancel must not wait for one
  stack = await runStack();
});
afterEach(async () => {
  await healStore(stack);
  await stack.lab.tryCtl(['fault', 'clear']);
});
afterAll(() => stack.stop());

/** So many that RMAN has recorded the first ones for sure. */
async function piecesClosed(run: RunDetail): Promise<void> {
  await eventually(
    () => getRun(stack, run.id),
    (r) => r.progress.piecesDone > 2,
  );
}

/** A server process ends when its call of the library or of a disk returns. */
async function noProcessLeft(): Promise<void> {
  await eventually(
    async () => rmanProcesses(stack),
    (pids) => pids.length === 0,
  );
}

const logOf = (name: 'agent' | 'dedup-worker'): string => readFileSync(stack.services[name].logFile, 'utf8');

async function expectCancelled(runId: string): Promise<RunDetail> {
  const { run, milliseconds } = await cancel(stack, runId);
  expect(run).toMatchObject({ state: 'cancelled', reason: { code: 'ADY_CANCELLED' } });
  expect(milliseconds).toBeLessThan(CANCEL_LIMIT_MS);
  return run;
}

it('S5.8 ends a run while its data flows; what RMAN had finished stays in the vault as a base', async () => {
  await slowStore(stack, 300);
  const under = await backupUnderWay(stack);
  await piecesClosed(under);
  const run = await expectCancelled(under.id);
  const listed = await expectNothingLeft(stack, run);
  expect(listed.length).toBeGreaterThan(0);
  expect(run.reason?.detail).toContain(`RMAN had finished ${listed.length} piece(s)`);
});

it('S5.8 ends a run whose channels hang in the library because the store does not answer', async () => {
  const under = await backupUnderWay(stack);
  await spoilStore(stack, { hang: true });
  await expectNothingLeft(stack, await expectCancelled(under.id));
  expect(logOf('agent')).not.toContain('rman-session.killed'); // the library gave up by itself: its token was fenced
});

it('S5.8 ends an rman that ignores SIGINT on a database whose disks hang, and with them its answers', async () => {
  await stack.lab.ctl(['fault', 'arm', 'interrupt-ignored', '--times', '9']);
  await stack.lab.ctl(['fault', 'arm', 'slow-disk', '--ms', '2500']);
  const under = await backupUnderWay(stack);
  const run = await expectCancelled(under.id);
  await noProcessLeft();
  await stack.lab.ctl(['fault', 'clear', 'slow-disk']);
  await expectNothingLeft(stack, run);
});

it('S5.8 kills the sessions of channels that hang in the library because the dedup-worker hangs; nothing is closed when it goes on later', async () => {
  await stack.lab.ctl(['fault', 'arm', 'interrupt-ignored', '--times', '9']);
  await slowStore(stack, 300);
  const under = await backupUnderWay(stack);
  await piecesClosed(under);
  stack.services['dedup-worker'].signal('SIGSTOP');
  const run = await expectCancelled(under.id);
  expect(logOf('agent')).toContain('run.fence-unconfirmed');
  expect(logOf('agent')).toContain('rman-session.killed');
  const listed = await listedPieces(stack, run);
  stack.services['dedup-worker'].signal('SIGCONT');
  await noProcessLeft();
  expect(await expectNothingLeft(stack, run)).toEqual(listed);
});

it('S5.8 ends a run that waits for a database that hangs', async () => {
  stack.lab.instance.signal('SIGSTOP');
  try {
    const request = await callRoute(stack.api, restRoutes.createBackupRequest, {
      body: { database: DATABASE_NAME, kind: 'full' },
    });
    const { runId } = await eventually(
      () => getRequest(stack, request.id),
      (r) => r.runId !== null,
    );
    await expectCancelled(runId ?? '');
  } finally {
    stack.lab.instance.signal('SIGCONT');
  }
});

it('S5.8 refuses to cancel what is being committed', async () => {
  const run = await backUp(stack, 'archivelog');
  await expect(cancel(stack, run.id)).rejects.toMatchObject({ code: 'ADY_RUN_STATE' });
});

it('S5.8 leaves nothing behind that the next backup stumbles over', async () => {
  await changeRows(stack, 1);
  expect(await backUp(stack, 'full')).toMatchObject(SUCCEEDED);
  await slowStore(stack, 300);
  const under = await backupUnderWay(stack);
  await piecesClosed(under);
  await expectCancelled(under.id);
  await healStore(stack);
  await changeRows(stack, 2);
  expect(await backUp(stack)).toMatchObject({ ...SUCCEEDED, level: 'level1' });
  await expectRestorable(stack, 'copy');
  await expectNothingClosedSince(stack, under);
});

it('S5.8 ends a restore that reads', async () => {
  await slowStore(stack, 400);
  giveUpCopy(stack);
  const plan = await planRestore(stack, null, join(stack.directory, 'stopped'));
  const request = await runRestorePlan(stack, plan);
  const { runId } = await eventually(
    () => getRequest(stack, request.id),
    (r) => r.runId !== null,
  );
  await eventually(
    () => getRun(stack, runId ?? ''),
    (r) => r.progress.bytesRead > 0,
  );
  await expectCancelled(runId ?? '');
  await noProcessLeft();
  expect(JSON.parse((await stack.lab.tryCtl(['status', '--sid', COPY_SID])).stdout)).toEqual({
    status: 'DOWN',
  });
});

it('S5.8 does not need Redis: the dedup-worker hears of a cancel with its next report', async () => {
  await slowStore(stack, 300);
  const under = await backupUnderWay(stack);
  await piecesClosed(under);
  await stack.redis.stop();
  try {
    const run = await expectCancelled(under.id);
    await expectNothingLeft(stack, run);
    expect(logOf('dedup-worker')).toContain(`ADY_CANCELLED: run ${run.id} is being cancelled`);
  } finally {
    await stack.redis.restart();
  }
});
