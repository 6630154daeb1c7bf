// Deliveries on a real Postgres: who is told what, when it is tried again, and what of it survives a lost queue or a dead worker.
import { type Alert, type Delivery } from '@adyton/contracts';
import { type AlertSeverity, type ChannelId, type DeliveryId } from '@adyton/domain';
import { sql } from 'kysely';
import { acknowledgeAlert, listAlerts, raiseAlert, resolveAlertByHand } from './alerts';
import { changeChannel, createChannel, deleteChannel, findChannel, listChannels } from './channels';
import {
  beginAttempt,
  endAttempt,
  findDueDeliveries,
  queueTest,
  ringDelivery,
  type AttemptOutcome,
  type BegunAttempt,
} from './deliveries';
import { deliveriesOfAlert, findDelivery, listDeliveries, pruneAlerts } from './read-deliveries';
import { isRefusal } from './runs';
import { code, nextId, useLedger } from './testing/ledger-fixture';

const fixture = useLedger();
afterEach(async () => {
  await sql`DELETE FROM adyton.notification_channels`.execute(session());
  await sql`DELETE FROM adyton.alerts`.execute(session());
});

const session = () => fixture.ledger.session;
const SEALED = Buffer.from('sealed bytes');
let channels = 0;

async function newChannel(minSeverity: AlertSeverity = 'info', enabled = true): Promise<ChannelId> {
  channels += 1;
  const id = nextId<ChannelId>('chn');
  const created = await createChannel(session(), {
    id,
    name: `hook${channels}`,
    url: 'https://alerts.example.com/hook',
    minSeverity,
    enabled,
    secretSealed: SEALED,
    principal: 'api',
  });
  if (isRefusal(created)) throw new Error(created.detail);
  return id;
}

async function raised(kind: 'backup_failed' | 'agent_not_running' = 'backup_failed'): Promise<Alert> {
  const about = { kind, subject: nextId('sub'), detail: 'it failed', principal: 'system' };
  await raiseAlert(session(), { ...about, repeat: 'counts' });
  const { items } = await listAlerts(session(), { limit: 1 });
  if (items[0] === undefined) throw new Error('no alert was raised');
  return items[0];
}
async function deliveriesTo(channelId: ChannelId): Promise<Delivery[]> {
  return (await listDeliveries(session(), channelId, { limit: 100 })).items;
}
async function firstDelivery(channelId: ChannelId): Promise<DeliveryId> {
  await raised();
  const id = (await deliveriesTo(channelId))[0]?.id;
  if (id === undefined) throw new Error('nothing is to be delivered');
  return id;
}
async function begun(id: DeliveryId, fraction = 0): Promise<BegunAttempt> {
  const attempt = await beginAttempt(session(), id, fraction);
  if (attempt === null) throw new Error('no attempt is due');
  return attempt;
}
const outcome = (httpStatus: number): AttemptOutcome => ({
  httpStatus,
  durationMs: 12.6,
  failure:
    httpStatus === 204
      ? null
      : { code: 'ADY_WEBHOOK_REFUSED', detail: `the receiver answered ${httpStatus}`, isFinal: false },
});
const jobsOf = async (id: DeliveryId) =>
  (
    await session()
      .selectFrom('outbox')
      .selectAll()
      .where('job_id', 'like', `${id}.%`)
      .orderBy('id')
      .execute()
  ).map((r) => ({
    family: r.family,
    hostId: r.host_id,
    name: r.job_name,
    payload: r.payload,
    jobId: r.job_id,
  }));

describe('a step of an alert', () => {
  it('is one delivery to each enabled channel that wants its severity, with a doorbell that carries only its id', async () => {
    const [all, critical, off] = [
      await newChannel(),
      await newChannel('critical'),
      await newChannel('info', false),
    ];
    const alert = await raised('agent_not_running');
    expect(await deliveriesTo(critical)).toEqual([]);
    expect(await deliveriesTo(off)).toEqual([]);
    const [delivery, ...others] = await deliveriesTo(all);
    expect(others).toEqual([]);
    expect(delivery).toMatchObject({
      alertId: alert.id,
      event: 'alert.opened',
      state: 'pending',
      attempts: [],
    });
    const id = delivery?.id as DeliveryId;
    const job = {
      family: 'notify',
      hostId: null,
      name: 'notification.deliver',
      payload: { v: 1, deliveryId: id },
    };
    expect(await jobsOf(id)).toEqual([{ ...job, jobId: `${id}.1` }]);
  });

  it('sends the alert as it was at that moment', async () => {
    const channel = await newChannel();
    const { id } = await raised();
    await acknowledgeAlert(session(), { id, note: 'seen', principal: 'api' });
    await resolveAlertByHand(session(), { id, resolution: 'gone', principal: 'api' });
    const bodies = [];
    for (const delivery of (await deliveriesTo(channel)).reverse()) {
      const { body } = await begun(delivery.id);
      bodies.push(JSON.parse(body) as { type: string; data: { alert: Alert } });
    }
    expect(
      bodies.map((b) => [b.type, b.data.alert.state, b.data.alert.note, b.data.alert.resolution]),
    ).toEqual([
      ['alert.opened', 'open', null, null],
      ['alert.acknowledged', 'acknowledged', 'seen', null],
      ['alert.resolved', 'resolved', 'seen', 'gone'],
    ]);
    expect(await deliveriesOfAlert(session(), id)).toHaveLength(3);
  });

  it('that only repeats sends nothing again', async () => {
    const channel = await newChannel();
    const about = { kind: 'backup_failed', subject: 'same', detail: 'x', principal: 'system' } as const;
    await raiseAlert(session(), { ...about, repeat: 'counts' });
    await raiseAlert(session(), { ...about, repeat: 'counts' });
    expect(await deliveriesTo(channel)).toHaveLength(1);
  });
});

describe('an attempt', () => {
  it('that is taken ends the delivery, with everything on record', async () => {
    const channel = await newChannel();
    const id = await firstDelivery(channel);
    const attempt = await begun(id);
    expect(attempt).toMatchObject({
      attempt: 1,
      url: 'https://alerts.example.com/hook',
      secretSealed: SEALED,
    });
    await endAttempt(session(), attempt, outcome(204));
    expect(await findDelivery(session(), id)).toMatchObject({
      state: 'delivered',
      reason: null,
      nextAttemptAt: null,
      attempts: [{ attempt: 1, httpStatus: 204, code: null, durationMs: 13 }],
    });
    expect(await beginAttempt(session(), id, 0)).toBeNull();
  });

  it('is made by one of many workers that hold the same job', async () => {
    const id = await firstDelivery(await newChannel());
    const attempts = await Promise.all(Array.from({ length: 6 }, () => beginAttempt(session(), id, 0)));
    expect(attempts.filter((a) => a !== null)).toHaveLength(1);
  });

  it('that is not taken is made again after its pause and not before; the tenth is the last, and another channel learns of it', async () => {
    const channel = await newChannel();
    const id = await firstDelivery(channel);
    const other = await newChannel('warning');
    for (let n = 1; n <= 10; n += 1) {
      await endAttempt(session(), await begun(id), outcome(500));
      if (n === 10) break;
      const pause = 7 * 2 ** (n - 1);
      await fixture.moveClock(pause - 2);
      expect(await beginAttempt(session(), id, 0)).toBeNull();
      await fixture.moveClock(2);
    }
    const delivery = await findDelivery(session(), id);
    expect(delivery).toMatchObject({
      state: 'failed',
      reason: { code: 'ADY_WEBHOOK_REFUSED' },
      attemptsMax: 10,
    });
    expect(delivery?.attempts).toHaveLength(10);
    const took = Date.parse(delivery?.finishedAt ?? '') - Date.parse(delivery?.createdAt ?? '');
    expect(took).toBeGreaterThan(59 * 60_000);
    expect(took).toBeLessThan(61 * 60_000);
    const { items } = await listAlerts(session(), { limit: 10, state: 'open' });
    expect(items.find((a) => a.kind === 'notification_failed')).toMatchObject({ subject: channel });
    expect(await deliveriesTo(other)).toHaveLength(1);
    expect(await deliveriesTo(channel)).toHaveLength(1); // not about itself, through itself
    const next = await firstDelivery(channel);
    await endAttempt(session(), await begun(next), outcome(204));
    const after = await listAlerts(session(), { limit: 10, state: 'open' });
    expect(after.items.some((a) => a.kind === 'notification_failed')).toBe(false);
  });

  it('whose worker died is made again, and when it was the last the delivery says so', async () => {
    const id = await firstDelivery(await newChannel());
    await begun(id);
    await fixture.moveClock(8);
    expect(await begun(id)).toMatchObject({ attempt: 2 });
    await sql`UPDATE adyton.deliveries SET attempts = 10, next_attempt_at = adyton.now() WHERE id = ${id}`.execute(
      session(),
    );
    expect(await beginAttempt(session(), id, 0)).toBeNull();
    expect(await findDelivery(session(), id)).toMatchObject({
      state: 'failed',
      reason: { code: 'ADY_DELIVERY_ABANDONED' },
    });
  });

  it('that can never be taken is the last', async () => {
    const id = await firstDelivery(await newChannel());
    const refused = { code: 'ADY_WEBHOOK_ADDRESS', detail: 'loopback', isFinal: true } as const;
    await endAttempt(session(), await begun(id), { httpStatus: null, durationMs: 1, failure: refused });
    expect(await findDelivery(session(), id)).toMatchObject({
      state: 'failed',
      reason: { code: 'ADY_WEBHOOK_ADDRESS' },
    });
  });

  it('of a test is made once, and raises no alert', async () => {
    const channelId = await newChannel();
    const id = await queueTest(session(), { channelId, name: 'hook', principal: 'api' });
    const attempt = await begun(id);
    expect(JSON.parse(attempt.body)).toMatchObject({ type: 'test', data: { channel: 'hook' } });
    await endAttempt(session(), attempt, outcome(500));
    expect(await findDelivery(session(), id)).toMatchObject({
      state: 'failed',
      alertId: null,
      attemptsMax: 1,
    });
    expect((await listAlerts(session(), { limit: 10 })).items).toEqual([]);
  });

  it('is not made for a channel that was disabled, and leaves nothing of one that was removed in the middle', async () => {
    const channelId = await newChannel();
    const id = await firstDelivery(channelId);
    await changeChannel(session(), { id: channelId, change: { enabled: false }, principal: 'api' });
    expect(await beginAttempt(session(), id, 0)).toBeNull();
    expect(await findDelivery(session(), id)).toMatchObject({
      state: 'failed',
      reason: { code: 'ADY_CHANNEL_DISABLED' },
    });
    const removed = await newChannel();
    const attempt = await begun(await firstDelivery(removed));
    expect(await deleteChannel(session(), removed, 'api')).toBe(true);
    await endAttempt(session(), attempt, outcome(204));
    expect(await findDelivery(session(), attempt.deliveryId)).toBeUndefined();
  });
});

describe('a delivery whose job is gone', () => {
  it('is found when its last job is old, rung under a new job id, and not by two schedulers', async () => {
    const id = await firstDelivery(await newChannel());
    const due = () => findDueDeliveries(session(), { jobSeconds: 5 });
    expect(await due()).toEqual([]);
    await fixture.moveClock(6);
    const [found] = await due();
    if (found === undefined) throw new Error('the delivery is not due');
    expect(found).toEqual({ id, jobId: `${id}.1` });
    const rung = await Promise.all([ringDelivery(session(), found), ringDelivery(session(), found)]);
    expect(rung.toSorted()).toEqual([`${id}.2`, null].toSorted());
    expect((await jobsOf(id)).map((j) => j.jobId)).toEqual([`${id}.1`, `${id}.2`]);
    expect(await due()).toEqual([]);
  });

  it('is not due while an attempt is under way or its pause lasts, and the look goes past the first page', async () => {
    const id = await firstDelivery(await newChannel());
    await begun(id);
    await fixture.moveClock(6);
    const due = (after?: DeliveryId) => findDueDeliveries(session(), { jobSeconds: 5, after });
    expect(await due()).toEqual([]);
    await sql`INSERT INTO adyton.deliveries (channel_id, event, state, body, dispatched_at)
      SELECT id, 'alert.opened', 'pending', '{}', adyton.now() - interval '1 minute'
      FROM adyton.notification_channels, generate_series(1, 250)`.execute(session());
    const first = await due();
    expect(first).toHaveLength(200);
    expect(await due(first.at(-1)?.id)).toHaveLength(50);
  });
});

describe('a channel', () => {
  it('has a name of its own, and there are at most twenty', async () => {
    const id = await newChannel();
    const { name } = (await findChannel(session(), id)) ?? { name: '' };
    const channel = {
      name,
      url: 'http://x.example',
      minSeverity: 'info',
      enabled: true,
      secretSealed: SEALED,
    } as const;
    const again = await createChannel(session(), {
      ...channel,
      id: nextId<ChannelId>('chn'),
      principal: 'api',
    });
    expect(code(again)).toBe('ADY_ALREADY_EXISTS');
    const other = await newChannel();
    expect(code(await changeChannel(session(), { id: other, change: { name }, principal: 'api' }))).toBe(
      'ADY_ALREADY_EXISTS',
    );
    for (let n = 3; n <= 20; n += 1) await newChannel();
    const more = { ...channel, name: 'onemore', id: nextId<ChannelId>('chn'), principal: 'api' };
    expect(code(await createChannel(session(), more))).toBe('ADY_CHANNELS_FULL');
    expect(await listChannels(session())).toHaveLength(20);
  });

  it('never shows its secret, in no answer and no audit row', async () => {
    const id = await newChannel();
    const { rows } = await sql`SELECT * FROM adyton.audit_events WHERE subject = ${id}`.execute(session());
    const shown = JSON.stringify([await findChannel(session(), id), await listChannels(session()), rows]);
    expect(shown).toContain('channel.created');
    expect(shown.toLowerCase()).not.toContain('seal');
  });
});

it('forgets deliveries and resolved alerts when they are old enough, and no alert that stands', async () => {
  const channel = await newChannel();
  const delivery = await firstDelivery(channel);
  await endAttempt(session(), await begun(delivery), outcome(204));
  const [{ id: standing }, { id: resolved }] = [await raised(), await raised()];
  await resolveAlertByHand(session(), { id: resolved, resolution: 'gone', principal: 'api' });
  await fixture.moveClock(100);
  const older = { alertSeconds: 1_000, deliverySeconds: 50 };
  expect(await pruneAlerts(session(), older)).toBe(1);
  expect(await findDelivery(session(), delivery)).toBeUndefined();
  expect(await pruneAlerts(session(), { ...older, alertSeconds: 50 })).toBe(1);
  const left = (await listAlerts(session(), { limit: 10 })).items.map((a) => a.id);
  expect(left).toContain(standing);
  expect(left).not.toContain(resolved);
});
