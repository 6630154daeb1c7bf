// Alerts and channels over HTTP, and messages that reach a receiver which checks their signatures by itself: a control-plane as main wires it.
import {
  agentRoutes,
  callRoute,
  reasonOf,
  restRoutes,
  webhookMessage,
  type Delivery,
  type NotificationChannel,
} from '@adyton/contracts';
import { startWebhookReceiver, type WebhookReceiver } from '../../../../test/support/webhook-receiver';
import { claimedBackup, newSite, startTestServer, type TestServer } from '../testing/test-server';

let server: TestServer;
let receiver: WebhookReceiver;
let channel: NotificationChannel & { secret: string };
beforeAll(async () => {
  server = await startTestServer();
  receiver = await startWebhookReceiver();
  channel = await callRoute(server.api, restRoutes.createNotificationChannel, {
    body: { name: 'oncall', url: receiver.url },
  });
  receiver.trust(channel.secret);
}, 60_000);
afterAll(async () => {
  await server.close();
  await receiver.close();
});

const POLL_MS = 20;
const LIMIT_MS = 20_000;
async function until<T>(ask: () => Promise<T> | T, satisfied: (answer: T) => boolean): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    const answer = await ask();
    if (satisfied(answer)) return answer;
    if (waitedMs > LIMIT_MS) throw new Error(`not within ${LIMIT_MS} ms: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
const delivery = (id: string) => callRoute(server.api, restRoutes.getDelivery, { params: { id } });
const ended = (id: string) =>
  until(
    () => delivery(id),
    (d) => d.state !== 'pending',
  );
const test = async (name: string): Promise<Delivery> =>
  ended((await callRoute(server.api, restRoutes.testNotificationChannel, { params: { channel: name } })).id);

async function failedBackup() {
  const { run, hostApi, database } = await claimedBackup(server);
  await callRoute(hostApi, agentRoutes.failRun, {
    params: { id: run.runId },
    body: { fence: run.fence, outcome: 'failed', reason: reasonOf('ADY_RMAN_FAILED', 'RMAN-00571') },
  });
  const { items } = await callRoute(server.api, restRoutes.listAlerts, {
    query: { database: database.name },
  });
  const [alert] = items;
  if (alert === undefined) throw new Error('the failed backup raised no alert');
  return { alert, database, run };
}

it('delivers an alert signed, as the documented message, to a receiver that checks both', async () => {
  const { alert, run } = await failedBackup();
  const shown = await until(
    () => callRoute(server.api, restRoutes.getAlert, { params: { id: alert.id } }),
    (a) => a.deliveries.some((d) => d.state !== 'pending'),
  );
  expect(shown).toMatchObject({
    kind: 'backup_failed',
    severity: 'critical',
    detail: expect.stringContaining(run.runId) as string,
    deliveries: [{ event: 'alert.opened', state: 'delivered', attempts: [{ attempt: 1, httpStatus: 204 }] }],
  });
  const message = receiver.taken().find((m) => m.body.data.alert?.['id'] === alert.id);
  expect(message?.headers).toMatchObject({
    'content-type': 'application/json',
    'user-agent': 'Adyton/0.1.0',
  });
  expect(message?.id).toBe(shown.deliveries[0]?.id);
  expect(webhookMessage.parse(message?.body)).toMatchObject({ type: 'alert.opened', data: { alert } });
  expect(receiver.refused).toBe(0);
});

it('tells acknowledging and resolving with note and reason, and lists what was sent', async () => {
  const { alert } = await failedBackup();
  const params = { id: alert.id };
  const acknowledged = await callRoute(server.api, restRoutes.acknowledgeAlert, {
    params,
    body: { note: 'on it' },
  });
  expect(acknowledged).toMatchObject({ state: 'acknowledged', acknowledgedBy: 'api', note: 'on it' });
  await callRoute(server.api, restRoutes.resolveAlert, { params, body: { reason: 'database retired' } });
  const messages = await until(
    () => receiver.taken().filter((m) => m.body.data.alert?.['id'] === alert.id),
    (m) => m.length === 3,
  );
  expect(messages.map((m) => m.type).toSorted()).toEqual([
    'alert.acknowledged',
    'alert.opened',
    'alert.resolved',
  ]);
  const page = await callRoute(server.api, restRoutes.listDeliveries, {
    params: { channel: 'oncall' },
    query: { limit: 2 },
  });
  expect(page.items.map((d) => d.event)).toEqual(['alert.resolved', 'alert.acknowledged']);
  expect(page.nextCursor).not.toBeNull();
  await expect(
    callRoute(server.api, restRoutes.acknowledgeAlert, { params, body: {} }),
  ).rejects.toMatchObject({ code: 'ADY_ALERT_STATE' });
});

it('filters alerts by state, severity and database', async () => {
  const { database, alert } = await failedBackup();
  const ids = async (query: object) =>
    (
      await callRoute(server.api, restRoutes.listAlerts, { query: { database: database.id, ...query } })
    ).items.map((a) => a.id);
  expect(await ids({ state: 'unresolved', severity: 'critical' })).toEqual([alert.id]);
  expect(await ids({ severity: 'warning' })).toEqual([]);
  expect(await ids({ state: 'resolved' })).toEqual([]);
  const { database: quiet } = await newSite(server);
  expect(
    (await callRoute(server.api, restRoutes.listAlerts, { query: { database: quiet.name } })).items,
  ).toEqual([]);
  await expect(
    callRoute(server.api, restRoutes.listAlerts, { query: { database: 'NOSUCH' } }),
  ).rejects.toMatchObject({ code: 'ADY_DATABASE_UNKNOWN' });
});

describe('a test', () => {
  it('arrives at once, and is no alert', async () => {
    const sent = await test('oncall');
    expect(sent).toMatchObject({ event: 'test', alertId: null, state: 'delivered', attemptsMax: 1 });
    expect(receiver.taken().find((m) => m.id === sent.id)?.body).toMatchObject({
      type: 'test',
      data: { channel: 'oncall' },
    });
  });

  it('says what the receiver answered: an error, or a redirect, which is not followed', async () => {
    for (const status of [503, 302]) {
      receiver.failNext(1, status);
      expect(await test('oncall')).toMatchObject({
        state: 'failed',
        reason: { code: 'ADY_WEBHOOK_REFUSED', detail: `the receiver answered ${status}` },
        attempts: [{ httpStatus: status, code: 'ADY_WEBHOOK_REFUSED' }],
      });
    }
  });

  it('of a channel with another secret is refused by the receiver', async () => {
    const before = receiver.refused;
    await callRoute(server.api, restRoutes.createNotificationChannel, {
      body: { name: 'other', url: receiver.url },
    });
    expect(await test('other')).toMatchObject({
      state: 'failed',
      reason: { detail: 'the receiver answered 401' },
    });
    expect(receiver.refused).toBe(before + 1);
    await callRoute(server.api, restRoutes.deleteNotificationChannel, { params: { channel: 'other' } });
  });

  it('to an address that is not allowed never leaves the machine', async () => {
    await callRoute(server.api, restRoutes.createNotificationChannel, {
      body: { name: 'metadata', url: 'http://169.254.169.254/latest/meta-data/' },
    });
    expect(await test('metadata')).toMatchObject({
      state: 'failed',
      reason: { code: 'ADY_WEBHOOK_ADDRESS' },
      attempts: [{ httpStatus: null }],
    });
    await callRoute(server.api, restRoutes.deleteNotificationChannel, { params: { channel: 'metadata' } });
  });

  it('with a secret of another vault says that a new one is needed', async () => {
    const { id } = await callRoute(server.api, restRoutes.createNotificationChannel, {
      body: { name: 'moved', url: receiver.url },
    });
    await server.sql(
      `UPDATE adyton.notification_channels SET secret_sealed = (SELECT secret_sealed FROM adyton.notification_channels
         WHERE name = 'oncall') WHERE id = $1`,
      [id],
    );
    expect(await test('moved')).toMatchObject({ state: 'failed', reason: { code: 'ADY_CHANNEL_SECRET' } });
    await callRoute(server.api, restRoutes.deleteNotificationChannel, { params: { channel: 'moved' } });
  });
});

describe('a channel', () => {
  it('shows its secret once: in no list, table, audit row or job', async () => {
    const { items } = await callRoute(server.api, restRoutes.listNotificationChannels, {});
    expect(items.find((c) => c.name === 'oncall')).toEqual({
      id: channel.id,
      kind: 'webhook',
      name: 'oncall',
      url: receiver.url,
      minSeverity: 'warning',
      enabled: true,
      createdAt: channel.createdAt,
    });
    await test('oncall');
    const tables = ['notification_channels', 'outbox', 'audit_events', 'idempotency_keys', 'deliveries'];
    const rows = await Promise.all(
      tables.map((table) => server.sql(`SELECT t::text AS row FROM adyton.${table} t`)),
    );
    const keys = await server.parts.redis.keys('adyton:notify*');
    expect(keys.length).toBeGreaterThan(2);
    const jobs = await Promise.all(
      keys.filter((key) => key.includes('ntf_')).map((key) => server.parts.redis.hgetall(key)),
    );
    expect(jobs.map((job) => Object.keys(JSON.parse(job['data'] ?? '{}') as object))).toContainEqual([
      'v',
      'deliveryId',
    ]);
    const everything = JSON.stringify([rows, jobs]);
    const bare = channel.secret.replace('whsec_', '');
    expect(everything).not.toContain(bare);
    // as Postgres shows bytes
    expect(everything).not.toContain(Buffer.from(bare, 'base64').toString('hex'));
    expect(everything).not.toContain(Buffer.from(channel.secret).toString('hex'));
    expect(everything).not.toContain('whsec_');
  });

  it('that is disabled or wants worse gets nothing', async () => {
    const change = (body: object) =>
      callRoute(server.api, restRoutes.changeNotificationChannel, { params: { channel: 'oncall' }, body });
    expect(await change({ enabled: false })).toMatchObject({ enabled: false, minSeverity: 'warning' });
    const { alert } = await failedBackup();
    await expect(test('oncall')).rejects.toMatchObject({ code: 'ADY_CHANNEL_DISABLED' });
    expect(await change({ enabled: true, minSeverity: 'critical' })).toMatchObject({ enabled: true });
    const shown = await callRoute(server.api, restRoutes.getAlert, { params: { id: alert.id } });
    expect(shown.deliveries).toEqual([]);
    await change({ minSeverity: 'warning' });
  });

  it.each([
    ['no web address', { url: 'ftp://example.com/' }, '/url'],
    ['a file', { url: 'file:///etc/passwd' }, '/url'],
    ['a password in the URL', { url: 'https://me:secret@example.com/' }, '/url'],
    ['a URL of more than 2,048 characters', { url: `https://example.com/${'x'.repeat(2_048)}` }, '/url'],
    ['a name with blanks', { name: 'on call' }, '/name'],
    ['a severity that is none', { minSeverity: 'bad' }, '/minSeverity'],
    ['a field that is none', { secret: 'mine' }, ''],
  ])('is refused with %s', async (_, fields, pointer) => {
    const response = await server.send('/api/v1/notification-channels', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'new', url: 'https://example.com/', ...fields }),
    });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: 'ADY_INVALID_REQUEST', errors: [{ pointer }] });
  });

  it('is found by name and by id, has a name of its own, and a change needs a field', async () => {
    const call = (method: string, path: string, body?: object) =>
      server.send(`/api/v1/notification-channels${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    expect((await call('POST', '', { name: 'oncall', url: 'https://example.com/' })).status).toBe(409);
    expect((await call('PATCH', `/${channel.id}`, {})).status).toBe(422);
    expect((await call('PATCH', `/${channel.id}`, { minSeverity: 'warning' })).status).toBe(200);
    expect((await call('DELETE', '/nosuch')).status).toBe(404);
    expect((await call('POST', '/nosuch/test')).status).toBe(404);
  });
});

it('takes the report of a lost instance from the host of the run, as an alert', async () => {
  const { run, hostApi, database } = await claimedBackup(server);
  const body = { fence: run.fence, instance: 'ORCL2', instanceHost: 'db2', phase: 'transfer' } as const;
  await callRoute(hostApi, agentRoutes.reportInstanceLost, { params: { id: run.runId }, body });
  const { items } = await callRoute(server.api, restRoutes.listAlerts, {
    query: { database: database.name },
  });
  expect(items).toMatchObject([
    { kind: 'instance_lost', subject: `${run.runId}/ORCL2`, severity: 'warning' },
  ]);
});

it('takes the report of a full recovery area, as an alert, with or without a policy', async () => {
  const { hostApi, database } = await newSite(server);
  await callRoute(hostApi, agentRoutes.reportRecoveryArea, {
    params: { id: database.id },
    body: { percent: 96 },
  });
  const { items } = await callRoute(server.api, restRoutes.listAlerts, {
    query: { database: database.name },
  });
  expect(items).toMatchObject([{ kind: 'recovery_area_filling', detail: 'the recovery area is 96 % full' }]);
});
