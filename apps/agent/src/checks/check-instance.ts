// Pre-checks of the run's own instance and its host. They come before all others, which may make RMAN change its records: an instance that fails
// one leaves the run to the next instance of its cluster.
import { type Identity, type Planning } from '../backup/backup-run';
import { targetLogin } from '../rman/target-login';
import { checkHost, checkOpen } from './check-host';
import { type Check } from './check-that';

export async function checkInstance(
  { config, claimed }: Pick<Planning, 'config' | 'claimed'>,
  identity: Identity,
): Promise<Check[]> {
  const { database, kind, otherInstances } = claimed;
  const { oracleHome, oracleSid } = database;
  // as RMAN logs in when other instances have channels too
  const isShared = otherInstances.length > 0 && kind !== 'archivelog';
  const login = async () => (isShared ? targetLogin({ claimed, config }) : null);
  const channel = { oracleHome, oracleSid, connect: null, login };
  return [checkOpen(identity), ...(await checkHost(config, oracleHome, channel))];
}
