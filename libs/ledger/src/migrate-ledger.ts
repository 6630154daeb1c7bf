// Brings the ledger's schema up to date. Several processes may start at once: the migrator's own lock lets one of them work.
import { sql } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import { type Ledger } from './ledger';
import { initial } from './migrations/0001-initial';
import { policies } from './migrations/0002-policies';
import { vaultOperations } from './migrations/0003-vault-operations';
import { alerts } from './migrations/0004-alerts';
import { discovery } from './migrations/0005-discovery';
import { externalRuns } from './migrations/0007-external-runs';
import { retention } from './migrations/0008-retention';
import { runInstances } from './migrations/0009-run-instances';
import { keystoreBackups } from './migrations/0010-keystore-backups';
import { runsOfRequests } from './migrations/0011-runs-of-requests';
import { runMoves } from './migrations/0012-run-moves';
import { askedHosts } from './migrations/0013-asked-hosts';
import { dryRunInstances } from './migrations/0014-dry-run-instances';
import { releasedRows } from './migrations/0015-released-rows';
import { endedRows } from './migrations/0016-ended-rows';

/** In order of their names; compiled in, so that no file has to be found at run time. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-initial': initial,
  '0002-policies': policies,
  '0003-vault-operations': vaultOperations,
  '0004-alerts': alerts,
  '0005-discovery': discovery,
  '0007-external-runs': externalRuns,
  '0008-retention': retention,
  '0009-run-instances': runInstances,
  '0010-keystore-backups': keystoreBackups,
  '0011-runs-of-requests': runsOfRequests,
  '0012-run-moves': runMoves,
  '0013-asked-hosts': askedHosts,
  '0014-dry-run-instances': dryRunInstances,
  '0015-released-rows': releasedRows,
  '0016-ended-rows': endedRows,
};

/** @returns names of the migrations that were applied now. @throws the first error; nothing of a failed set stays. */
export async function migrateLedger(ledger: Ledger): Promise<string[]> {
  const migrator = new Migrator({
    db: ledger.session,
    provider: { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) },
    migrationTableSchema: 'adyton',
    migrationTableName: 'migrations',
    migrationLockTableName: 'migrations_lock',
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined)
    throw error instanceof Error ? error : new Error('a migration failed', { cause: error });
  return (results ?? []).map((r) => r.migrationName);
}

/** Names of migrations this program knows and the ledger does not have yet. */
export async function pendingMigrations(ledger: Ledger): Promise<string[]> {
  const applied = new Set(await appliedMigrations(ledger));
  return Object.keys(MIGRATIONS).filter((name) => !applied.has(name));
}

async function appliedMigrations(ledger: Ledger): Promise<string[]> {
  const { rows } = await sql<{ there: boolean }>`
    SELECT to_regclass('adyton.migrations') IS NOT NULL AS there`.execute(ledger.session);
  if (rows[0]?.there !== true) return [];
  const applied = await ledger.session
    .withTables<{ migrations: { name: string } }>()
    .selectFrom('migrations')
    .select('name')
    .execute();
  return applied.map((row) => row.name);
}
