// The data directory of a private Postgres: where it lies, and how it is made.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { renameUnlessThere, type OsUser, type PostgresInstallation } from './postgres-installation';
import { buildDir } from './repository';

export interface PostgresData {
  /** Holds the data and the password beside them. */
  readonly directory: string;
  readonly data: string;
  readonly password: string;
}

export interface DataOptions {
  /** Where the data survive a restart; absent: a temporary directory. */
  readonly directory?: string;
  /** New data begin as a copy of data that were made once, password and all: for servers that are thrown away. */
  readonly copied: boolean;
}

const run = promisify(execFile);
export const SUPERUSER = 'adyton';
const PASSWORD_BYTES = 12;
/** initdb takes about a second and a copy less; on a loaded machine both take several. */
const COMMAND_TIMEOUT_MS = 60_000;

export async function prepareData(
  installation: PostgresInstallation,
  options: DataOptions,
): Promise<PostgresData> {
  const { user } = installation;
  const directory =
    options.directory === undefined
      ? await mkdtemp(join(tmpdir(), 'adyton-postgres-'))
      : await keptDirectory(options.directory, user);
  if (user !== undefined) await chown(directory, user.uid, user.gid);
  if (!existsSync(join(dataOf(directory), 'PG_VERSION'))) {
    if (options.copied) await copyInto(directory, installation);
    else await initialise(directory, installation);
  }
  return { directory, data: dataOf(directory), password: await readFile(passwordOf(directory), 'utf8') };
}

const dataOf = (directory: string): string => join(directory, 'data');
/** Kept beside the data, for root alone where root hands over. */
const passwordOf = (directory: string): string => join(directory, 'password');

async function initialise(directory: string, { binaries, user }: PostgresInstallation): Promise<void> {
  const password = randomBytes(PASSWORD_BYTES).toString('hex');
  await writeFile(passwordOf(directory), password, { mode: 0o600 });
  const passwordFile = join(directory, 'initdb-password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user !== undefined) await chown(passwordFile, user.uid, user.gid);
  try {
    await run(
      join(binaries, 'bin', 'initdb'),
      [
        ...['--pgdata', dataOf(directory), '--username', SUPERUSER, '--pwfile', passwordFile],
        ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C', '--no-sync'],
      ],
      { cwd: directory, timeout: COMMAND_TIMEOUT_MS, ...(user ?? {}) },
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** `cp`, because Node's own copy does not keep the owner, and Postgres takes no data of another. */
async function copyInto(directory: string, installation: PostgresInstallation): Promise<void> {
  const made = await madeOnce(installation);
  await run('cp', ['-a', dataOf(made), passwordOf(made), directory], { timeout: COMMAND_TIMEOUT_MS });
}

/** Data of this version that no server ever ran on; `make clean` removes them. */
async function madeOnce(installation: PostgresInstallation): Promise<string> {
  const owner = installation.user?.uid ?? process.getuid?.() ?? '';
  const place = join(buildDir, `postgres-data-${installation.version}-${owner}`);
  if (existsSync(place)) return place;
  const first = await prepareData(installation, { copied: false }); // below /tmp, where the server's user can write
  await mkdir(buildDir, { recursive: true });
  const partial = await mkdtemp(`${place}-`);
  await run('cp', ['-a', first.data, passwordOf(first.directory), partial], { timeout: COMMAND_TIMEOUT_MS });
  await rm(first.directory, { recursive: true });
  await renameUnlessThere(partial, place);
  return place;
}

/** Names the place of the data when the server's user cannot reach the directory that was asked for, e.g. below /root. */
const ELSEWHERE = 'data-is-at';

async function keptDirectory(directory: string, user: OsUser | undefined): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if (user === undefined || (await letEnter(dirname(directory)))) return directory;
  const pointer = join(directory, ELSEWHERE);
  if (existsSync(pointer)) {
    const kept = await readFile(pointer, 'utf8');
    if (existsSync(kept)) return kept;
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
