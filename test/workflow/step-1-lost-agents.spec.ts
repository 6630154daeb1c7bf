// Step 1 of the workflow on the real processes: agents that die, hang or come back, and slots of schedules that nobody saw.
import { callRoute, restRoutes, type RunDetail } from '@adyton/contracts';
import { itLong } from '../support/long-tests';
import {
  addSchedule,
  agentShown,
  backUp,
  backupUnderWay,
  DATABASE_NAME,
  eventually,
  getRequest,
  getRun,
  healStore,
  QUICK_DURATIONS,
  recoveryPoints,
  removeSchedule,
  type RunningStack,
  runStack,
  scheduledRequest,
  slotComes,
  slowStore,
  SUCCEEDED,
} from '../support/running-stack';

jest.setTimeout(240_000);
let stack: RunningStack;
beforeAll(async () => {
  stack = await runStack({ settings: QUICK_DURATIONS });
});
afterAll(() => stack.stop());

const ask = () => callRoute(stack.api, restRoutes.createBackupRequest, { body: { database: DATABASE_NAME } });
const shown = (wanted: string) =>
  eventually(
    () => agentShown(stack),
    (agent) => agent === wanted,
  );

it('S1.11 fails a manual request whose agent died seconds ago, at the end of its claim time', async () => {
  await stack.services.agent.kill();
  const request = await ask();
  expect(request).toMatchObject({ state: 'dispatching' });
  const ended = await eventually(
    () => getRequest(stack, request.id),
    (r) => r.state !== 'dispatching',
    20_000,
  );
  expect(ended).toMatchObject({ state: 'failed', runId: null, reason: { code: 'ADY_AGENT_NOT_RUNNING' } });
  await stack.services.agent.start();
  await shown('running');
  expect((await getRequest(stack, request.id)).state).toBe('failed');
  expect(await backUp(stack)).toMatchObject(SUCCEEDED);
});

it('S1.9 fails the run of an agent that died, with its phase', async () => {
  const before = await recoveryPoints(stack);
  await slowStore(stack, 1_500);
  const run = await backupUnderWay(stack);
  await stack.services.agent.kill();
  const failed = await eventually(
    () => getRun(stack, run.id),
    (r) => r.state !== 'running',
    45_000,
  );
  expect(failed).toMatchObject({ state: 'failed', reason: { code: 'ADY_AGENT_LOST', phase: 'transfer' } });
  expect(await recoveryPoints(stack)).toHaveLength(before.length);
  await healStore(stack);
  await stack.services.agent.start();
  await shown('running');
});

/** The run of the request's attempt, once its bytes are on their way. */
async function attemptUnderWay(id: string, attempt: number): Promise<RunDetail> {
  const { runId } = await eventually(
    () => getRequest(stack, id),
    (r) => r.state === 'claimed',
  );
  const run = await eventually(
    () => getRun(stack, runId ?? ''),
    (r) => r.progress.bytesRead > 0,
  );
  expect(run).toMatchObject({ attempt, requestId: id });
  return run;
}

/** The agent dies under the run, and the lease runs out. */
async function loseAgentOf(run: RunDetail): Promise<void> {
  await stack.services.agent.kill();
  const failed = await eventually(
    () => getRun(stack, run.id),
    (r) => r.state !== 'running',
    45_000,
  );
  expect(failed).toMatchObject({ state: 'failed', reason: { code: 'ADY_AGENT_LOST' } });
}

it('S1.9 makes a new attempt of a scheduled backup when the agent is back while the window is open', async () => {
  const before = await recoveryPoints(stack);
  await slowStore(stack, 1_500);
  const { id } = await scheduledRequest(stack, 240);
  const first = await attemptUnderWay(id, 1);
  await loseAgentOf(first);
  expect(await getRequest(stack, id)).toMatchObject({
    state: 'waiting_for_agent',
    reason: { code: 'ADY_AGENT_LOST', detail: expect.stringContaining(first.id) as string },
  });
  await healStore(stack);
  await stack.services.agent.start();
  const again = await eventually(
    () => getRequest(stack, id),
    (r) => r.runId !== first.id,
  );
  const second = await eventually(
    () => getRun(stack, again.runId ?? ''),
    (r) => r.state === 'succeeded',
  );
  expect(second).toMatchObject({ attempt: 2, requestId: id });
  expect(second.fence).toBeGreaterThan(first.fence);
  expect(await getRun(stack, first.id)).toMatchObject({ state: 'failed', recoveryPointId: null });
  expect(await recoveryPoints(stack)).toHaveLength(before.length + 1);
});

itLong('S1.9 quarantines a request that took its agent with it at three starts', async () => {
  await slowStore(stack, 1_500);
  const { id } = await scheduledRequest(stack, 240);
  for (const attempt of [1, 2, 3]) {
    await loseAgentOf(await attemptUnderWay(id, attempt));
    await stack.services.agent.start();
  }
  expect(await getRequest(stack, id)).toMatchObject({
    state: 'failed',
    reason: { code: 'ADY_QUARANTINED' },
  });
  await healStore(stack);
  await shown('running');
  expect(await stack.sql('SELECT 1 FROM adyton.runs WHERE request_id = $1', [id])).toHaveLength(3);
  expect(await backUp(stack)).toMatchObject(SUCCEEDED);
});

it('S1.10 does not count a stopped agent as running, and what it does when it goes on is refused', async () => {
  const before = await recoveryPoints(stack);
  await slowStore(stack, 1_500);
  const run = await backupUnderWay(stack);
  stack.services.agent.signal('SIGSTOP');
  await shown('not-running');
  await eventually(
    () => getRun(stack, run.id),
    (r) => r.state === 'failed',
  );
  await expect(ask()).rejects.toMatchObject({ code: 'ADY_AGENT_NOT_RUNNING' });
  stack.services.agent.signal('SIGCONT');
  await healStore(stack);
  await shown('running');
  expect(await backUp(stack)).toMatchObject({ ...SUCCEEDED, reason: null });
  expect(await getRun(stack, run.id)).toMatchObject({ state: 'failed', reason: { code: 'ADY_AGENT_LOST' } });
  expect(await recoveryPoints(stack)).toHaveLength(before.length + 1);
});

it('S1.10 does not count a leaving agent as running', async () => {
  await stack.services.agent.stop();
  expect(await agentShown(stack)).toBe('not-running');
});

it('S1.12 fires each local slot once when the clocks go back, and records those nobody saw as missed', async () => {
  const schedule = await addSchedule(stack, 60, { cron: '30 2 * * *', timeZone: 'Europe/Berlin' });
  await moveTo('2027-10-29T12:00:00Z'); // clocks go back on 31 October 2027 at 01:00 UTC
  const next = async () =>
    (await callRoute(stack.api, restRoutes.listSchedules, { params: { database: DATABASE_NAME } })).items[0]
      ?.nextAt ?? null;
  const after = (slot: string) => eventually(next, (nextAt) => nextAt !== null && nextAt > slot, 30_000);
  await after('2027-10-29T12:00:00Z');
  const slots: (string | null)[] = [];
  for (let night = 0; night < 3; night += 1) {
    slots.push(await next());
    await slotComes(stack, { nextAt: await next() });
    await after(slots.at(-1) ?? '');
  }
  expect(slots).toEqual(['2027-10-30T00:30:00.000Z', '2027-10-31T00:30:00.000Z', '2027-11-01T01:30:00.000Z']);
  await stack.services.scheduler.stop();
  await moveTo('2027-11-04T12:00:00Z');
  await stack.services.scheduler.start();
  await after('2027-11-04T12:00:00Z');
  await removeSchedule(stack, schedule);
  const rows = await stack.sql<{ at: string; state: string; code: string }>(
    `SELECT to_char(scheduled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI') AS at, state, reason->>'code' AS code
     FROM adyton.requests WHERE schedule_id = $1 AND scheduled_at > '2027-10-29T12:00Z' ORDER BY scheduled_at`,
    [schedule.id],
  );
  expect(rows.map((r) => r.at)).toEqual([
    '2027-10-30T00:30',
    '2027-10-31T00:30',
    '2027-11-01T01:30',
    '2027-11-02T01:30',
    '2027-11-03T01:30',
    '2027-11-04T01:30',
  ]);
  expect(rows.slice(3).map(({ state, code }) => [state, code])).toEqual([
    ['missed', 'ADY_MISSED'],
    ['missed', 'ADY_MISSED'],
    ['missed', 'ADY_MISSED'],
  ]);
});

async function moveTo(instant: string): Promise<void> {
  await stack.sql(`UPDATE adyton.clock_offset SET "offset" = "offset" + ($1::timestamptz - adyton.now())`, [
    instant,
  ]);
}
