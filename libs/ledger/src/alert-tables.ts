// The tables of alerts and their delivery as types, for the query builder.
import { type AlertKind, type Reason } from '@adyton/contracts';
import {
  type AlertId,
  type AlertSeverity,
  type AlertState,
  type ChannelId,
  type DatabaseId,
  type DeliveryId,
  type DeliveryState,
  type HostId,
  type NotificationEvent,
} from '@adyton/domain';
import { type ColumnType, type Generated } from 'kysely';

type JsonReason = ColumnType<Reason, string, string> | null;

export interface AlertsTable {
  id: Generated<AlertId>;
  kind: AlertKind;
  subject: string;
  severity: AlertSeverity;
  state: AlertState;
  database_id: DatabaseId | null;
  host_id: HostId | null;
  detail: string;
  reason: JsonReason;
  count: Generated<number>;
  first_seen_at: Generated<Date>;
  last_seen_at: Generated<Date>;
  acknowledged_at: Generated<Date | null>;
  acknowledged_by: Generated<string | null>;
  note: Generated<string | null>;
  resolved_at: Generated<Date | null>;
  resolved_by: Generated<string | null>;
  resolution: Generated<string | null>;
}

export interface ChannelsTable {
  id: ChannelId;
  name: string;
  kind: 'webhook';
  url: string;
  min_severity: AlertSeverity;
  enabled: boolean;
  /** Sealed under a key of the vault. */
  secret_sealed: Buffer;
  created_at: Generated<Date>;
}

export interface DeliveriesTable {
  id: Generated<DeliveryId>;
  channel_id: ChannelId;
  /** Null for a test. */
  alert_id: AlertId | null;
  event: NotificationEvent;
  state: DeliveryState;
  /** The message as it was when it happened; every attempt sends the same bytes. */
  body: string;
  attempts: Generated<number>;
  next_attempt_at: Generated<Date>;
  dispatches: Generated<number>;
  dispatched_at: Generated<Date | null>;
  reason: JsonReason;
  created_at: Generated<Date>;
  finished_at: Generated<Date | null>;
}

export interface DeliveryAttemptsTable {
  delivery_id: DeliveryId;
  attempt: number;
  at: Generated<Date>;
  http_status: Generated<number | null>;
  code: Generated<string | null>;
  detail: Generated<string | null>;
  duration_ms: Generated<number | null>;
}
