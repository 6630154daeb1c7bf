// What is released is looked for by its age, in tables that are large for other reasons.
import { sql, type Kysely } from 'kysely';
import { type Migration } from 'kysely/migration';

const STATEMENTS = [
  sql`CREATE INDEX pieces_released ON adyton.pieces (release_changed_at) WHERE release_state = 'released'`,
  sql`CREATE INDEX points_left_vault ON adyton.recovery_points (vault_expired_at) WHERE state = 'expired'`,
];

export const releasedRows: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await statement.execute(db);
  },
};
