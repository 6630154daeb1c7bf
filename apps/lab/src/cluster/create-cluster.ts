/** labctl cluster create: hosts, homes and one database with a redo thread per instance, ready to be started. */
import { existsSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ControlFileStore } from '../control-file/control-file-store';
import { setRmanConfiguration } from '../control-file/change-records';
import { createDatabase, type CreateDatabaseOptions } from '../engine/create-database';
import { hostPaths, type InstanceFile, passwordFilePath, writeInstanceFile } from '../instance/oracle-home';
import { SOCKET_PATH_BYTES_MAX } from '../instance/place-instance';
import { createPasswordFile, type NewPasswordUser } from '../listener/password-file';
import { freePort, prepareHost, writeNetNames, writeParameterFile, writeShims } from '../labctl/oracle-host';
import { UsageError } from '../labctl/usage-error';
import {
  type ClusterFile,
  type ClusterMember,
  MEMBERS_MAX,
  MEMBERS_MIN,
  nodeDirectory,
  readClusterFile,
  writeClusterFile,
} from './cluster-file';

export interface CreateClusterOptions {
  base: string;
  dbName: string;
  dbUniqueName: string;
  instances: number;
  database: Omit<
    CreateDatabaseOptions,
    'oradata' | 'dbName' | 'dbUniqueName' | 'controlFiles' | 'threads' | 'dbid'
  > & {
    dbid?: number;
  };
  users: readonly NewPasswordUser[];
  /** The snapshot control file stays in each home, where the other instances cannot see it. */
  localSnapshot: boolean;
}

/** Creates everything; the base directory may exist, the cluster must not. */
export async function createCluster(options: CreateClusterOptions): Promise<ClusterFile> {
  const { base, dbName, dbUniqueName, instances } = options;
  if (!Number.isInteger(instances) || instances < MEMBERS_MIN || instances > MEMBERS_MAX)
    throw new UsageError(`a cluster has ${MEMBERS_MIN} to ${MEMBERS_MAX} instances`);
  if (readClusterFile(base) !== undefined) throw new UsageError(`${base} already holds a cluster`);
  mkdirSync(hostPaths.truth(base), { recursive: true });
  const oradata = hostPaths.oradata(base, dbName);
  const controlFiles = [join(oradata, 'control01.ctl')];
  await createDatabase({
    ...options.database,
    ...{ oradata, dbName, dbUniqueName, controlFiles, threads: instances },
    dbid: options.database.dbid ?? randomBytes(4).readUInt32LE(0),
  });
  if (!options.localSnapshot) shareSnapshot(controlFiles, oradata);
  const members = Array.from({ length: instances }, (_, i) => memberOf(base, dbName, i + 1));
  const sockets = socketDirectory(base);
  const files: InstanceFile[] = [];
  for (const member of members)
    files.push(await instanceFileOf(member, { base, dbUniqueName, controlFiles, sockets }));
  const [first] = files;
  if (first !== undefined) {
    const parameters = { db_name: dbName, cluster_database: 'TRUE' };
    writeParameterFile(sharedParameterFile(base, dbName), base, first, parameters);
  }
  for (const member of members) await prepareMember(member, files, options);
  // Tools that look for a home in the base find that of the first host.
  symlinkSync(members[0]?.oracleHome ?? '', hostPaths.oracleHome(base));
  const cluster = {
    ...{ dbName, dbUniqueName, service: dbUniqueName, base, members },
    controlSocket: join(sockets, 'cluster.ctl'),
  };
  writeClusterFile(cluster);
  return cluster;
}

/** In the base when that is short enough for sockets, else in a directory of its own. */
function socketDirectory(base: string): string {
  const near = join(base, 'sockets');
  if (Buffer.byteLength(near) + SOCKET_NAME_BYTES > SOCKET_PATH_BYTES_MAX)
    return mkdtempSync(join(tmpdir(), 'ady-rac-'));
  mkdirSync(near, { recursive: true });
  return near;
}

/** The longest name in it: `/<SID>.sock.ctl`. */
const SOCKET_NAME_BYTES = 24;

/** One SPFILE for all instances, on shared storage. */
function sharedParameterFile(base: string, dbName: string): string {
  return join(hostPaths.oradata(base, dbName), `spfile${dbName}.ora`);
}

function memberOf(base: string, dbName: string, number: number): ClusterMember {
  const node = `node${number}`;
  const directory = nodeDirectory(base, node);
  return {
    ...{ sid: `${dbName}${number}`, number, node, address: `127.0.1.${number}` },
    oracleHome: hostPaths.oracleHome(directory),
    gridHome: join(directory, 'grid_home'),
  };
}

async function instanceFileOf(
  member: ClusterMember,
  place: { base: string; dbUniqueName: string; controlFiles: string[]; sockets: string },
): Promise<InstanceFile> {
  const { base, dbUniqueName, controlFiles, sockets } = place;
  return {
    ...{ sid: member.sid, dbUniqueName, base, service: dbUniqueName, controlFiles },
    ipcSocket: join(sockets, `${member.sid}.sock`),
    listenerPort: await freePort(member.address),
    host: member.address,
  };
}

/** The home knows all instances of the cluster: what a net service name would lead to. */
async function prepareMember(
  member: ClusterMember,
  files: readonly InstanceFile[],
  { base, dbName, users }: CreateClusterOptions,
): Promise<void> {
  const directory = nodeDirectory(base, member.node);
  prepareHost(directory);
  for (const file of files) {
    writeInstanceFile(member.oracleHome, file);
    await createPasswordFile(passwordFilePath(member.oracleHome, file.sid), users);
    symlinkSync(sharedParameterFile(base, dbName), join(member.oracleHome, 'dbs', `spfile${file.sid}.ora`));
  }
  writeNetNames(member.oracleHome, files);
  linkStorage(base, member.sid, dbName);
  const gridTools = { srvctl: 'srvctl', olsnodes: 'olsnodes', crsctl: 'crsctl' };
  writeShims(join(member.gridHome, 'bin'), 'cluster/tools-main.js', gridTools, [
    '--node',
    member.node,
    '--base',
    base,
  ]);
  writeShims(hostPaths.bin(directory), 'cluster/tools-main.js', { srvctl: 'srvctl' }, [
    '--node',
    member.node,
    '--base',
    base,
  ]);
  writeFileSync(hostPaths.oratab(directory), oratab(member, dbName));
  mkdirSync(join(directory, 'etc', 'oracle'), { recursive: true });
  writeFileSync(join(directory, 'etc', 'oracle', 'olr.loc'), `crs_home=${member.gridHome}\n`);
}

/** On a cluster oratab names the database, not the instance. */
function oratab({ oracleHome, gridHome, number }: ClusterMember, dbName: string): string {
  return `+ASM${number}:${gridHome}:N\n${dbName}:${oracleHome}:N\n`;
}

/** Tools that know an instance by its SID only find the database's directories too. */
function linkStorage(base: string, sid: string, dbName: string): void {
  for (const directory of ['fra', 'oradata']) {
    mkdirSync(join(base, directory), { recursive: true });
    const link = join(base, directory, sid);
    if (!existsSync(link)) symlinkSync(dbName, link);
  }
}

function shareSnapshot(controlFiles: readonly string[], oradata: string): void {
  ControlFileStore.open(controlFiles).update((controlFile) => {
    setRmanConfiguration(controlFile, 'SNAPSHOT CONTROLFILE NAME', `TO '${join(oradata, 'snapcf.f')}'`);
  });
}
