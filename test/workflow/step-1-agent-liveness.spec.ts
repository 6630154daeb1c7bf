// Step 1 of the workflow on the real processes: a request meets an agent that runs, or does not.
import { callRoute, restRoutes } from '@adyton/contracts';
import {
  backUp,
  DATABASE_NAME,
  eventually,
  getRequest,
  recoveryPoints,
  runStack,
  type RunningStack,
} from '../support/running-stack';

jest.setTimeout(240_000);
let stack: RunningStack;
beforeAll(async () => {
  stack = await runStack({ databaseBytes: '24M' });
});
afterAll(() => stack.stop());

const HALF_AN_HOUR_MINUTES = 30;

/** The request a schedule made for its next slot, after the clock was moved there. */
async function scheduledRequest(): Promise<{ id: string; state: string }> {
  const schedule = await callRoute(stack.api, restRoutes.createSchedule, {
    params: { database: DATABASE_NAME },
    body: { kind: 'auto', cron: '0 * * * *', timeZone: 'UTC', expiryWindowMinutes: HALF_AN_HOUR_MINUTES },
  });
  const [{ wait } = { wait: 0 }] = await stack.sql<{ wait: number }>(
    'SELECT extract(epoch FROM $1::timestamptz - adyton.now())::float AS wait',
    [schedule.nextAt],
  );
  await stack.moveClock(wait + 1);
  const { items } = await eventually(
    () => callRoute(stack.api, restRoutes.listBackupRequests, {}),
    ({ items }) => items.some((r) => r.trigger === 'scheduled' && r.scheduledAt === schedule.nextAt),
  );
  await callRoute(stack.api, restRoutes.deleteSchedule, { params: { id: schedule.id } });
  const made = items.find((r) => r.scheduledAt === schedule.nextAt);
  if (made === undefined) throw new Error('the schedule made no request');
  return made;
}

it('S1.1 starts the run when the agent is running', async () => {
  expect(await backUp(stack)).toMatchObject({ state: 'succeeded' });
});

it('S1.2 fails a manual request in the same answer when the agent is not running', async () => {
  await stack.services.agent.stop();
  await eventually(
    () => callRoute(stack.api, restRoutes.listHosts, {}),
    ({ items }) => items[0]?.agent === 'not-running',
  );
  await expect(
    callRoute(stack.api, restRoutes.createBackupRequest, { body: { database: DATABASE_NAME } }),
  ).rejects.toMatchObject({ code: 'ADY_AGENT_NOT_RUNNING' });
  const { items } = await callRoute(stack.api, restRoutes.listBackupRequests, {});
  expect(items[0]).toMatchObject({
    trigger: 'manual',
    state: 'failed',
    runId: null,
    reason: { code: 'ADY_AGENT_NOT_RUNNING' },
  });
  const audit = await stack.sql('SELECT 1 FROM adyton.audit_events WHERE subject = $1', [items[0]?.id]);
  expect(audit.length).toBeGreaterThan(0);
});

it('S1.3 S1.5 lets a scheduled request wait for its agent until the window ends, then expires it', async () => {
  const request = await scheduledRequest();
  expect(await getRequest(stack, request.id)).toMatchObject({ state: 'waiting_for_agent' });
  await stack.moveClock(HALF_AN_HOUR_MINUTES * 60);
  const ended = await eventually(
    () => getRequest(stack, request.id),
    (r) => r.state !== 'waiting_for_agent',
  );
  expect(ended).toMatchObject({ state: 'expired', runId: null, reason: { code: 'ADY_EXPIRED' } });
});

it('S1.4 runs a scheduled request when the agent comes back within the window', async () => {
  const before = await recoveryPoints(stack);
  const request = await scheduledRequest();
  expect(await getRequest(stack, request.id)).toMatchObject({ state: 'waiting_for_agent' });
  await stack.services.agent.start();
  await eventually(
    () => recoveryPoints(stack),
    (points) => points.length === before.length + 1,
    120_000,
  );
  expect(await getRequest(stack, request.id)).toMatchObject({ state: 'claimed' });
});
