// Retention carried out: recovery points with a grace time and holds, pieces on their way out, and what their RMAN was asked.
import { sql, type Kysely } from 'kysely';
import { type Migration } from 'kysely/migration';

const STATEMENTS = [
  sql`ALTER TABLE adyton.recovery_points
    ADD COLUMN expiring_until timestamptz,
    ADD COLUMN expiring_from text,
    ADD COLUMN expiring_by text,
    ADD COLUMN expired_at timestamptz,
    ADD COLUMN reviewed_at timestamptz,
    ADD COLUMN vault_expired_at timestamptz,
    ADD COLUMN held_since timestamptz,
    ADD COLUMN held_by text,
    ADD COLUMN hold_reason text,
    ADD COLUMN lacks_files boolean NOT NULL
      GENERATED ALWAYS AS (coalesce(jsonb_array_length(contents->'leftOut') > 0, false)) STORED`,
  sql`ALTER TABLE adyton.pieces
    ADD COLUMN release_state text NOT NULL DEFAULT 'kept',
    ADD COLUMN release_changed_at timestamptz`,
  // few at any time, looked for again and again
  sql`CREATE INDEX pieces_on_their_way_out ON adyton.pieces (database_id, release_state)
    WHERE release_state IN ('under_review', 'uncatalog_pending', 'uncataloged')`,
  sql`CREATE INDEX points_on_their_way_out ON adyton.recovery_points (database_id)
    WHERE state = 'expiring' OR (state = 'expired' AND vault_expired_at IS NULL)`,
  sql`ALTER TABLE adyton.runs ADD COLUMN partial_expired_at timestamptz`,
  sql`CREATE INDEX runs_that_left_pieces ON adyton.runs (database_id, finished_at)
    WHERE state IN ('failed', 'cancelled') AND operation = 'backup' AND partial_expired_at IS NULL`,
  sql`CREATE TABLE adyton.release_sites (
    database_id text PRIMARY KEY REFERENCES adyton.databases,
    dispatches integer NOT NULL DEFAULT 0,
    dispatched_at timestamptz,
    reason jsonb,
    forgotten_at timestamptz,
    forgotten_by text)`,
];

export const retention: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await statement.execute(db);
  },
};
