// The other instances of a cluster in a dry run: their hosts are asked as for a run, and tell of their checks.
import { sql, type Kysely } from 'kysely';
import { type Migration } from 'kysely/migration';

export const dryRunInstances: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`CREATE TABLE adyton.dry_run_instances (
      dry_run_id text NOT NULL REFERENCES adyton.dry_runs ON DELETE CASCADE,
      sid text NOT NULL,
      host_id text NOT NULL REFERENCES adyton.hosts,
      oracle_home text NOT NULL,
      connect_descriptor text NOT NULL,
      state text NOT NULL,
      place jsonb,
      checks jsonb NOT NULL DEFAULT '[]',
      PRIMARY KEY (dry_run_id, sid))`.execute(db);
  },
};
