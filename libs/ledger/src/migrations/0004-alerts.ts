// Alerts, the channels that are told about them, and every delivery with its attempts. Ids of these rows are made here, because they come
// into being deep inside the transactions of other things.
import { sql, type Kysely } from 'kysely';
import { type Migration } from 'kysely/migration';

/** A ULID by Postgres time, so that ids sort as the rows came; 79 of its 80 random bits are random. */
const NEW_ID = sql`CREATE FUNCTION adyton.new_id(prefix text) RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT prefix || '_'
    || (SELECT string_agg(substr(letters, (ms >> (5 * (9 - i)) & 31)::int + 1, 1), '' ORDER BY i) FROM generate_series(0, 9) i)
    || (SELECT string_agg(substr(letters, (get_byte(random, i) & 31) + 1, 1), '' ORDER BY i) FROM generate_series(0, 15) i)
  FROM (SELECT '0123456789ABCDEFGHJKMNPQRSTVWXYZ' AS letters,
    floor(extract(epoch FROM adyton.now()) * 1000)::bigint AS ms,
    uuid_send(gen_random_uuid()) AS random) parts $$`;

const STATEMENTS = [
  NEW_ID,
  sql`CREATE TABLE adyton.alerts (
    id text PRIMARY KEY DEFAULT adyton.new_id('alr'),
    kind text NOT NULL,
    subject text NOT NULL,
    severity text NOT NULL,
    state text NOT NULL,
    database_id text REFERENCES adyton.databases,
    host_id text REFERENCES adyton.hosts,
    detail text NOT NULL,
    reason jsonb,
    count integer NOT NULL DEFAULT 1,
    first_seen_at timestamptz NOT NULL DEFAULT adyton.now(),
    last_seen_at timestamptz NOT NULL DEFAULT adyton.now(),
    acknowledged_at timestamptz,
    acknowledged_by text,
    note text,
    resolved_at timestamptz,
    resolved_by text,
    resolution text)`,
  sql`CREATE UNIQUE INDEX one_unresolved_alert ON adyton.alerts (kind, subject)
    WHERE state IN ('open', 'acknowledged')`,
  sql`CREATE INDEX alerts_of_database ON adyton.alerts (database_id, id DESC)`,
  sql`CREATE TABLE adyton.notification_channels (
    id text PRIMARY KEY,
    name text NOT NULL UNIQUE,
    kind text NOT NULL,
    url text NOT NULL,
    min_severity text NOT NULL,
    enabled boolean NOT NULL,
    secret_sealed bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT adyton.now())`,
  sql`CREATE TABLE adyton.deliveries (
    id text PRIMARY KEY DEFAULT adyton.new_id('ntf'),
    channel_id text NOT NULL REFERENCES adyton.notification_channels ON DELETE CASCADE,
    alert_id text REFERENCES adyton.alerts ON DELETE CASCADE,
    event text NOT NULL,
    state text NOT NULL,
    body text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT adyton.now(),
    dispatches integer NOT NULL DEFAULT 0,
    dispatched_at timestamptz,
    reason jsonb,
    created_at timestamptz NOT NULL DEFAULT adyton.now(),
    finished_at timestamptz)`,
  sql`CREATE INDEX deliveries_of_channel ON adyton.deliveries (channel_id, id DESC)`,
  sql`CREATE INDEX deliveries_of_alert ON adyton.deliveries (alert_id)`,
  sql`CREATE INDEX pending_deliveries ON adyton.deliveries (id) WHERE state = 'pending'`,
  sql`CREATE TABLE adyton.delivery_attempts (
    delivery_id text NOT NULL REFERENCES adyton.deliveries ON DELETE CASCADE,
    attempt integer NOT NULL,
    at timestamptz NOT NULL DEFAULT adyton.now(),
    http_status integer,
    code text,
    detail text,
    duration_ms integer,
    PRIMARY KEY (delivery_id, attempt))`,
  // the newest slots of a database and lane, asked for again and again
  sql`CREATE INDEX requests_by_slot ON adyton.requests (database_id, lane, scheduled_at DESC)
    WHERE schedule_id IS NOT NULL`,
];

export const alerts: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await statement.execute(db);
  },
};
