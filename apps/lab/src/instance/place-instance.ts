/** Gives an instance its place on the host: the file that tells local clients where its socket, its listener and its control file are. */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostPaths, type InstanceFile, writeInstanceFile } from './oracle-home';

/** Linux allows 108 bytes for a socket's path. */
export const SOCKET_PATH_BYTES_MAX = 100;

type Place = Pick<InstanceFile, 'sid' | 'dbUniqueName' | 'service' | 'listenerPort'>;

/** Writes dbs/lab_<SID>.json. */
export function placeInstance(base: string, place: Place): InstanceFile {
  const { sid } = place;
  mkdirSync(hostPaths.dbs(base), { recursive: true });
  const file: InstanceFile = {
    ...place,
    base,
    ipcSocket: socketPath(base, sid),
    controlFiles: [join(hostPaths.oradata(base, sid), 'control01.ctl')],
  };
  writeInstanceFile(hostPaths.oracleHome(base), file);
  return file;
}

/** Beside the instance file when that is short enough for a socket, else in a directory of its own. */
function socketPath(base: string, sid: string): string {
  const near = join(hostPaths.dbs(base), `lab_${sid}.sock`);
  if (Buffer.byteLength(near) <= SOCKET_PATH_BYTES_MAX) return near;
  return join(mkdtempSync(join(tmpdir(), 'ady-')), `${sid}.sock`);
}
