// With which code and evidence a run ends whose pre-checks failed.
import { assertEligible, assertPassed } from './assert-passed';
import { checkInstance } from './check-instance';
import { judgeLogMode, judgeRole } from './judge-database';
import { judgeStore } from './judge-store';
import { type Identity, type Planning } from '../backup/backup-run';

const planning = {
  config: { ADYTON_SBT_LIBRARY: '/nowhere/libobk.so', ADYTON_SBT_SOCKET: '/nowhere/sbt.sock' },
  claimed: { database: { oracleHome: '/nowhere' }, otherInstances: [] },
} as unknown as Planning;
const identity = (fields: Partial<Identity>): Identity =>
  ({
    instanceName: 'ORCL',
    instanceStatus: 'OPEN',
    logMode: 'ARCHIVELOG',
    role: 'PRIMARY',
    ...fields,
  }) as Identity;

it('S2.7 refuses a NOARCHIVELOG database by its own code, before RMAN', () => {
  const checks = [judgeLogMode(identity({ logMode: 'NOARCHIVELOG' }))];
  expect(() => assertPassed(checks)).toThrow(expect.objectContaining({ code: 'ADY_NOARCHIVELOG' }) as Error);
});

it.each(['PHYSICAL STANDBY', 'LOGICAL STANDBY', 'SNAPSHOT STANDBY'])(
  'S4.6 refuses a %s by its own code',
  (role) => {
    assertPassed([judgeRole(identity({}))]);
    const checks = [judgeLogMode(identity({ logMode: 'NOARCHIVELOG' })), judgeRole(identity({ role }))];
    expect(() => assertPassed(checks)).toThrow(
      expect.objectContaining({ code: 'ADY_DATABASE_ROLE', message: `database role is ${role}` }) as Error,
    );
  },
);

it('S4.5 tells apart what only the run’s own instance failed, and names every failed check with its evidence', async () => {
  const checks = await checkInstance(planning, identity({ instanceStatus: 'MOUNTED' }));
  const codes = ['instance-open', 'rman', 'sbt-library', 'dedup-worker'];
  expect(checks.filter((c) => c.verdict === 'failed').map((c) => c.code)).toEqual(codes);
  expect(() => assertEligible(checks)).toThrow(
    expect.objectContaining({
      name: 'IneligibleInstance',
      code: 'ADY_PRECHECK_FAILED',
      message: expect.stringMatching(
        /ORCL is MOUNTED.*sbt-library: \/nowhere\/libobk.so.*dedup-worker/,
      ) as string,
      checks: codes.map((code) => expect.objectContaining({ code }) as unknown),
    }) as Error,
  );
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
  const checks = [{ code: 'nologging', verdict: 'warning', evidence: '', hint: '' }] as const;
  assertPassed(checks);
  assertEligible(checks);
});
