// The simulated Oracle host of a stack: a database made on first use, its instance with listener, and the lab's S3 server.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { appMain } from './repository';
import { mustRun, runCommand, type CommandResult } from './run-command';
import { secretIn, writeSecret } from './secret-file';
import { Service, type ReadyFields } from './service';

export const LAB_SID = 'ORCL';
const BACKUP_USER = 'C##ADYTON';
const S3_ACCESS_KEY = 'ADYTONLAB';
const S3_BUCKET = 'adyton';

export interface LabOptions {
  /** Everything of the lab lies below. */
  readonly directory: string;
  /** Size of the database, e.g. `400M`, `4G`. */
  readonly databaseBytes: string;
  readonly logsDir: string;
  /** A cluster of so many instances, each on a host of its own; absent = one host, one instance. */
  readonly instances?: number;
  /** Pluggable databases; absent = no containers. */
  readonly pdbs?: number;
  readonly noarchivelog?: boolean;
  /** Block sizes from 2 to 32 KiB, a bigfile and an encrypted tablespace as well. */
  readonly mixed?: boolean;
  /** The object store is full after this many bytes; no bound when absent. */
  readonly storeBytesMax?: number;
}

/** A simulated database host. */
export interface LabNode {
  /** `lab-host`, or `node1` … of a cluster. */
  readonly name: string;
  readonly sid: string;
  readonly oracleHome: string;
  /** Stands for the host's `/`: its oratab and homes lie below. */
  readonly directory: string;
  /** host:port/service for node-oracledb. */
  readonly connectDescriptor: string;
}

export interface Lab {
  readonly base: string;
  readonly oracleHome: string;
  /** The process of the instance, or of all instances of a cluster. */
  readonly instance: Service;
  /** The first one is the host the database is registered on. */
  readonly nodes: readonly LabNode[];
  readonly s3: Service;
  /** host:port/service for node-oracledb. */
  connectDescriptor(): string;
  readonly credentialsFile: string;
  s3Settings(): Readonly<Record<string, string>>;
  s3ControlUrl(): string;
  /** Runs labctl and returns its JSON answer. @throws with what it printed when it fails. */
  ctl<T>(args: readonly string[]): Promise<T>;
  tryCtl(args: readonly string[]): Promise<CommandResult>;
  stop(): Promise<void>;
}

export async function startLab(options: LabOptions): Promise<Lab> {
  const base = join(options.directory, 'oracle');
  const password = secretIn(join(options.directory, 'backup-user.password'));
  const credentialsFile = writeSecret(
    join(options.directory, 'credentials.json'),
    JSON.stringify({ user: BACKUP_USER, password }),
  );
  const isMade =
    existsSync(join(base, 'oracle_home', 'bin', 'rman')) || existsSync(join(base, 'cluster.json'));
  if (!isMade) await createDatabase(base, options);
  const instance = instanceService(base, options);
  const s3 = s3Service(options);
  const [opened = {}, listening = {}] = await startTogether([instance, s3]);
  const control = async (args: readonly string[], host = base): Promise<CommandResult> =>
    runCommand(process.execPath, [appMain('lab', 'labctl/main'), ...args, '--base', host]);
  const nodes = options.instances === undefined ? [singleNode(base, opened)] : clusterNodes(base, opened);
  const [first] = nodes;
  if (first === undefined) throw new Error('a lab without instances');
  return {
    ...{ base, instance, s3, nodes, credentialsFile },
    oracleHome: first.oracleHome,
    connectDescriptor: () => first.connectDescriptor,
    s3Settings: () => ({
      ADYTON_STORE_KIND: 's3',
      ADYTON_S3_ENDPOINT: `http://127.0.0.1:${String(listening['port'])}`,
      ADYTON_S3_BUCKET: S3_BUCKET,
      ADYTON_S3_ACCESS_KEY_ID: S3_ACCESS_KEY,
      ADYTON_S3_SECRET_ACCESS_KEY_FILE: join(options.directory, 's3.secret'),
    }),
    s3ControlUrl: () => `http://127.0.0.1:${String(listening['controlPort'])}`,
    ctl: async <T>(args: readonly string[]): Promise<T> => {
      const result = await control(args);
      if (result.code !== 0)
        throw new Error(`labctl ${args.join(' ')} ended with ${result.code}: ${result.stderr}`);
      return JSON.parse(result.stdout) as T;
    },
    tryCtl: (args) => control(args),
    stop: async () => {
      const left = startedByRman(nodes);
      await Promise.all(left.map(({ sid, host }) => control(['stop', '--sid', sid, '--abort'], host)));
      await Promise.all([instance.stop(), s3.stop()]);
    },
  };
}

/** Instances beside the lab's own: what STARTUP of RMAN starts outlives RMAN. One that ended well took its socket along. */
function startedByRman(nodes: readonly LabNode[]): { sid: string; host: string }[] {
  const own = new Set(nodes.map(({ sid }) => sid));
  return nodes.flatMap(({ oracleHome, directory: host }) => {
    const dbs = join(oracleHome, 'dbs');
    const files = readdirSync(dbs).filter((name) => /^lab_.+\.json$/.test(name));
    return files
      .map((name) => JSON.parse(readFileSync(join(dbs, name), 'utf8')) as { sid: string; ipcSocket: string })
      .filter(({ sid, ipcSocket }) => !own.has(sid) && existsSync(ipcSocket))
      .map(({ sid }) => ({ sid, host }));
  });
}

/** All of them, or none: those that run are stopped when one does not start. */
async function startTogether(services: readonly Service[]): Promise<ReadyFields[]> {
  const starts = await Promise.allSettled(services.map(async (service) => service.start()));
  const failed = starts.find((start) => start.status === 'rejected');
  if (failed === undefined) return starts.flatMap((start) => ('value' in start ? [start.value] : []));
  await Promise.all(services.map(async (service) => service.stop()));
  throw failed.reason;
}

function instanceService(base: string, { instances, logsDir }: LabOptions): Service {
  const isCluster = instances !== undefined;
  return new Service({
    name: 'lab-instance',
    command: process.execPath,
    args: isCluster
      ? [appMain('lab', 'cluster/main'), '--base', base]
      : [appMain('lab', 'instance/main'), '--base', base, '--sid', LAB_SID],
    readyEvent: isCluster ? 'cluster.open' : 'instance.open',
    logFile: join(logsDir, 'lab-instance.log'),
  });
}

function singleNode(base: string, opened: ReadyFields): LabNode {
  return {
    ...{ name: 'lab-host', sid: LAB_SID, oracleHome: join(base, 'oracle_home'), directory: base },
    connectDescriptor: `127.0.0.1:${String(opened['listenerPort'])}/${LAB_SID}`,
  };
}

function clusterNodes(base: string, opened: ReadyFields): LabNode[] {
  const instances = opened['instances'] as {
    sid: string;
    number: number;
    host: string;
    listenerPort: number;
  }[];
  return instances.map(({ sid, number, host, listenerPort }) => ({
    ...{ name: `node${number}`, sid, oracleHome: join(base, `node${number}`, 'oracle_home') },
    directory: join(base, `node${number}`),
    connectDescriptor: `${host}:${listenerPort}/${sid}`,
  }));
}

async function createDatabase(base: string, options: LabOptions): Promise<void> {
  const kind =
    options.instances === undefined
      ? ['create', '--sid', LAB_SID]
      : ['cluster-create', '--db-name', LAB_SID, '--instances', String(options.instances)];
  await mustRun(process.execPath, [
    appMain('lab', 'labctl/main'),
    ...kind,
    '--base',
    base,
    '--size',
    options.databaseBytes,
    ...(options.pdbs === undefined ? [] : ['--pdbs', String(options.pdbs)]),
    ...(options.noarchivelog === true ? ['--noarchivelog'] : []),
    ...(options.mixed === true ? ['--mixed'] : []),
    '--backup-user',
    BACKUP_USER,
    '--backup-password-file',
    join(options.directory, 'backup-user.password'),
  ]);
}

function s3Service(options: LabOptions): Service {
  const secretFile = join(options.directory, 's3.secret');
  secretIn(secretFile);
  const limit = options.storeBytesMax === undefined ? [] : ['--bytes-max', String(options.storeBytesMax)];
  return new Service({
    name: 'lab-s3',
    command: process.execPath,
    args: [
      appMain('lab', 's3/main'),
      '--dir',
      join(options.directory, 's3'),
      '--port',
      '0',
      '--access-key',
      S3_ACCESS_KEY,
      '--secret-key-file',
      secretFile,
      '--bucket',
      S3_BUCKET,
      '--control-port',
      '0',
      ...limit,
    ],
    readyEvent: 's3.listening',
    logFile: join(options.logsDir, 'lab-s3.log'),
  });
}
