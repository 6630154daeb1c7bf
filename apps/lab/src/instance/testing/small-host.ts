// A small database on a host of its own for specs that run an instance in their process.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createDatabase } from '../../engine/create-database';
import { createPasswordFile } from '../../listener/password-file';
import { hostPaths, type InstanceFile, passwordFilePath, writeInstanceFile } from '../oracle-home';

export const SID = 'ORCL';
export const PASSWORD = 'Lab_password_1';
const MIB = 1024 * 1024;

/** Data files of 8 MiB, the users `c##adyton` (SYSBACKUP) and `mon` (reads the dictionary); nothing runs yet. */
export async function createSmallHost(base: string, now: () => Date): Promise<InstanceFile> {
  const oracleHome = hostPaths.oracleHome(base);
  mkdirSync(hostPaths.dbs(base), { recursive: true });
  const controlFiles = [join(hostPaths.oradata(base, SID), 'control01.ctl')];
  await createDatabase({
    ...{ oradata: hostPaths.oradata(base, SID), dbName: SID, dbUniqueName: 'orcl', dbid: 77, controlFiles },
    ...{ totalBytes: 8 * MIB, redoLogBytes: MIB, seed: 3, now },
  });
  const file = {
    ...{ sid: SID, dbUniqueName: 'orcl', base, ipcSocket: join(base, 's.sock'), listenerPort: 0 },
    ...{ service: 'orcl', controlFiles },
  };
  writeInstanceFile(oracleHome, file);
  await createPasswordFile(passwordFilePath(oracleHome, SID), [
    { name: 'c##adyton', password: PASSWORD, privileges: ['SYSBACKUP'] },
    { name: 'mon', password: PASSWORD, privileges: ['CREATE SESSION', 'SELECT_CATALOG_ROLE'] },
  ]);
  return file;
}
