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

export async function queueNotifications(
  tx: LedgerSession,
  event: NotificationEvent,
  alert: Alert,
): Promise<void> {
  const channels = await tx
    .selectFrom('notification_channels')
    .select('id')
    .where('enabled', '=', true)
    .where('min_severity', 'in', [...severitiesUpTo(alert.severity)])
    // a channel that fails is not told about it through itself
    .where('id', '!=', alert.subject as ChannelId)
    .orderBy('id')
    .execute();
  if (channels.length === 0) return;
  const message: WebhookMessage = { type: event, timestamp: toInstant(await readNow(tx)), data: { alert } };
  for (const { id } of channels)
    await queueDelivery(tx, { channelId: id, alertId: alert.id, event, body: toJson(message) });
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
