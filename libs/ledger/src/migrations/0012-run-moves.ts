// Runs that left an instance which was not eligible: from where to where, why, and whether the agent of the new host took them over. Between the
// two a run has no SBT token: nobody may open a channel for it.
import { sql, type Kysely } from 'kysely';
import { type Migration } from 'kysely/migration';

const STATEMENTS = [
  sql`CREATE TABLE adyton.run_moves (
    run_id text NOT NULL REFERENCES adyton.runs ON DELETE CASCADE,
    fence bigint NOT NULL,
    from_sid text NOT NULL,
    from_host_id text NOT NULL REFERENCES adyton.hosts,
    to_sid text NOT NULL,
    to_host_id text NOT NULL REFERENCES adyton.hosts,
    to_oracle_home text NOT NULL,
    to_connect_descriptor text NOT NULL,
    reason jsonb NOT NULL,
    moved_at timestamptz NOT NULL DEFAULT adyton.now(),
    taken_at timestamptz,
    dispatches integer NOT NULL DEFAULT 0,
    dispatched_at timestamptz,
    PRIMARY KEY (run_id, fence))`,
  sql`CREATE INDEX untaken_moves ON adyton.run_moves (run_id) WHERE taken_at IS NULL`,
  sql`ALTER TABLE adyton.runs ALTER COLUMN sbt_token_sha256 DROP NOT NULL`,
];

export const runMoves: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await statement.execute(db);
  },
};
