/** The import directions of ARCHITECTURE.md as rules. `make check` fails on the first wrong arrow. */
const ALLOWED_LIBS = {
  domain: [],
  'object-store': [],
  sbt: [],
  contracts: ['domain'],
  runtime: ['contracts'],
  queue: ['contracts', 'runtime'],
  ledger: ['domain', 'contracts'],
  rman: ['domain'],
  oracle: ['domain'],
  vault: ['object-store'],
  'vault-access': ['contracts', 'object-store', 'runtime', 'vault'],
};
const ALLOWED_APPS = {
  'control-plane': ['contracts', 'domain', 'ledger', 'queue', 'runtime', 'rman', 'vault', 'vault-access'],
  scheduler: ['contracts', 'domain', 'ledger', 'queue', 'runtime'],
  agent: ['contracts', 'domain', 'queue', 'rman', 'oracle', 'runtime', 'sbt'],
  'dedup-worker': [
    'contracts',
    'domain',
    'ledger',
    'object-store',
    'queue',
    'runtime',
    'sbt',
    'vault',
    'vault-access',
  ],
  cli: ['contracts'],
  lab: [],
};
const only = (kind, name, libs) => ({
  name: `${kind}-${name}-imports`,
  severity: 'error',
  comment: `${kind}/${name} may import only: ${libs.join(', ') || 'nothing of ours'}`,
  from: { path: `^${kind}/${name}/` },
  to: {
    path: '^(apps|libs)/',
    pathNot: [`^${kind}/${name}/`, ...libs.map((l) => `^libs/${l}/src/index\\.ts$`)],
  },
});
module.exports = {
  forbidden: [
    ...Object.entries(ALLOWED_LIBS).map(([n, l]) => only('libs', n, l)),
    ...Object.entries(ALLOWED_APPS).map(([n, l]) => only('apps', n, l)),
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'nest-stays-at-the-edge',
      severity: 'error',
      comment: 'domain, vault, object-store, rman, oracle, sbt, contracts are plain TypeScript',
      from: { path: '^libs/(domain|vault|object-store|rman|oracle|sbt|contracts)/' },
      to: { path: 'node_modules/@nestjs' },
    },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(\\.spec\\.ts$|/dist/|/build/)' },
    tsConfig: { fileName: 'tsconfig.check.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
