// The dedup-worker dies in mid-backup: the run fails and says so, leaves no recovery point, and the next run succeeds.
import { callRoute, restRoutes } from '@adyton/contracts';
import {
  backUp,
  DATABASE_NAME,
  endedRun,
  eventually,
  getRequest,
  getRun,
  recoveryPoints,
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

/** Slows every request of the lab's S3 server, so that a backup is surely under way when something happens to it. */
async function slowStore(latencyMs: number): Promise<void> {
  await fetch(`${stack.lab.s3ControlUrl()}/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ latencyMs }),
  });
}
async function healStore(): Promise<void> {
  await fetch(`${stack.lab.s3ControlUrl()}/faults`, { method: 'DELETE' });
}

it('fails the run with its reason, leaves no recovery point, and lets a replay succeed', async () => {
  await slowStore(1_500);
  const request = await callRoute(stack.api, restRoutes.createBackupRequest, {
    body: { database: DATABASE_NAME },
  });
  const { runId } = await eventually(
    () => getRequest(stack, request.id),
    (r) => r.runId !== null,
  );
  await eventually(
    () => getRun(stack, runId ?? ''),
    (r) => r.phase === 'transfer' && r.progress.bytesRead > 0,
  );
  await stack.services['dedup-worker'].kill();
  const failed = await endedRun(stack, request);
  expect(failed).toMatchObject({
    state: 'failed',
    reason: { code: 'ADY_SBT_CONNECTION_LOST', phase: 'transfer' },
  });
  expect(failed.reason?.oraErrors.some((line) => line.startsWith('ORA-19511'))).toBe(true);
  expect(await recoveryPoints(stack)).toEqual([]);

  await stack.services['dedup-worker'].start();
  await healStore();
  const replay = await callRoute(stack.api, restRoutes.replayRun, {
    params: { id: failed.id },
    body: { reason: 'the dedup-worker is back' },
  });
  const again = await endedRun(stack, replay);
  expect(again).toMatchObject({ ...SUCCEEDED, replayOf: failed.id });
  expect(again.fence).toBeGreaterThan(failed.fence);
  expect(await recoveryPoints(stack)).toHaveLength(1);
});

it('refuses to replay a run that succeeded', async () => {
  const run = await backUp(stack);
  await expect(
    callRoute(stack.api, restRoutes.replayRun, { params: { id: run.id }, body: { reason: 'why not' } }),
  ).rejects.toMatchObject({ code: 'ADY_NOT_REPLAYABLE' });
});
