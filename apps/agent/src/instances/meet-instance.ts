// On a cluster the run's own instance says who it is within the time that the others get: one that hangs costs its time, and not the run. A
// database of one instance is given all the time it needs.
import { type BackupRun } from '../backup/backup-run';
import { openDatabase } from '../backup/open-database';

/** Of the time for the checks of an instance: what the login may take, and then the first answer. */
const SHARE = 1 / 2;

/** @throws OracleError when it does not */
export async function meetInstance(run: BackupRun): Promise<void> {
  if (run.claimed.otherInstances.length === 0) return;
  const limitMs = run.config.ADYTON_INSTANCE_CHECK_SECONDS * 1000 * SHARE;
  await using database = await openDatabase(run, { connectTimeoutMs: limitMs, callTimeoutMs: limitMs });
  await database.identity();
}
