// What ended long ago is looked for by its age, and what still refers to it by its name. RMAN's output leaves a mark of when it went.
import { sql, type Kysely } from 'kysely';
import { type Migration } from 'kysely/migration';

const STATEMENTS = [
  sql`ALTER TABLE adyton.run_logs ADD COLUMN pruned_at timestamptz`,
  sql`CREATE INDEX kept_run_logs ON adyton.run_logs (run_id) WHERE pruned_at IS NULL`,
  sql`CREATE INDEX requests_ended ON adyton.requests (finished_at) WHERE finished_at IS NOT NULL`,
  sql`CREATE INDEX requests_that_replay ON adyton.requests (replay_of) WHERE replay_of IS NOT NULL`,
  sql`CREATE INDEX requests_of_plans ON adyton.requests (restore_plan_id) WHERE restore_plan_id IS NOT NULL`,
  sql`CREATE INDEX audit_events_by_age ON adyton.audit_events (at)`,
];

export const endedRows: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await statement.execute(db);
  },
};
