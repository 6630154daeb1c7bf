// Step 1 of the workflow on the real processes: a request meets an agent that runs, or does not, and its window ends.
import { callRoute, restRoutes } from '@adyton/contracts';
import {
  addSchedule,
  agentShown,
  backUp,
  DATABASE_NAME,
  endedRun,
  eventually,
  getRequest,
  QUICK_DURATIONS,
  recoveryPoints,
  removeSchedule,
  type RunningStack,
  runStack,
  scheduledRequest,
  slotComes,
  SUCCEEDED,
} from '../support/running-stack';

jest.setTimeout(240_000);
let stack: RunningStack;
beforeAll(async () => {
  stack = await runStack({ settings: QUICK_DURATIONS });
});
afterAll(() => stack.stop());

const WINDOW_MINUTES = 30;

async function agentGone(): Promise<void> {
  await stack.services.agent.stop();
  await eventually(
    () => agentShown(stack),
    (agent) => agent === 'not-running',
  );
}

async function runsOf(requestId: string): Promise<number> {
  const [row] = await stack.sql<{ count: string }>('SELECT count(*) FROM adyton.runs WHERE request_id = $1', [
    requestId,
  ]);
  return Number(row?.count);
}

async function auditOf(subject: string): Promise<string[]> {
  const rows = await stack.sql<{ action: string }>(
    'SELECT action FROM adyton.audit_events WHERE subject = $1 ORDER BY id',
    [subject],
  );
  return rows.map((r) => r.action);
}

it('S1.1 starts the run of a manual and of a scheduled request when the agent is running', async () => {
  expect(await backUp(stack)).toMatchObject(SUCCEEDED);
  const request = await scheduledRequest(stack, WINDOW_MINUTES);
  expect(await endedRun(stack, request)).toMatchObject(SUCCEEDED);
});

it('S1.2 fails a manual request in the same answer when the agent is not running', async () => {
  await agentGone();
  await expect(
    callRoute(stack.api, restRoutes.createBackupRequest, { body: { database: DATABASE_NAME } }),
  ).rejects.toMatchObject({
    code: 'ADY_AGENT_NOT_RUNNING',
    context: { request: expect.stringContaining('/api/v1/backup-requests/req_') as string },
  });
  const { items } = await callRoute(stack.api, restRoutes.listBackupRequests, {});
  const [request] = items;
  expect(request).toMatchObject({
    trigger: 'manual',
    state: 'failed',
    runId: null,
    reason: { code: 'ADY_AGENT_NOT_RUNNING' },
  });
  expect(await auditOf(request?.id ?? '')).toEqual(['request.failed']);
  expect(await runsOf(request?.id ?? '')).toBe(0);
});

it('S1.2 answers 503 when Redis is down, and leaves nothing that could start later', async () => {
  const requests = async () => (await stack.sql('SELECT id FROM adyton.requests')).length;
  const before = await requests();
  await stack.redis.stop();
  await expect(
    callRoute(stack.api, restRoutes.createBackupRequest, { body: { database: DATABASE_NAME } }),
  ).rejects.toMatchObject({ code: 'ADY_QUEUE_UNAVAILABLE' });
  expect(await requests()).toBe(before);
  await stack.redis.restart();
  await eventually(
    () => agentShown(stack),
    (agent) => agent === 'not-running',
  );
});

it('S1.3 lets a scheduled request wait for its agent, says why, and does not try in a busy loop', async () => {
  const request = await scheduledRequest(stack, WINDOW_MINUTES);
  const waiting = await getRequest(stack, request.id);
  expect(waiting).toMatchObject({
    state: 'waiting_for_agent',
    runId: null,
    reason: { code: 'ADY_AGENT_NOT_RUNNING' },
  });
  const [row] = await stack.sql<{ dispatches: number }>(
    'SELECT dispatches FROM adyton.requests WHERE id = $1',
    [request.id],
  );
  expect(row?.dispatches).toBe(1);
  const why = await stack.cli(['run', 'why', request.id]);
  expect(why.stdout).toContain('it waits for the agent on lab-host, which is not running');
  expect(why.stdout).toContain('HINT');
  expect(why.stdout.split('\n').length).toBeLessThan(24);
});

it('S1.7 keeps the end of the window where it was when Redis is restarted, and S1.5 expires it there', async () => {
  const { items } = await callRoute(stack.api, restRoutes.listBackupRequests, {});
  const waiting = items.find((r) => r.state === 'waiting_for_agent');
  await stack.redis.restart();
  await stack.moveClock(WINDOW_MINUTES * 60 - 30);
  expect(await getRequest(stack, waiting?.id ?? '')).toEqual(waiting);
  await stack.moveClock(31);
  const ended = await eventually(
    () => getRequest(stack, waiting?.id ?? ''),
    (r) => r.state !== 'waiting_for_agent',
  );
  expect(ended).toMatchObject({
    state: 'expired',
    expiresAt: waiting?.expiresAt,
    reason: { code: 'ADY_EXPIRED' },
  });
  await stack.services.agent.start();
  await eventually(
    () => agentShown(stack),
    (agent) => agent === 'running',
  );
  expect(await runsOf(ended.id)).toBe(0);
});

it('S1.4 runs a scheduled request when the agent comes back before the window ends', async () => {
  await agentGone();
  const request = await scheduledRequest(stack, WINDOW_MINUTES);
  expect(await getRequest(stack, request.id)).toMatchObject({ state: 'waiting_for_agent' });
  await stack.moveClock(WINDOW_MINUTES * 60 - 20);
  await stack.services.agent.start();
  expect(await endedRun(stack, request)).toMatchObject(SUCCEEDED);
  expect(await getRequest(stack, request.id)).toMatchObject({ state: 'claimed', reason: null });
});

it('S1.6 expires a request at its claim when the scheduler was down for an hour', async () => {
  await agentGone();
  const request = await scheduledRequest(stack, WINDOW_MINUTES);
  await eventually(
    () =>
      stack.sql<{ relayed_at: Date | null }>('SELECT relayed_at FROM adyton.outbox ORDER BY id DESC LIMIT 1'),
    ([last]) => last?.relayed_at !== null,
  );
  await stack.services.scheduler.stop();
  await stack.moveClock(60 * 60);
  expect(await getRequest(stack, request.id)).toMatchObject({ state: 'waiting_for_agent' });
  await stack.services.agent.start();
  const ended = await eventually(
    () => getRequest(stack, request.id),
    (r) => r.state !== 'waiting_for_agent',
  );
  expect(ended).toMatchObject({ state: 'expired', runId: null });
  const [row] = await stack.sql<{ principal: string }>(
    `SELECT principal FROM adyton.audit_events WHERE subject = $1 AND action = 'request.expired'`,
    [request.id],
  );
  expect(row?.principal).toMatch(/^host:/);
  await stack.services.scheduler.start();
});

it('S1.8 supersedes a waiting request when the next slot comes, and exactly one runs', async () => {
  await agentGone();
  const before = await recoveryPoints(stack);
  const schedule = await addSchedule(stack, WINDOW_MINUTES * 4);
  const older = await slotComes(stack, schedule);
  const [next] = (
    await callRoute(stack.api, restRoutes.listSchedules, { params: { database: DATABASE_NAME } })
  ).items;
  const newer = await slotComes(stack, { nextAt: next?.nextAt ?? null });
  await removeSchedule(stack, schedule);
  expect(await getRequest(stack, older.id)).toMatchObject({
    state: 'superseded',
    reason: { code: 'ADY_SUPERSEDED', detail: expect.stringContaining(newer.id) as string },
  });
  expect(await auditOf(older.id)).toEqual(['request.created', 'request.superseded']);
  await stack.services.agent.start();
  expect(await endedRun(stack, newer)).toMatchObject(SUCCEEDED);
  expect(await recoveryPoints(stack)).toHaveLength(before.length + 1);
  expect(await runsOf(older.id)).toBe(0);
});
