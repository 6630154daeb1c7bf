// Runs over several instances of a cluster: who takes part and how they are, and what each host tells of its bytes.
import { sql, type Kysely } from 'kysely';
import { type Migration } from 'kysely/migration';

const STATEMENTS = [
  sql`CREATE TABLE adyton.run_instances (
    run_id text NOT NULL REFERENCES adyton.runs ON DELETE CASCADE,
    sid text NOT NULL,
    host_id text NOT NULL REFERENCES adyton.hosts,
    oracle_home text NOT NULL,
    connect_descriptor text NOT NULL,
    state text NOT NULL,
    sbt_token_sha256 text,
    place jsonb,
    checks jsonb NOT NULL DEFAULT '[]',
    detail text,
    seen_at timestamptz NOT NULL DEFAULT adyton.now(),
    PRIMARY KEY (run_id, sid))`,
  sql`CREATE INDEX run_instances_of_host ON adyton.run_instances (host_id)`,
  sql`CREATE TABLE adyton.run_ingest (
    run_id text NOT NULL REFERENCES adyton.runs ON DELETE CASCADE,
    host_id text NOT NULL REFERENCES adyton.hosts,
    bytes_read bigint NOT NULL,
    bytes_new bigint NOT NULL,
    bytes_stored bigint NOT NULL,
    PRIMARY KEY (run_id, host_id))`,
  sql`ALTER TABLE adyton.runs ADD COLUMN writer_session text`,
];

export const runInstances: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await statement.execute(db);
  },
};
