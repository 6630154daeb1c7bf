// Makes of a TypeScript module what Jest runs: the bundler of the programs, without their types, which `make check` checks.
process.env.ESBUILD_WORKER_THREADS = '1'; // one service for all modules of a worker; without it a process for each
const { transformSync, version } = require('esbuild');
const { createHash } = require('node:crypto');

const OPTIONS = {
  loader: 'ts',
  format: 'cjs',
  target: 'node24',
  sourcemap: 'external',
  tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
};

module.exports = {
  getCacheKey: (source, path, { configString }) =>
    createHash('sha256')
      .update([version, JSON.stringify(OPTIONS), configString, path, source].join('\0'))
      .digest('hex'),
  process: (source, sourcefile) => transformSync(source, { ...OPTIONS, sourcefile }),
};
