// What agents saw on their hosts, the databases that were made of it, and what changed from one look to the next.
import { sql, type Kysely } from 'kysely';
import { type Migration } from 'kysely/migration';

const STATEMENTS = [
  sql`CREATE TABLE adyton.discoveries (
    id text PRIMARY KEY,
    host_id text NOT NULL REFERENCES adyton.hosts,
    trigger text NOT NULL,
    principal text NOT NULL,
    state text NOT NULL,
    reason jsonb,
    report jsonb,
    complete boolean NOT NULL DEFAULT false,
    dispatches integer NOT NULL DEFAULT 0,
    dispatched_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT adyton.now(),
    finished_at timestamptz)`,
  sql`CREATE INDEX discoveries_of_host ON adyton.discoveries (host_id, id DESC)`,
  // an agent looks once at a time
  sql`CREATE UNIQUE INDEX one_open_discovery_a_host ON adyton.discoveries (host_id) WHERE state = 'requested'`,
  sql`CREATE TABLE adyton.found_databases (
    id text PRIMARY KEY,
    dbid text NOT NULL,
    db_name text NOT NULL,
    db_unique_name text NOT NULL,
    resetlogs_scn text NOT NULL,
    state text NOT NULL,
    duplicate boolean NOT NULL,
    place_host_id text NOT NULL REFERENCES adyton.hosts,
    place_sid text NOT NULL,
    place_oracle_home text NOT NULL,
    database_id text REFERENCES adyton.databases,
    first_seen_at timestamptz NOT NULL DEFAULT adyton.now(),
    last_seen_at timestamptz NOT NULL DEFAULT adyton.now(),
    CONSTRAINT one_found_database_a_name UNIQUE (dbid, db_unique_name))`,
  sql`CREATE TABLE adyton.found_instances (
    found_database_id text NOT NULL REFERENCES adyton.found_databases,
    host_id text NOT NULL REFERENCES adyton.hosts,
    sid text NOT NULL,
    oracle_home text NOT NULL,
    state text NOT NULL,
    connect_descriptor text,
    last_seen_at timestamptz NOT NULL DEFAULT adyton.now(),
    PRIMARY KEY (found_database_id, host_id, sid))`,
  sql`CREATE TABLE adyton.discovery_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT adyton.now(),
    discovery_id text NOT NULL,
    host_id text NOT NULL REFERENCES adyton.hosts,
    kind text NOT NULL,
    found_database_id text NOT NULL REFERENCES adyton.found_databases,
    database_id text,
    db_unique_name text NOT NULL,
    detail text NOT NULL)`,
];

export const discovery: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await statement.execute(db);
  },
};
