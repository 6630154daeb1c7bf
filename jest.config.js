// How the tests are run. They are only transpiled, so that they start at once: `make check` looks at their types.
const { join } = require('node:path');

const libs = [
  'domain',
  'contracts',
  'queue',
  'vault',
  'vault-access',
  'object-store',
  'rman',
  'oracle',
  'sbt',
  'ledger',
  'runtime',
];
// Minutes each, or about commands of a DBA that no backup of ours sends: `make test-long` has them, `npm run test:workflow` those with an ID.
const LONG = [
  'apps/lab/src/rman/catalog-files',
  'apps/lab/src/rman/duplicate',
  'apps/lab/src/rman/duplicate-forms',
  'apps/lab/src/rman/image-copies',
  'apps/lab/src/rman/maintenance',
  'apps/lab/src/rman/restore-points',
  'certify/src/certify',
  'test/lab/rac-backup',
  'test/model/stale-listings',
  'test/rac/vanished-node',
  'test/workflow/disturbance-invariants',
  'test/workflow/disturbance-soak',
  'test/workflow/retention-interrupted',
  'test/workflow/step-4-configures',
  'test/workflow/step-5-cancel',
  'test/workflow/step-5-cancel-campaign',
  'test/workflow/step-5-piece-answers',
  'test/workflow/step-5-store',
].map((name) => `${name}\\.spec`);
// The tests start the same programs some thousand times: Node compiles each once.
process.env.NODE_COMPILE_CACHE ??= join(__dirname, 'build', 'node-cache');
module.exports = {
  testEnvironment: 'node',
  maxWorkers: 4, // on two cores: half of a test's time is waiting for the processes it started
  workerGracefulExitTimeout: 5_000, // ms; on a busy machine Node's own end takes longer than Jest's half a second: what is left then is a handle of a test
  testTimeout: 60_000, // ms; ends what hangs. Speed is measured by `make bench`, never by a test.
  testRegex: '.*\\.spec\\.ts$',
  testPathIgnorePatterns: ['/node_modules/', ...(process.env.TEST_LONG === 'yes' ? [] : LONG)],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/build/'],
  moduleFileExtensions: ['js', 'json', 'ts'],
  transform: { '^.+\\.ts$': '<rootDir>/test/support/esbuild-transformer.cjs' },
  moduleNameMapper: Object.fromEntries(
    libs.map((n) => [`^@adyton/${n}$`, `<rootDir>/libs/${n}/src/index.ts`]),
  ),
};
