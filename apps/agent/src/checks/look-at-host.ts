// The small looks at the host that several pre-checks take.
import { constants } from 'node:fs';
import { access, readFile, stat, statfs } from 'node:fs/promises';
import { connect } from 'node:net';

/** A worker that is alive accepts at once, ms. */
const SOCKET_TIMEOUT_MS = 5_000;

export async function isReadable(path: string): Promise<boolean> {
  return (await can(path, constants.R_OK)) && (await stat(path)).isFile();
}

export function isExecutable(path: string): Promise<boolean> {
  return can(path, constants.X_OK);
}

/** Certainly not there. What this user may not look into is for the Oracle server to find. */
export async function isMissing(path: string): Promise<boolean> {
  try {
    await access(path, constants.F_OK);
    return false;
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
    return code === 'ENOENT' || code === 'ENOTDIR';
  }
}

async function can(path: string, mode: number): Promise<boolean> {
  try {
    await access(path, mode);
    return true;
  } catch {
    return false; // why not does not matter: the evidence names the path
  }
}

/** Whether something accepts connections at the Unix socket. */
export async function accepts(socketPath: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(socketPath);
  socket.setTimeout(SOCKET_TIMEOUT_MS, () => resolve(false));
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  const answer = await promise;
  socket.destroy();
  return answer;
}

/** How full the file system of the path is for a user without special rights, per cent, as `df` counts. */
export async function percentUsed(path: string): Promise<number> {
  const { blocks, bfree, bavail } = await statfs(path);
  const used = blocks - bfree;
  return Math.ceil((100 * used) / Math.max(1, used + bavail));
}

const MOUNTS = '/proc/self/mounts';

/** Kind of the file system the path lies on (`xfs`, `nfs4`), by the longest mount point above it; null where the host does not tell. */
export async function fileSystemOf(path: string): Promise<string | null> {
  try {
    return kindOfMount(await readFile(MOUNTS, 'utf8'), path);
  } catch {
    return null; // a host without /proc
  }
}

/** @param mounts lines of `<device> <mount point> <kind> …` */
export function kindOfMount(mounts: string, path: string): string | null {
  let best: { readonly point: string; readonly kind: string } | null = null;
  for (const line of mounts.split('\n')) {
    const [, point = '', kind = ''] = line.split(' ');
    const isAbove = point === '/' || path === point || path.startsWith(`${point}/`);
    if (point !== '' && isAbove && point.length >= (best?.point.length ?? 0)) best = { point, kind };
  }
  return best?.kind ?? null;
}
