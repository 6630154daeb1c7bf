/** Where everything of a simulated host lies: one base directory with an Oracle home, data, recovery area and truth marks. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** oracle_home/dbs/lab_<SID>.json: how a local client finds the instance. */
export interface InstanceFile {
  sid: string;
  dbUniqueName: string;
  base: string;
  /** Absolute path of the instance's Unix socket, under 100 bytes. */
  ipcSocket: string;
  /** 0 = any free port, told by the instance when it opens. */
  listenerPort: number;
  service: string;
  controlFiles: string[];
  /** Loopback address of the host; absent = 127.0.0.1. */
  host?: string;
}

/** Paths below a base directory. */
export const hostPaths = {
  oracleHome: (base: string) => join(base, 'oracle_home'),
  bin: (base: string) => join(base, 'oracle_home', 'bin'),
  /** Below the home itself, not the base. */
  networkAdmin: (oracleHome: string) => join(oracleHome, 'network', 'admin'),
  dbs: (base: string) => join(base, 'oracle_home', 'dbs'),
  oradata: (base: string, sid: string) => join(base, 'oradata', sid),
  archive: (base: string, sid: string) => join(base, 'fra', sid, 'archivelog'),
  truth: (base: string) => join(base, 'truth'),
  oratab: (base: string) => join(base, 'etc', 'oratab'),
};

/** Path of oracle_home/dbs/lab_<SID>.json. */
export function instanceFilePath(oracleHome: string, sid: string): string {
  return join(oracleHome, 'dbs', `lab_${sid}.json`);
}

/** Path of oracle_home/dbs/orapw<SID>.json. */
export function passwordFilePath(oracleHome: string, sid: string): string {
  return join(oracleHome, 'dbs', `orapw${sid}.json`);
}

/** Reads lab_<SID>.json; undefined when this home knows no such instance. */
export function readInstanceFile(oracleHome: string, sid: string): InstanceFile | undefined {
  const path = instanceFilePath(oracleHome, sid);
  if (!existsSync(path)) return undefined;
  return JSON.parse(readFileSync(path, 'utf8')) as InstanceFile;
}

/** All instances a home knows. */
export function instancesOf(oracleHome: string): InstanceFile[] {
  return readdirSync(join(oracleHome, 'dbs')).flatMap((name) => {
    const sid = /^lab_(.+)\.json$/.exec(name)?.[1];
    const file = sid === undefined ? undefined : readInstanceFile(oracleHome, sid);
    return file === undefined ? [] : [file];
  });
}

/** Writes lab_<SID>.json. */
export function writeInstanceFile(oracleHome: string, file: InstanceFile): void {
  writeFileSync(instanceFilePath(oracleHome, file.sid), JSON.stringify(file, null, 2) + '\n');
}
