// The first shape of the ledger: a schema of its own, Postgres time behind one function, and the constraints that make double runs,
// double slots and double recovery points impossible whatever the code does.
import { sql, type Kysely, type RawBuilder } from 'kysely';
import { type Migration } from 'kysely/migration';

/** One row that the product only reads: tests and drills move time with it. */
const CLOCK = [
  sql`CREATE TABLE adyton.clock_offset (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    "offset" interval NOT NULL DEFAULT interval '0')`,
  sql`INSERT INTO adyton.clock_offset DEFAULT VALUES`,
  sql`CREATE FUNCTION adyton.now() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS 'SELECT clock_timestamp() + (SELECT o."offset" FROM adyton.clock_offset o)'`,
];

const REGISTERED = [
  sql`CREATE TABLE adyton.hosts (
    id text PRIMARY KEY,
    name text NOT NULL UNIQUE,
    token_sha256 text NOT NULL UNIQUE,
    agent_version text,
    agent_incarnation text,
    last_seen_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT adyton.now())`,
  sql`CREATE TABLE adyton.databases (
    id text PRIMARY KEY,
    name text NOT NULL UNIQUE,
    host_id text NOT NULL REFERENCES adyton.hosts,
    oracle_home text NOT NULL,
    oracle_sid text NOT NULL,
    connect_descriptor text NOT NULL,
    channels integer NOT NULL,
    dbid text,
    db_unique_name text,
    created_at timestamptz NOT NULL DEFAULT adyton.now())`,
  sql`CREATE INDEX databases_of_host ON adyton.databases (host_id)`,
  sql`CREATE TABLE adyton.schedules (
    id text PRIMARY KEY,
    database_id text NOT NULL REFERENCES adyton.databases,
    kind text NOT NULL,
    cron text NOT NULL,
    time_zone text NOT NULL,
    expiry_window_minutes integer NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    next_at timestamptz,
    last_slot_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT adyton.now())`,
  sql`CREATE INDEX schedules_of_database ON adyton.schedules (database_id)`,
  sql`CREATE TABLE adyton.restore_plans (
    id text PRIMARY KEY,
    database_id text NOT NULL REFERENCES adyton.databases,
    base_point_id text NOT NULL,
    until_scn text NOT NULL,
    directory text NOT NULL,
    oracle_sid text NOT NULL,
    document jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT adyton.now())`,
];

const WORK = [
  // schedule_id survives the schedule: what it asked for stays on record
  sql`CREATE TABLE adyton.requests (
    id text PRIMARY KEY,
    database_id text NOT NULL REFERENCES adyton.databases,
    operation text NOT NULL,
    trigger text NOT NULL,
    kind text NOT NULL,
    lane text NOT NULL,
    state text NOT NULL,
    reason jsonb,
    principal text NOT NULL,
    schedule_id text,
    scheduled_at timestamptz,
    expires_at timestamptz,
    claim_by timestamptz,
    replay_of text,
    restore_plan_id text REFERENCES adyton.restore_plans,
    dispatches integer NOT NULL DEFAULT 0,
    dispatched_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT adyton.now(),
    finished_at timestamptz,
    CONSTRAINT one_request_a_slot UNIQUE (schedule_id, scheduled_at))`,
  sql`CREATE INDEX requests_of_database ON adyton.requests (database_id, id DESC)`,
  sql`CREATE INDEX open_requests ON adyton.requests (database_id, lane)
    WHERE state IN ('dispatching', 'waiting_for_agent')`,
  sql`CREATE SEQUENCE adyton.fences`,
  sql`CREATE TABLE adyton.runs (
    id text PRIMARY KEY,
    request_id text NOT NULL REFERENCES adyton.requests,
    database_id text NOT NULL REFERENCES adyton.databases,
    host_id text NOT NULL REFERENCES adyton.hosts,
    operation text NOT NULL,
    lane text NOT NULL,
    attempt integer NOT NULL,
    fence bigint NOT NULL UNIQUE DEFAULT nextval('adyton.fences'),
    state text NOT NULL,
    phase text NOT NULL,
    level text,
    level_reason text,
    reason jsonb,
    agent_incarnation text NOT NULL,
    sbt_token_sha256 text NOT NULL,
    lease_until timestamptz NOT NULL,
    cancel_requested_at timestamptz,
    bytes_expected bigint,
    bytes_read bigint NOT NULL DEFAULT 0,
    bytes_new bigint NOT NULL DEFAULT 0,
    bytes_stored bigint NOT NULL DEFAULT 0,
    pieces_done integer NOT NULL DEFAULT 0,
    plan jsonb,
    scripts jsonb,
    contents jsonb,
    dispatches integer NOT NULL DEFAULT 0,
    dispatched_at timestamptz,
    started_at timestamptz NOT NULL DEFAULT adyton.now(),
    finished_at timestamptz,
    CONSTRAINT one_run_an_attempt UNIQUE (request_id, attempt))`,
  sql`CREATE UNIQUE INDEX one_active_run_a_lane ON adyton.runs (database_id, lane)
    WHERE state IN ('planning', 'running', 'committing')`,
  sql`CREATE INDEX runs_of_database ON adyton.runs (database_id, id DESC)`,
  sql`CREATE TABLE adyton.run_logs (
    run_id text PRIMARY KEY REFERENCES adyton.runs,
    text text NOT NULL)`,
];

const BACKED_UP = [
  sql`CREATE TABLE adyton.pieces (
    database_id text NOT NULL REFERENCES adyton.databases,
    handle text NOT NULL,
    run_id text NOT NULL REFERENCES adyton.runs,
    bytes bigint NOT NULL,
    bytes_new bigint NOT NULL,
    bytes_stored bigint NOT NULL,
    closed_at timestamptz NOT NULL,
    PRIMARY KEY (database_id, handle))`,
  sql`CREATE INDEX pieces_of_run ON adyton.pieces (run_id)`,
  sql`CREATE TABLE adyton.recovery_points (
    id text PRIMARY KEY,
    database_id text NOT NULL REFERENCES adyton.databases,
    run_id text NOT NULL UNIQUE REFERENCES adyton.runs,
    level text NOT NULL,
    tag text NOT NULL,
    resetlogs_scn text NOT NULL,
    consistent_scn text NOT NULL,
    redo_from_scn text NOT NULL,
    manifest_key text NOT NULL,
    manifest_sha256 text NOT NULL,
    totals jsonb NOT NULL,
    contents jsonb NOT NULL,
    state text NOT NULL DEFAULT 'available',
    started_at timestamptz NOT NULL,
    completed_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT adyton.now())`,
  sql`CREATE INDEX recovery_points_of_database ON adyton.recovery_points (database_id, id DESC)`,
  sql`CREATE TABLE adyton.archived_logs (
    recovery_point_id text NOT NULL REFERENCES adyton.recovery_points,
    database_id text NOT NULL REFERENCES adyton.databases,
    resetlogs_scn text NOT NULL,
    thread integer NOT NULL,
    sequence bigint NOT NULL,
    first_scn text NOT NULL,
    next_scn text NOT NULL,
    handle text NOT NULL,
    PRIMARY KEY (recovery_point_id, resetlogs_scn, thread, sequence))`,
  sql`CREATE INDEX archived_logs_of_database ON adyton.archived_logs (database_id, resetlogs_scn, thread, sequence)`,
];

const RECORDS = [
  sql`CREATE TABLE adyton.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    family text NOT NULL,
    host_id text NOT NULL REFERENCES adyton.hosts,
    job_name text NOT NULL,
    payload jsonb NOT NULL,
    job_id text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT adyton.now(),
    relayed_at timestamptz)`,
  sql`CREATE INDEX outbox_to_relay ON adyton.outbox (id) WHERE relayed_at IS NULL`,
  sql`CREATE TABLE adyton.audit_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT adyton.now(),
    principal text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    database_id text,
    reason jsonb,
    detail text)`,
  sql`CREATE INDEX audit_events_of_subject ON adyton.audit_events (subject)`,
  sql`CREATE TABLE adyton.idempotency_keys (
    principal text NOT NULL,
    key text NOT NULL,
    request_sha256 text NOT NULL,
    answer jsonb,
    created_at timestamptz NOT NULL DEFAULT adyton.now(),
    PRIMARY KEY (principal, key))`,
];

export const initial: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const statements: RawBuilder<unknown>[] = [...CLOCK, ...REGISTERED, ...WORK, ...BACKED_UP, ...RECORDS];
    for (const statement of statements) await statement.execute(db);
  },
};
