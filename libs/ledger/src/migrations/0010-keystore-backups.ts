// Which master keys of encrypted tablespaces somebody has recorded as backed up outside the database.
import { sql, type Kysely } from 'kysely';
import { type Migration } from 'kysely/migration';

export const keystoreBackups: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`CREATE TABLE adyton.keystore_backups (
      database_id text NOT NULL REFERENCES adyton.databases,
      key_id text NOT NULL,
      recorded_at timestamptz NOT NULL DEFAULT adyton.now(),
      recorded_by text NOT NULL,
      note text,
      PRIMARY KEY (database_id, key_id))`.execute(db);
  },
};
