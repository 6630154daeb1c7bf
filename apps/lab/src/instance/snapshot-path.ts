/** Where the snapshot of the control file lies that a backup of it reads. */
import { join } from 'node:path';
import { type Instance } from './instance';
import { OraError } from './ora-error';

/** As configured, else in the home. Throws ORA-00245 in a cluster when the other instances cannot see it. */
export function snapshotPath(instance: Instance): string {
  const { oracleHome, sid, cluster, base } = instance.options;
  const { rmanConfiguration } = instance.store().current;
  const configured = rmanConfiguration.find(({ name }) => name === 'SNAPSHOT CONTROLFILE NAME')?.value;
  const [, path = join(oracleHome, 'dbs', `snapcf_${sid}.f`)] = /'([^']+)'/.exec(configured ?? '') ?? [];
  const isShared = SHARED_DIRECTORIES.some((directory) => path.startsWith(join(base, directory, '/')));
  if (cluster !== undefined && !isShared) {
    throw new OraError(
      245,
      'control file backup failed; in Oracle RAC, target might not be on shared storage',
    );
  }
  return path;
}

/** Below the directory of a cluster: what all its hosts see. */
const SHARED_DIRECTORIES = ['oradata', 'fra'];
