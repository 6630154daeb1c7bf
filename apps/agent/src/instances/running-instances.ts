// Which instances the cluster itself lists, asked of the primary over a connection of its own: the run's may be waiting for something.
import { connectDatabase, readCredentials } from '@adyton/oracle';
import { type BackupRun } from '../backup/backup-run';

/** GV$ views ask every instance: one that hangs must not hold up the answer about the others, ms. */
const CALL_TIMEOUT_MS = 5_000;

/** @returns names in capitals. @throws OracleError */
export async function runningInstances({
  claimed,
  config,
}: Pick<BackupRun, 'claimed' | 'config'>): Promise<ReadonlySet<string>> {
  const database = await connectDatabase({
    connectDescriptor: claimed.database.connectDescriptor,
    credentials: await readCredentials(config.ADYTON_ORACLE_CREDENTIALS_FILE),
    callTimeoutMs: CALL_TIMEOUT_MS,
    connectTimeoutMs: CALL_TIMEOUT_MS,
  });
  try {
    return new Set((await database.instances()).map((name) => name.toUpperCase()));
  } finally {
    await database.close();
  }
}
