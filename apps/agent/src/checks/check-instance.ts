// Pre-checks of the run's own instance and its host. They come before all others, which may make RMAN open channels: an instance that fails one
// leaves the run to the next instance of its cluster.
import { join } from 'node:path';
import { type Identity, type Planning } from '../backup/backup-run';
import { checkHost, checkOpen } from './check-host';
import { checkThat, type Check } from './check-that';
import { isExecutable } from './look-at-host';

export async function checkInstance(
  { config, claimed }: Pick<Planning, 'config' | 'claimed'>,
  identity: Identity,
): Promise<Check[]> {
  const rman = join(claimed.database.oracleHome, 'bin', 'rman');
  return [
    checkOpen(identity),
    checkThat('rman', await isExecutable(rman), rman),
    ...(await checkHost(config)),
  ];
}
