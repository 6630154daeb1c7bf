// A ledger that took a later migration first, on a real Postgres.
import { sql } from 'kysely';
import { migrateLedger, pendingMigrations } from './migrate-ledger';
import { openLedgerFixture, type LedgerFixture } from './testing/ledger-fixture';

let fixture: LedgerFixture;
beforeAll(async () => {
  fixture = await openLedgerFixture();
}, 60_000);
afterAll(() => fixture.close());

const LATE = '0006-retention';

it('takes a migration that came after a later one, once', async () => {
  const { ledger } = fixture;
  for (const statement of [
    sql`DELETE FROM adyton.migrations WHERE name = ${LATE}`,
    sql`DROP TABLE adyton.release_sites`,
    sql`ALTER TABLE adyton.runs DROP COLUMN partial_expired_at`,
    sql`ALTER TABLE adyton.pieces DROP COLUMN release_state, DROP COLUMN release_changed_at`,
    sql`ALTER TABLE adyton.recovery_points DROP COLUMN expiring_until, DROP COLUMN expiring_from, DROP COLUMN expiring_by,
      DROP COLUMN expired_at, DROP COLUMN reviewed_at, DROP COLUMN vault_expired_at, DROP COLUMN held_since,
      DROP COLUMN held_by, DROP COLUMN hold_reason, DROP COLUMN lacks_files`,
    sql`DROP INDEX IF EXISTS adyton.points_on_their_way_out`,
  ])
    await statement.execute(ledger.session);
  expect(await pendingMigrations(ledger)).toEqual([LATE]);
  expect(await migrateLedger(ledger)).toEqual([LATE]);
  expect(await migrateLedger(ledger)).toEqual([]);
});
