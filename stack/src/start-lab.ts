// The simulated Oracle host of a stack: a database made on first use, its instance with listener, and the lab's S3 server.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { appMain } from './repository';
import { mustRun, runCommand, type CommandResult } from './run-command';
import { secretIn, writeSecret } from './secret-file';
import { Service } from './service';

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
  /** The object store is full after this many bytes; no bound when absent. */
  readonly storeBytesMax?: number;
}

export interface Lab {
  readonly base: string;
  readonly oracleHome: string;
  readonly instance: Service;
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
  const oracleHome = join(base, 'oracle_home');
  const password = secretIn(join(options.directory, 'backup-user.password'));
  const credentialsFile = writeSecret(
    join(options.directory, 'credentials.json'),
    JSON.stringify({ user: BACKUP_USER, password }),
  );
  if (!existsSync(join(oracleHome, 'bin', 'rman'))) await createDatabase(base, options);
  const instance = new Service({
    name: 'lab-instance',
    command: process.execPath,
    args: [appMain('lab', 'instance/main'), '--base', base, '--sid', LAB_SID],
    readyEvent: 'instance.open',
    logFile: join(options.logsDir, 'lab-instance.log'),
  });
  const s3 = s3Service(options);
  const [opened, listening] = await Promise.all([instance.start(), s3.start()]);
  const control = async (args: readonly string[]): Promise<CommandResult> =>
    runCommand(process.execPath, [appMain('lab', 'labctl/main'), ...args, '--base', base]);
  return {
    base,
    oracleHome,
    instance,
    s3,
    credentialsFile,
    connectDescriptor: () => `127.0.0.1:${String(opened['listenerPort'])}/${LAB_SID}`,
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
    tryCtl: control,
    stop: async () => {
      await Promise.all([instance.stop(), s3.stop()]);
    },
  };
}

async function createDatabase(base: string, options: LabOptions): Promise<void> {
  await mustRun(process.execPath, [
    appMain('lab', 'labctl/main'),
    'create',
    '--base',
    base,
    '--sid',
    LAB_SID,
    '--size',
    options.databaseBytes,
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
