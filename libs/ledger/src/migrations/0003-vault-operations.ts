// Operations on the vault, what of it was verified when, and jobs for a queue that no host owns.
import { sql, type Kysely } from 'kysely';
import { type Migration } from 'kysely/migration';

const STATEMENTS = [
  sql`ALTER TABLE adyton.outbox ALTER COLUMN host_id DROP NOT NULL`,
  sql`CREATE TABLE adyton.vault_operations (
    id text PRIMARY KEY,
    kind text NOT NULL,
    options jsonb NOT NULL,
    state text NOT NULL,
    reason jsonb,
    progress jsonb NOT NULL,
    report jsonb,
    principal text NOT NULL,
    claim_by timestamptz NOT NULL,
    lease_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT adyton.now(),
    started_at timestamptz,
    finished_at timestamptz)`,
  // two verifies would do the same work twice, two rebuilds would undo each other
  sql`CREATE UNIQUE INDEX one_open_operation_a_kind ON adyton.vault_operations (kind)
    WHERE state IN ('requested', 'running')`,
  sql`ALTER TABLE adyton.pieces ADD COLUMN lost_at timestamptz`,
  sql`CREATE TABLE adyton.vault_verified (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    state jsonb NOT NULL)`,
];

export const vaultOperations: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of STATEMENTS) await statement.execute(db);
  },
};
