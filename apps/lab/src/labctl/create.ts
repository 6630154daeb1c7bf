/** labctl create: a host with one database, ready to be started. */
import { existsSync, readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { createDatabase } from '../engine/create-database';
import { hostPaths, type InstanceFile, instanceFilePath, passwordFilePath } from '../instance/oracle-home';
import { createPasswordFile, type NewPasswordUser } from '../listener/password-file';
import { prepareHost, registerInstance, writeServerParameters } from './oracle-host';
import { UsageError } from './usage-error';

export interface CreateOptions {
  base: string;
  sid: string;
  dbUniqueName?: string;
  totalBytes: number;
  redoLogBytes: number;
  seed?: number;
  dbid?: number;
  port?: number;
  service?: string;
  sysPasswordFile?: string;
  backupUser?: string;
  backupPasswordFile?: string;
  now: () => Date;
  /** Pluggable databases; absent = no containers. */
  pdbs?: number;
  /** Tablespaces of every block size, a bigfile one and an encrypted one. */
  mixed?: true;
  noarchivelog?: true;
  /** DB_RECOVERY_FILE_DEST_SIZE. */
  recoveryAreaSize?: number;
}

const MIB = 1024 * 1024;

/** Creates everything; the base directory may exist, the database must not. */
export async function create(options: CreateOptions): Promise<Record<string, unknown>> {
  const { base, sid, now } = options;
  if (!/^[A-Z][A-Z0-9_]{0,7}$/i.test(sid)) throw new UsageError(`not a SID: ${sid}`);
  if (existsSync(instanceFilePath(hostPaths.oracleHome(base), sid)))
    throw new UsageError(`${base} already has ${sid}`);
  const users = passwordUsers(options);
  prepareHost(base);
  const dbName = sid.toUpperCase();
  const dbUniqueName = options.dbUniqueName ?? sid.toLowerCase();
  const startedMs = now().getTime();
  const oradata = hostPaths.oradata(base, sid);
  const { bytes, controlFile } = await createDatabase({
    oradata,
    dbName,
    dbUniqueName,
    dbid: options.dbid ?? randomBytes(4).readUInt32LE(0),
    controlFiles: [`${oradata}/control01.ctl`],
    totalBytes: options.totalBytes,
    redoLogBytes: options.redoLogBytes,
    seed: options.seed ?? randomBytes(4).readUInt32LE(0),
    now,
    ...(options.pdbs === undefined ? {} : { pdbs: options.pdbs }),
    mixed: options.mixed === true,
    logMode: options.noarchivelog === true ? 'NOARCHIVELOG' : 'ARCHIVELOG',
  });
  const elapsedMs = now().getTime() - startedMs;
  const file = await registerInstance(base, {
    sid,
    dbUniqueName,
    service: options.service ?? dbUniqueName,
    port: options.port,
  });
  await createPasswordFile(passwordFilePath(hostPaths.oracleHome(base), sid), users);
  const spfile = writeServerParameters(base, file, {
    db_name: dbName,
    ...(options.recoveryAreaSize === undefined
      ? {}
      : { db_recovery_file_dest_size: String(options.recoveryAreaSize) }),
  });
  return {
    ...file,
    oracleHome: hostPaths.oracleHome(base),
    dbid: controlFile.dbid,
    dbName,
    dataFiles: controlFile.dataFiles.length,
    bytes,
    elapsedMs,
    cpuMs: Math.round(cpuMicroseconds() / 1000),
    mibPerSecond: Math.round(bytes / MIB / Math.max(elapsedMs / 1000, 0.001)),
    spfile,
    users: users.map(({ name, privileges }) => ({ name, privileges })),
  };
}

/** Of this process, the kernel's work for it included. */
function cpuMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** What an instance has before it has a database: its place on the host, a parameter file, a password file. */
export async function createAuxiliary(
  options: Pick<CreateOptions, 'base' | 'sid' | 'sysPasswordFile'> & {
    /** DB_NAME; absent: the SID. A standby has its primary's. */
    dbName?: string;
  },
): Promise<InstanceFile> {
  const { base, sid } = options;
  if (existsSync(instanceFilePath(hostPaths.oracleHome(base), sid)))
    throw new UsageError(`${base} already has ${sid}`);
  prepareHost(base);
  const dbUniqueName = sid.toLowerCase();
  const file = await registerInstance(base, { sid, dbUniqueName, service: dbUniqueName, port: undefined });
  await createPasswordFile(passwordFilePath(hostPaths.oracleHome(base), sid), passwordUsers(options));
  writeServerParameters(base, file, { db_name: (options.dbName ?? sid).toUpperCase() });
  return file;
}

/** SYS and the backup user, as far as their password files are given. */
export function passwordUsers(
  options: Pick<CreateOptions, 'sysPasswordFile' | 'backupUser' | 'backupPasswordFile'>,
): NewPasswordUser[] {
  const users: NewPasswordUser[] = [];
  if (options.sysPasswordFile !== undefined) {
    const password = readPassword(options.sysPasswordFile);
    users.push({ name: 'SYS', password, privileges: ['SYSDBA', 'SYSOPER', 'SYSBACKUP'] });
  }
  if (options.backupUser === undefined) return users;
  if (options.backupPasswordFile === undefined)
    throw new UsageError('--backup-user needs --backup-password-file');
  const password = readPassword(options.backupPasswordFile);
  users.push({
    name: options.backupUser,
    password,
    privileges: ['SYSDBA', 'SYSBACKUP', 'CREATE SESSION', 'SELECT_CATALOG_ROLE'],
  });
  return users;
}

/** The file's first line, so that no password is ever an argument. */
function readPassword(path: string): string {
  const [line] = readFileSync(path, 'utf8').split(/\r?\n/);
  if (line === undefined || line === '') throw new UsageError(`${path} holds no password`);
  return line;
}
