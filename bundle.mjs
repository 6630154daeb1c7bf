// Makes the programs below dist/, one file each: most of a start was loading hundreds of modules. `node bundle.mjs [directory …]`; without
// any, all programs. Types are checked by `make check`.
import { build } from 'esbuild';
import { globSync } from 'node:fs';

/** By directory: the files below its src/ that are started. */
const PROGRAMS = {
  'apps/agent': ['main'],
  'apps/cli': ['main'],
  'apps/control-plane': ['main', 'prepare', 'vault-keys'],
  'apps/dedup-worker': ['main', 'maintenance'],
  'apps/lab': globSync('**/{main,*-main}.ts', { cwd: 'apps/lab/src' }).map((file) => file.replace('.ts', '')),
  'apps/scheduler': ['main'],
  bench: ['main', 'lab-main', 'control/main', 'control/load-main'],
  certify: ['main'],
  stack: ['demo', 'up', 'down', 'supervise'],
};
/** Directories whose programs start threads: the script of a thread lies beside the program. */
const WITH_COMPUTE_THREADS = ['apps/dedup-worker', 'certify'];
/** Stay outside: a native package, packages that others load where they are there, and a program that labctl loads when it runs an instance itself. */
const EXTERNAL = [
  'koffi',
  ...['msgpackr-extract', 'pg-native', 'class-transformer', 'class-validator'],
  ...['@nestjs/microservices', '@nestjs/websockets'],
  '../instance/main.js',
];

function entriesOf(directory) {
  const names = PROGRAMS[directory];
  if (names === undefined) throw new Error(`no programs in ${directory}`);
  const entries = names
    .map((name) => `${directory}/src/${name}`)
    .map((path) => ({ in: `${path}.ts`, out: path }));
  const thread = { in: 'libs/vault/src/compute/compute-worker.ts', out: `${directory}/src/compute-worker` };
  return WITH_COMPUTE_THREADS.includes(directory) ? [...entries, thread] : entries;
}

const isApp = (directory) => directory.startsWith('apps/');

async function bundle(directories, options) {
  await build({
    ...options,
    entryPoints: directories.flatMap(entriesOf),
    outdir: 'dist',
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    external: EXTERNAL,
    logLevel: 'warning',
  });
}

process.chdir(import.meta.dirname);
const asked = process.argv.slice(2);
const directories = asked.length > 0 ? asked : Object.keys(PROGRAMS);
await bundle(directories.filter(isApp), {
  define: { 'import.meta.url': 'fileUrl' }, // Nest makes its `require` from it
  banner: { js: "const fileUrl = require('node:url').pathToFileURL(__filename).href;" },
});
const ofCheckout = directories.filter((directory) => !isApp(directory)); // never without node_modules
await bundle(ofCheckout, { packages: 'external' });
