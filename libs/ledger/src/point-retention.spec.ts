// Recovery points on their way out, on a real Postgres: soft first, for ever only after the grace time, and never what is held or last.
import { type VaultOperationId } from '@adyton/domain';
import { listAuditEvents } from './audit-events';
import { holdRecoveryPoint, unholdRecoveryPoint } from './point-holds';
import { expireLetGo } from './point-retention';
import { findRecoveryPoint, listManifestKeys } from './recovery-points';
import { recordVerifiedPoints } from './vault-verified';
import { code, nextId, useLedger } from './testing/ledger-fixture';
import { GRACE_SECONDS, retentionSite } from './testing/retention-fixture';
import { createNeededRelease } from './vault-operations';

const fixture = useLedger();

const session = () => fixture.ledger.session;
const REASON = 'the auditors want it';

it('K2 lets what the policy does not keep go softly, and for ever only when the grace time is over', async () => {
  const site = await retentionSite(fixture);
  const [old, last] = [await site.point(['a']), await site.point(['b'])];
  await site.keep(1);
  await site.carryOut();
  expect([await site.stateOf(old), await site.stateOf(last)]).toEqual(['expiring', 'available']);
  await fixture.moveClock(GRACE_SECONDS - 60);
  await site.carryOut();
  expect(await site.stateOf(old)).toBe('expiring');
  await fixture.moveClock(61);
  await site.carryOut();
  expect([await site.stateOf(old), await site.stateOf(last)]).toEqual(['expired', 'available']);
  expect((await listAuditEvents(session(), old)).map((e) => e.action)).toEqual([
    'recovery-point.let-go',
    'recovery-point.expired',
  ]);
});

it('K2 tells new points from old ones by the ledger’s clock, however far those of the hosts are off', async () => {
  const site = await retentionSite(fixture);
  const at = (time: string) => ({ startedAt: time, completedAt: time });
  const old = await site.point(['a'], ['a'], at('2099-01-01T00:00:00.000Z'));
  const last = await site.point(['b'], ['b'], at('2001-01-01T00:00:00.000Z'));
  await site.keep(1);
  await site.carryOut();
  expect([await site.stateOf(old), await site.stateOf(last)]).toEqual(['expiring', 'available']);
});

it('K2 lets nothing go where no policy is set, or the policy is disabled', async () => {
  const site = await retentionSite(fixture);
  const [old] = [await site.point(['a']), await site.point(['b'])];
  await site.carryOut();
  expect(await site.stateOf(old)).toBe('available');
  await site.keep(1, { enabled: false });
  await site.carryOut();
  expect(await site.stateOf(old)).toBe('available');
});

it('K2 takes a point back that a more generous policy keeps again', async () => {
  const site = await retentionSite(fixture);
  const [old] = [await site.point(['a']), await site.point(['b'])];
  await site.keep(1);
  await site.carryOut();
  expect(await site.stateOf(old)).toBe('expiring');
  await site.keep(2);
  await site.carryOut();
  expect(await site.stateOf(old)).toBe('available');
});

it('K1 never lets go of a point that is held, and takes one back that was on its way', async () => {
  const site = await retentionSite(fixture);
  const [first, second] = [await site.point(['a']), await site.point(['b'])];
  await site.point(['c']);
  await holdRecoveryPoint(session(), { id: first, reason: REASON, principal: 'api' });
  await site.keep(1);
  await site.carryOut();
  expect([await site.stateOf(first), await site.stateOf(second)]).toEqual(['available', 'expiring']);
  const revoke = { id: second, reason: REASON, principal: 'api', onlyExpiring: true };
  expect(await holdRecoveryPoint(session(), revoke)).toMatchObject({
    ...{ state: 'available', expiresAt: null },
    hold: { by: 'api', reason: REASON },
  });
  expect(code(await holdRecoveryPoint(session(), revoke))).toBe('ADY_RECOVERY_POINT_STATE');
  await fixture.moveClock(2 * GRACE_SECONDS);
  await site.carryOut();
  expect([await site.stateOf(first), await site.stateOf(second)]).toEqual(['available', 'available']);
  await unholdRecoveryPoint(session(), { id: second, principal: 'api' });
  await site.carryOut();
  expect(await site.stateOf(second)).toBe('expiring');
  expect((await listAuditEvents(session(), second)).map((e) => e.action)).toEqual([
    'recovery-point.let-go',
    'recovery-point.taken-back',
    'recovery-point.held',
    'recovery-point.unheld',
    'recovery-point.let-go',
  ]);
});

it('takes nothing back that has expired', async () => {
  const site = await retentionSite(fixture);
  const [old] = [await site.point(['a']), await site.point(['b'])];
  await site.keep(1);
  await site.carryOut();
  await fixture.moveClock(GRACE_SECONDS + 1);
  await site.carryOut();
  expect(code(await holdRecoveryPoint(session(), { id: old, reason: REASON, principal: 'api' }))).toBe(
    'ADY_RECOVERY_POINT_STATE',
  );
});

it('brings a point back as corrupt that was found corrupt while it was expiring, and a whole one as whole', async () => {
  const site = await retentionSite(fixture);
  const [damaged, whole] = [await site.point(['a']), await site.point(['b'])];
  await site.point(['c']);
  await site.keep(1);
  await site.carryOut();
  const { manifestKey = '' } = (await findRecoveryPoint(session(), damaged)) ?? {};
  expect(await listManifestKeys(session(), site.databaseId)).toContain(manifestKey); // it must still be there
  await recordVerifiedPoints(session(), {
    ...{
      corruptManifests: [manifestKey],
      lostHandles: ['a'],
      othersAreWhole: false,
      principal: 'maintenance',
    },
  });
  expect(await site.stateOf(damaged)).toBe('expiring');
  await site.keep(2);
  await site.carryOut();
  await holdRecoveryPoint(session(), { id: damaged, reason: REASON, principal: 'api' });
  expect([await site.stateOf(damaged), await site.stateOf(whole)]).toEqual(['corrupt', 'available']);
});

it('counts no point that lacks data files, or is corrupt, as one that is good enough to be the last', async () => {
  const site = await retentionSite(fixture);
  const [good, partial] = [await site.point(['a']), await site.point(['b'])];
  const file = { file: 9, name: '/u02/x.dbf', tablespace: 'X', bytes: 1, status: 'OFFLINE' };
  const leftOut = [{ ...file, reason: 'inaccessible', detail: 'it is gone' }];
  await session()
    .updateTable('recovery_points')
    .set((e) => ({
      contents: e.fn('jsonb_set', [
        'contents',
        e.val('{leftOut}'),
        e.cast(e.val(JSON.stringify(leftOut)), 'jsonb'),
      ]),
    }))
    .where('id', '=', partial)
    .execute();
  await site.keep(1);
  await site.carryOut();
  expect(await site.stateOf(good)).toBe('available');
});

it('expires what an operator let go by time alone, and asks for the release of it', async () => {
  const site = await retentionSite(fixture);
  const point = await site.point(['a']);
  const until = { expiring_until: new Date(0), expiring_by: 'operator', expiring_from: 'available' } as const;
  await session()
    .updateTable('recovery_points')
    .set({ state: 'expiring', ...until })
    .where('id', '=', point)
    .execute();
  await site.keep(1);
  await site.carryOut(); // its policy would keep it
  expect(await expireLetGo(session())).toContain(point);
  const release = {
    ...{ id: nextId<VaultOperationId>('vop'), options: { kind: 'release' as const }, principal: 'system' },
    ...{ claimSeconds: 10, everySeconds: 300 },
  } as const;
  expect(await createNeededRelease(session(), release)).toBe(true);
  expect(await createNeededRelease(session(), { ...release, id: nextId('vop') })).toBe(false);
});
