// Whose agent a request was last rung at: that of the registered host, or of another instance's host that stands in for it.
import { sql, type Kysely } from 'kysely';
import { type Migration } from 'kysely/migration';

export const askedHosts: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`ALTER TABLE adyton.requests ADD COLUMN asked_host_id text REFERENCES adyton.hosts`.execute(db);
  },
};
