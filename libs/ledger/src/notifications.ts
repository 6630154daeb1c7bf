// What happened to an alert becomes one delivery for each channel that wants it, with its doorbell, in the same transaction.
import { type Alert, type WebhookMessage } from '@adyton/contracts';
import {
  severitiesUpTo,
  type AlertId,
  type ChannelId,
  type DeliveryId,
  type NotificationEvent,
} from '@adyton/domain';
import { readNow, type LedgerSession } from './ledger';
import { addToOutbox } from './outbox';
import { now, toInstant, toJson } from './sql-values';

export interface Step {
  readonly event: NotificationEvent;
  readonly about: Pick<Alert, 'subject' | 'severity'> & { readonly id: AlertId };
  /** Reads the alert as it is now. */
  readonly read: () => Promise<Alert>;
}

export async function queueNotifications(tx: LedgerSession, { event, about, read }: Step): Promise<void> {
  const channels = await tx
    .selectFrom('notification_channels')
    .select('id')
    .where('enabled', '=', true)
    .where('min_severity', 'in', [...severitiesUpTo(about.severity)])
    // a channel that fails is not told about it through itself
    .where('id', '!=', about.subject as ChannelId)
    .orderBy('id')
    .execute();
  if (channels.length === 0) return;
  const data = { alert: await read() };
  const body = toJson({
    type: event,
    timestamp: toInstant(await readNow(tx)),
    data,
  } satisfies WebhookMessage);
  for (const { id } of channels) await queueDelivery(tx, { channelId: id, alertId: about.id, event, body });
}

export interface NewDelivery {
  readonly channelId: ChannelId;
  readonly alertId: AlertId | null;
  readonly event: NotificationEvent;
  /** JSON text. */
  readonly body: string;
}

export async function queueDelivery(tx: LedgerSession, delivery: NewDelivery): Promise<DeliveryId> {
  const { id } = await tx
    .insertInto('deliveries')
    .values({
      channel_id: delivery.channelId,
      alert_id: delivery.alertId,
      event: delivery.event,
      state: 'pending',
      body: delivery.body,
      reason: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await dispatchDelivery(tx, id);
  return id;
}

/** Rings for a delivery: a new job id each time, because the queue remembers old ones. */
export async function dispatchDelivery(tx: LedgerSession, deliveryId: DeliveryId): Promise<string> {
  const { dispatches } = await tx
    .updateTable('deliveries')
    .set((e) => ({ dispatches: e('dispatches', '+', 1), dispatched_at: now }))
    .where('id', '=', deliveryId)
    .returning('dispatches')
    .executeTakeFirstOrThrow();
  const jobId = deliveryJobId(deliveryId, dispatches);
  await addToOutbox(tx, {
    jobName: 'notification.deliver',
    hostId: null,
    payload: { v: 1, deliveryId },
    jobId,
  });
  return jobId;
}

export function deliveryJobId(id: DeliveryId, dispatches: number): string {
  return `${id}.${dispatches}`;
}
