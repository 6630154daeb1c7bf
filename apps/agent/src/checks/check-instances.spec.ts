import { assertPassed, checkInstances } from './check-instances';
import { judgeStore } from './judge-store';
import { type Identity, type Planning } from '../backup/backup-run';

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
    'rman',
    'sbt-library',
    'dedup-worker',
  ]);
  expect(() => assertPassed(checks)).toThrow(/sbt-library: \/nowhere\/libobk.so.*dedup-worker/);
});

it('S4.6 fails with what the dedup-worker says of the store', () => {
  const [check] = judgeStore({
    kind: 'failed',
    reason: 'ADY_STORE_FULL: cannot create probe/x | HINT: add space',
  });
  expect(() => assertPassed(check === undefined ? [] : [check])).toThrow(
    expect.objectContaining({ code: 'ADY_STORE_FULL' }) as Error,
  );
});

it('is stopped by no warning', () => {
  assertPassed([{ code: 'nologging', verdict: 'warning', evidence: '', hint: '' }]);
});
