// Runs of people who write RMAN's script themselves: how long they may pause, whether channels are open, and how their end comes about.
import { sql, type Kysely } from 'kysely';
import { type Migration } from 'kysely/migration';

const STATEMENTS = [
  sql`ALTER TABLE adyton.requests ADD COLUMN idle_minutes integer`,
  sql`ALTER TABLE adyton.runs
    ADD COLUMN idle_minutes integer,
    ADD COLUMN channels_open integer NOT NULL DEFAULT 0,
    ADD COLUMN channels_seen_at timestamptz,
    ADD COLUMN close_requested_at timestamptz,
    ADD COLUMN sealed_at timestamptz`,
];

export const externalRuns: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await statement.execute(db);
  },
};
