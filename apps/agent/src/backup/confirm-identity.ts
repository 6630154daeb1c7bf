// The database must be the registered one: another DBID or DB_UNIQUE_NAME behind the same name fails before anything is written.
import { type DatabaseFacts } from '@adyton/oracle';
import { type BackupRun, type Identity } from './backup-run';

/** @throws AdytonError ADY_DATABASE_IDENTITY_CHANGED; OracleError */
export async function confirmIdentity(run: BackupRun, database: DatabaseFacts): Promise<Identity> {
  const identity = await database.identity();
  await run.controlPlane.reportIdentity(run.claimed.database.id, {
    dbid: identity.dbid,
    dbUniqueName: identity.dbUniqueName,
  });
  return identity;
}
