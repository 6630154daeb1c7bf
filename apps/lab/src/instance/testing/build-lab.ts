/** Builds the lab for specs that start real processes: once per change of its sources, one builder at a time. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../../../../..');
const SOURCES = join(ROOT, 'apps/lab/src');
const BUILT = join(ROOT, 'dist/apps/lab/src');
const BUNDLER = join(ROOT, 'bundle.mjs');
const LOCK = join(ROOT, 'dist/.lab-build-lock');
const POLL_MS = 50;
/** A lock older than this was left by a killed run. */
const LOCK_AGE_MAX_MS = 60_000;

/** Directory of the built lab, as new as its sources. */
export async function buildLab(): Promise<string> {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  while (!tryLock()) await new Promise((done) => setTimeout(done, POLL_MS));
  try {
    if (isStale()) bundle();
  } finally {
    rmdirSync(LOCK);
  }
  return BUILT;
}

function bundle(): void {
  const run = spawnSync(process.execPath, [BUNDLER, 'apps/lab'], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
}

function isStale(): boolean {
  const program = join(BUILT, 'instance/main.js');
  if (!existsSync(program)) return true;
  const built = statSync(program).mtimeMs;
  return readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .some((name) => statSync(join(SOURCES, name)).mtimeMs > built);
}

function tryLock(): boolean {
  try {
    mkdirSync(LOCK);
    return true;
  } catch {
    const age = existsSync(LOCK) ? Date.now() - statSync(LOCK).mtimeMs : 0;
    if (age > LOCK_AGE_MAX_MS) rmdirSync(LOCK);
    return false;
  }
}
