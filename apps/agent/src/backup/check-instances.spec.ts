import { assertPassed, checkInstances } from './check-instances';
import { type Identity, type Planning } from './backup-run';

const planning = {
  config: { ADYTON_SBT_LIBRARY: '/nowhere/libobk.so', ADYTON_SBT_SOCKET: '/nowhere/sbt.sock' },
  claimed: { database: { oracleHome: '/nowhere' } },
} as unknown as Planning;
const identity = (fields: Partial<Identity>): Identity =>
  ({
    instanceName: 'ORCL',
    instanceStatus: 'OPEN',
    logMode: 'ARCHIVELOG',
    role: 'PRIMARY',
    ...fields,
  }) as Identity;

it('S2.7 refuses a NOARCHIVELOG database by its own code, before RMAN', async () => {
  const checks = await checkInstances(planning, identity({ logMode: 'NOARCHIVELOG' }));
  expect(() => assertPassed(checks)).toThrow(expect.objectContaining({ code: 'ADY_NOARCHIVELOG' }) as Error);
});

it('names every failed check with its evidence', async () => {
  const checks = await checkInstances(planning, identity({}));
  expect(checks.filter((c) => c.verdict === 'failed').map((c) => c.code)).toEqual([
    'sbt-library',
    'rman',
    'dedup-worker',
  ]);
  expect(() => assertPassed(checks)).toThrow(/sbt-library: \/nowhere\/libobk.so.*dedup-worker/);
});

it('is stopped by no warning', () => {
  assertPassed([{ code: 'nologging', verdict: 'warning', evidence: '', hint: '' }]);
});
