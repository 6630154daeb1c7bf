/** Compiles the lab for specs that start real processes: once per change of its sources, one compiler at a time. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../../../../..');
const SOURCES = join(ROOT, 'apps/lab/src');
const BUILT = join(ROOT, 'dist/apps/lab/src');
const BUILD_INFO = join(ROOT, 'dist/.tsbuildinfo/lab.tsbuildinfo');
const LOCK = join(ROOT, 'dist/.lab-build-lock');
const POLL_MS = 50;
/** A lock older than this was left by a killed run. */
const LOCK_AGE_MAX_MS = 60_000;

/** Directory of the compiled lab, as new as its sources. */
export async function buildLab(): Promise<string> {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  while (!tryLock()) await new Promise((done) => setTimeout(done, POLL_MS));
  try {
    if (isStale()) compile();
  } finally {
    rmdirSync(LOCK);
  }
  return BUILT;
}

function compile(): void {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const run = spawnSync(process.execPath, [tsc, '-p', join(ROOT, 'apps/lab/tsconfig.app.json')], {
    encoding: 'utf8',
  });
  // A type error elsewhere in the lab still leaves output; `make check` reports it, not every spec.
  if (!existsSync(join(BUILT, 'instance/main.js'))) throw new Error(run.stdout);
}

function isStale(): boolean {
  if (!existsSync(BUILD_INFO) || !existsSync(join(BUILT, 'instance/main.js'))) return true;
  const built = statSync(BUILD_INFO).mtimeMs;
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
