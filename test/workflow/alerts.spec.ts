// Alerts on the real processes: what goes wrong reaches a receiver that checks the signatures by itself, whatever fails on the way, and so does
// the end of it.
import { callRoute, restRoutes, type Alert, type AlertDetail, type Delivery } from '@adyton/contracts';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { flushRedis } from '../support/redis';
import {
  backUp,
  eventually,
  QUICK_DURATIONS,
  type RunningStack,
  runStack,
  SUCCEEDED,
} from '../support/running-stack';
import {
  startWebhookReceiver,
  type ReceivedMessage,
  type WebhookReceiver,
} from '../support/webhook-receiver';

jest.setTimeout(300_000);
let stack: RunningStack;
let receiver: WebhookReceiver;
let secret: string;
beforeAll(async () => {
  receiver = await startWebhookReceiver();
  const controlPlane = {
    ...QUICK_DURATIONS['control-plane'],
    ADYTON_NOTIFY_ALLOWED_NETWORKS: '127.0.0.0/8',
    ADYTON_LOG_LEVEL: 'trace',
  };
  stack = await runStack({
    databaseBytes: '24M',
    settings: { ...QUICK_DURATIONS, 'control-plane': controlPlane },
  });
});
afterAll(async () => {
  await stack.stop();
  await receiver.close();
});

async function cli<T>(...args: string[]): Promise<T> {
  const result = await stack.cli(['-o', 'json', ...args]);
  expect({ code: result.code, stderr: result.stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(result.stdout) as T;
}
async function alertOf(kind: Alert['kind']): Promise<Alert | undefined> {
  return (await callRoute(stack.api, restRoutes.listAlerts, {})).items.find((a) => a.kind === kind);
}
async function deliveryOf(alert: Alert, event: Delivery['event']): Promise<Delivery> {
  const { deliveries } = await cli<AlertDetail>('alert', 'show', alert.id);
  const found = deliveries.find((d) => d.event === event);
  if (found === undefined) throw new Error(`no delivery of ${event}`);
  return found;
}
/** The messages about an alert that the receiver took, each once. */
const taken = (alert: Alert | undefined, type: string): ReceivedMessage[] =>
  receiver.taken().filter((m) => m.type === type && m.body.data.alert?.['id'] === alert?.id);
const arrival = (alert: Alert | undefined, type: string) =>
  eventually(
    () => Promise.resolve(taken(alert, type)),
    (messages) => messages.length > 0,
  );

async function startControlPlane(): Promise<void> {
  await stack.services['control-plane'].start({ ADYTON_HTTP_PORT: new URL(stack.url).port });
}

it('a channel is added, shows its secret once, and a test reaches the receiver', async () => {
  ({ secret } = await cli<{ secret: string }>('notify', 'add', 'oncall', '--to', receiver.url));
  receiver.trust(secret);
  expect(await cli('notify', 'test', 'oncall')).toMatchObject({ event: 'test', state: 'delivered' });
  expect(receiver.taken()).toMatchObject([{ type: 'test', body: { data: { channel: 'oncall' } } }]);
  receiver.failNext(1, 503);
  const failed = await stack.cli(['notify', 'test', 'oncall']);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain('the receiver answered 503');
  expect(failed.stderr).toContain('HINT');
});

it('a backup that fails raises an alert, whose message arrives after the receiver failed three times; the next success resolves it', async () => {
  receiver.failNext(3);
  await stack.services['dedup-worker'].stop();
  const failed = await backUp(stack, 'full');
  expect(failed.state).toBe('failed');
  const alert = await alertOf('backup_failed');
  if (alert === undefined) throw new Error('no alert was raised');
  expect(alert).toMatchObject({ state: 'open', severity: 'critical', reason: { code: failed.reason?.code } });
  for (let attempts = 1; attempts <= 3; attempts += 1) {
    await eventually(
      () => deliveryOf(alert, 'alert.opened'),
      (d) => d.attempts.filter((a) => a.durationMs !== null).length === attempts,
    );
    await stack.moveClock(7 * 2 ** (attempts - 1));
  }
  const [message] = await arrival(alert, 'alert.opened');
  expect(message?.body.data.alert).toMatchObject({ id: alert.id, databaseName: 'ORCL', state: 'open' });
  const sent = receiver.received.filter((m) => m.id === message?.id);
  expect(sent.map((m) => m.status)).toEqual([500, 500, 500, 204]);
  expect(new Set(sent.map((m) => m.text)).size).toBe(1);
  expect(await deliveryOf(alert, 'alert.opened')).toMatchObject({
    state: 'delivered',
    attempts: [{ httpStatus: 500 }, { httpStatus: 500 }, { httpStatus: 500 }, { httpStatus: 204 }],
  });
  expect((await stack.cli(['alert', 'list'])).stdout).toContain('backup_failed');

  await stack.services['dedup-worker'].start();
  expect(await backUp(stack, 'full')).toMatchObject(SUCCEEDED);
  expect(await alertOf('backup_failed')).toMatchObject({ id: alert.id, state: 'resolved' });
  const [resolved] = await arrival(alert, 'alert.resolved');
  expect(resolved?.body.data.alert?.['resolution']).toMatch(/^run run_\w+ succeeded$/);
  expect((await stack.cli(['alert', 'list'])).stdout).not.toContain('backup_failed');
});

it('no message is lost when Redis forgets everything before a worker has it; the agent’s return is told as well', async () => {
  await stack.services.agent.stop();
  await stack.services['control-plane'].stop();
  await stack.moveClock(130);
  const relayed = () =>
    stack.sql<{ job_id: string }>(
      `SELECT o.job_id FROM adyton.outbox o JOIN adyton.deliveries d ON d.id || '.1' = o.job_id
       JOIN adyton.alerts a ON a.id = d.alert_id WHERE a.kind = 'agent_not_running' AND o.relayed_at IS NOT NULL`,
    );
  await eventually(relayed, (rows) => rows.length > 0);
  await flushRedis(stack);
  await startControlPlane();
  await stack.moveClock(6);
  const alert = await alertOf('agent_not_running');
  expect(await arrival(alert, 'alert.opened')).toHaveLength(1);
  await stack.services.agent.start();
  expect(await arrival(alert, 'alert.resolved')).toHaveLength(1);
  expect(await alertOf('agent_not_running')).toMatchObject({ state: 'resolved' });
});

it('no message is lost when the control-plane dies while the receiver keeps it waiting', async () => {
  receiver.failNext(1, 0);
  const before = receiver.received.length;
  await stack.sql(
    `UPDATE adyton.outbox SET relayed_at = NULL, created_at = adyton.now() - interval '2 minutes', payload = '{}'
     WHERE id = (SELECT min(id) FROM adyton.outbox)`,
  );
  await eventually(
    () => Promise.resolve(receiver.received.length),
    (count) => count > before,
  );
  await stack.services['control-plane'].kill();
  await stack.moveClock(15);
  await startControlPlane();
  const alert = await alertOf('queue_stuck');
  const [message] = await arrival(alert, 'alert.opened');
  const sent = receiver.received.filter((m) => m.id === message?.id);
  expect(sent.map((m) => m.status)).toEqual([0, 204]);
});

it('no process ever logged the secret', () => {
  const logs = readdirSync(stack.logsDir).map((name) => readFileSync(join(stack.logsDir, name), 'utf8'));
  const text = logs.join('');
  expect(text).toContain('notification.delivered');
  expect(text).not.toContain(secret.replace('whsec_', ''));
});
