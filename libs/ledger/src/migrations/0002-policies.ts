// One policy per database, schedules with jitter and a rule for slots that nobody saw in time, dry runs, and progress that only grows.
import { sql, type Kysely, type RawBuilder } from 'kysely';
import { type Migration } from 'kysely/migration';

const STATEMENTS: RawBuilder<unknown>[] = [
  sql`CREATE TABLE adyton.policies (
    database_id text PRIMARY KEY REFERENCES adyton.databases,
    document jsonb NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT adyton.now(),
    changed_by text NOT NULL)`,
  sql`ALTER TABLE adyton.schedules
    ADD COLUMN jitter_seconds integer NOT NULL DEFAULT 0,
    ADD COLUMN misfire text NOT NULL DEFAULT 'run-once',
    ADD COLUMN of_policy boolean NOT NULL DEFAULT false`,
  sql`CREATE TABLE adyton.dry_runs (
    id text PRIMARY KEY,
    database_id text NOT NULL REFERENCES adyton.databases,
    kind text NOT NULL,
    plan jsonb,
    scripts jsonb,
    reason jsonb,
    created_at timestamptz NOT NULL DEFAULT adyton.now(),
    answered_at timestamptz)`,
  sql`CREATE INDEX dry_runs_by_age ON adyton.dry_runs (created_at)`,
  sql`ALTER TABLE adyton.runs ADD COLUMN percent_done integer NOT NULL DEFAULT 0`,
];

export const policies: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await statement.execute(db);
  },
};
