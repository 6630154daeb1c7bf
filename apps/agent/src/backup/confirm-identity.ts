// The database must be the registered one: another DBID or DB_UNIQUE_NAME behind the same name fails before anything is written. And it
// must be the root: what a pluggable database shows of itself is no basis for a backup of the whole.
import { type DatabaseFacts } from '@adyton/oracle';
import { RunFailure } from '../runs/run-failure';
import { type Identity, type Planning } from './backup-run';

/** CON_ID of the root of a container database. */
export const ROOT_CONTAINER = 1;

/** @throws RunFailure ADY_PLUGGABLE_DATABASE; AdytonError ADY_DATABASE_IDENTITY_CHANGED; OracleError */
export async function confirmIdentity(
  run: Pick<Planning, 'claimed' | 'controlPlane'>,
  database: Pick<DatabaseFacts, 'identity'>,
): Promise<Identity> {
  const identity = await database.identity();
  if (identity.containerId > ROOT_CONTAINER)
    throw new RunFailure(
      'ADY_PLUGGABLE_DATABASE',
      `the session is in container ${identity.containerId}; a backup needs the root`,
    );
  await run.controlPlane.reportIdentity(run.claimed.database.id, {
    dbid: identity.dbid,
    dbUniqueName: identity.dbUniqueName,
  });
  return identity;
}
