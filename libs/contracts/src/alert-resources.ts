// Alerts, notification channels and deliveries on the wire, and the message a webhook receives.
import {
  alertSeverities,
  alertTransitions,
  deliveryTransitions,
  notificationEvents,
  statesOf,
} from '@adyton/domain';
import { z } from 'zod';
import { alertKinds } from './alert-catalog';
import { count, databaseId, hostId, id, instant, plainName, reason } from './schemas';

const alertId = id('AlertId');
const channelId = id('ChannelId');
export const deliveryId = id('DeliveryId');

export const alertState = z.enum(statesOf(alertTransitions));
export const alertSeverity = z.enum(alertSeverities);
/** What a person writes down about an alert, characters. */
const NOTE_CHARS_MAX = 500;
/** Channels that one installation may have: each alert is written once for each. */
export const NOTIFICATION_CHANNELS_MAX = 20;
const URL_CHARS_MAX = 2_048;

export const alert = z.object({
  id: alertId,
  kind: z.enum(alertKinds),
  severity: alertSeverity,
  title: z.string(),
  hint: z.string(),
  /** What happened last, for a person. */
  detail: z.string(),
  state: alertState,
  /** What it is about; one unresolved alert for each kind and subject. */
  subject: z.string(),
  databaseId: databaseId.nullable(),
  databaseName: plainName.nullable(),
  hostId: hostId.nullable(),
  reason: reason.nullable(),
  /** How often it was seen since it opened. */
  count,
  firstSeenAt: instant,
  lastSeenAt: instant,
  acknowledgedAt: instant.nullable(),
  acknowledgedBy: z.string().nullable(),
  note: z.string().nullable(),
  resolvedAt: instant.nullable(),
  resolvedBy: z.string().nullable(),
  /** Why it is over. */
  resolution: z.string().nullable(),
});
export const acknowledgeAlert = z.strictObject({ note: z.string().max(NOTE_CHARS_MAX).optional() });
export const resolveAlert = z.strictObject({ reason: z.string().min(3).max(NOTE_CHARS_MAX) });

/** http or https; credentials in it would be shown with it. */
const webhookUrl = z
  .url({ protocol: /^https?$/, error: 'an http:// or https:// URL' })
  .max(URL_CHARS_MAX)
  .refine((text) => hasNoCredentials(text), 'a URL without user name, password and fragment');

function hasNoCredentials(text: string): boolean {
  if (!URL.canParse(text)) return true; // told by the check before
  const { username, password, hash } = new URL(text);
  return username === '' && password === '' && hash === '';
}

const channelFields = { name: plainName, url: webhookUrl, minSeverity: alertSeverity, enabled: z.boolean() };
export const notificationChannel = z.object({
  id: channelId,
  kind: z.literal('webhook'),
  ...channelFields,
  createdAt: instant,
});
export const createChannel = z.strictObject({
  ...channelFields,
  minSeverity: channelFields.minSeverity.default('warning'),
  enabled: channelFields.enabled.default(true),
});
/** The secret is shown this once; it is kept encrypted. */
export const createdChannel = notificationChannel.extend({ secret: z.string() });
export const changeChannel = z
  .strictObject(channelFields)
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'at least one field');

const deliveryAttempt = z.object({
  attempt: z.int().positive(),
  at: instant,
  /** What the receiver answered; null when it did not. */
  httpStatus: z.int().nullable(),
  /** Null while it is under way and when the receiver took it. */
  code: z.string().nullable(),
  detail: z.string().nullable(),
  durationMs: count.nullable(),
});
export const delivery = z.object({
  /** Also the header webhook-id: the same in every attempt. */
  id: deliveryId,
  channelId,
  alertId: alertId.nullable(),
  event: z.enum(notificationEvents),
  state: z.enum(statesOf(deliveryTransitions)),
  reason: reason.nullable(),
  attempts: z.array(deliveryAttempt),
  attemptsMax: z.int().positive(),
  /** Null when it ended. */
  nextAttemptAt: instant.nullable(),
  createdAt: instant,
  finishedAt: instant.nullable(),
});

export const alertDetail = alert.extend({ deliveries: z.array(delivery) });

/** The body of a webhook request. */
export const webhookMessage = z.object({
  type: z.enum(notificationEvents),
  /** When it happened, not when it is sent. */
  timestamp: instant,
  /** The alert as it was then; a test names its channel instead. */
  data: z.union([z.object({ alert }), z.object({ channel: plainName })]),
});

export type Alert = z.infer<typeof alert>;
export type AlertDetail = z.infer<typeof alertDetail>;
export type NotificationChannel = z.infer<typeof notificationChannel>;
export type ChangeChannel = z.infer<typeof changeChannel>;
export type Delivery = z.infer<typeof delivery>;
export type WebhookMessage = z.infer<typeof webhookMessage>;
