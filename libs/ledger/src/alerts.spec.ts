// What raises an alert, what repeats it, and what ends it, on a real Postgres: each in the transaction of its cause.
import { reasonOf } from '@adyton/contracts';
import { type DatabaseId } from '@adyton/domain';
import { acknowledgeAlert, listAlerts, raiseAlert, resolveAlertByHand } from './alerts';
import { listAuditEvents } from './audit-events';
import { commitRecoveryPoint, refuseCommit } from './commit-run';
import { failRun, finishRestore, requestCancel, storePlan } from './run-lifecycle';
import { sweepLostRuns } from './sweeps';
import {
  claimedRun,
  code,
  committingRun,
  manifestOf,
  plan,
  runningRun,
  useLedger,
} from './testing/ledger-fixture';
import { alertReader, failure } from './testing/alert-reader';

const fixture = useLedger();

const session = () => fixture.ledger.session;
const { alertsOf, only } = alertReader(session);
const auditOf = async (id: string) =>
  (await listAuditEvents(session(), id)).map((e) => [e.action, e.principal, e.detail]);

async function failedBackup(databaseId: DatabaseId): Promise<void> {
  const run = await runningRun(fixture, databaseId);
  expect(await failRun(session(), { ...run, outcome: 'failed', reason: failure })).toBeNull();
}
async function goodBackup(databaseId: DatabaseId): Promise<void> {
  const run = await committingRun(fixture, databaseId);
  expect((await commitRecoveryPoint(session(), manifestOf(run))).kind).toBe('committed');
}

describe('a backup', () => {
  it('that fails raises one alert, counts when it fails again, and the next success resolves it with the reason', async () => {
    const databaseId = await fixture.newDatabase();
    await failedBackup(databaseId);
    const first = await only(databaseId, 'backup_failed');
    expect(first).toMatchObject({
      severity: 'critical',
      state: 'open',
      subject: `${databaseId}/data`,
      count: 1,
      reason: { code: 'ADY_RMAN_FAILED' },
    });
    expect(first.id).toMatch(/^alr_[0-9A-HJKMNP-TV-Z]{26}$/);
    await fixture.moveClock(60);
    await failedBackup(databaseId);
    const second = await only(databaseId, 'backup_failed');
    expect(second).toMatchObject({ id: first.id, state: 'open', count: 2, firstSeenAt: first.firstSeenAt });
    expect(Date.parse(second.lastSeenAt) - Date.parse(first.lastSeenAt)).toBeGreaterThanOrEqual(60_000);
    await goodBackup(databaseId);
    expect(await only(databaseId, 'backup_failed')).toMatchObject({
      id: first.id,
      state: 'resolved',
      resolvedBy: `host:${fixture.hostId}`,
      resolution: expect.stringMatching(/^run run_\w+ succeeded$/) as string,
    });
    expect((await auditOf(first.id)).map(([action]) => action)).toEqual(['alert.opened', 'alert.resolved']);
    await failedBackup(databaseId);
    expect((await alertsOf(databaseId, 'backup_failed')).map((a) => a.state)).toEqual(['open', 'resolved']);
  });

  it('is judged by lane: a success in the data lane leaves the failure of the logs standing', async () => {
    const databaseId = await fixture.newDatabase();
    const logs = await claimedRun(fixture, databaseId, { kind: 'archivelog', lane: 'log' });
    expect(await failRun(session(), { ...logs, outcome: 'failed', reason: failure })).toBeNull();
    await goodBackup(databaseId);
    expect(await only(databaseId, 'backup_failed')).toMatchObject({
      state: 'open',
      subject: `${databaseId}/log`,
    });
  });

  it('of one database ends no alert of another', async () => {
    const [one, other] = [await fixture.newDatabase(), await fixture.newDatabase()];
    await failedBackup(one);
    await goodBackup(other);
    expect(await only(one, 'backup_failed')).toMatchObject({ state: 'open' });
  });

  it('raises an alert whoever ends it: the agent, the sweep, or the one who cannot commit; a cancelled one raises none', async () => {
    const [lost, refused, cancelled] = await Promise.all([1, 2, 3].map(() => fixture.newDatabase()));
    await claimedRun(fixture, lost as DatabaseId);
    await fixture.moveClock(60);
    await sweepLostRuns(session());
    expect((await only(lost as DatabaseId, 'backup_failed')).reason?.code).toBe('ADY_AGENT_LOST');
    const run = await committingRun(fixture, refused as DatabaseId);
    await refuseCommit(session(), { ...run, reason: reasonOf('ADY_STORE_FULL', 'no room') });
    expect((await only(refused as DatabaseId, 'backup_failed')).reason?.code).toBe('ADY_STORE_FULL');
    const stopped = await runningRun(fixture, cancelled as DatabaseId);
    await requestCancel(session(), stopped.runId, 'api');
    await failRun(session(), { ...stopped, outcome: 'cancelled', reason: reasonOf('ADY_CANCELLED', 'x') });
    expect(await alertsOf(cancelled as DatabaseId)).toEqual([]);
  });

  it('and its alert are one transaction: what is rolled back raised nothing', async () => {
    const databaseId = await fixture.newDatabase();
    const run = await runningRun(fixture, databaseId);
    await expect(
      fixture.ledger.transaction(async (tx) => {
        await failRun(tx, { ...run, outcome: 'failed', reason: failure });
        throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');
    expect(await alertsOf(databaseId)).toEqual([]);
  });

  it('opens one alert when two connections see the same failure at the same moment', async () => {
    const databaseId = await fixture.newDatabase();
    const opened = await Promise.all(
      Array.from({ length: 8 }, () =>
        raiseAlert(session(), {
          kind: 'backup_failed',
          subject: databaseId,
          databaseId,
          detail: 'x',
          principal: 'system',
          repeat: 'counts',
        }),
      ),
    );
    expect(opened.filter(Boolean)).toHaveLength(1);
    expect(await only(databaseId, 'backup_failed')).toMatchObject({ count: 8 });
  });
});

it('a restore that fails raises an alert that the next good restore ends, and no good backup', async () => {
  const databaseId = await fixture.newDatabase();
  const restoring = { operation: 'restore', lane: 'restore' } as const;
  const first = await claimedRun(fixture, databaseId, restoring);
  await failRun(session(), { ...first, outcome: 'failed', reason: failure });
  await goodBackup(databaseId);
  expect(await only(databaseId, 'restore_failed')).toMatchObject({ state: 'open', severity: 'warning' });
  const second = await claimedRun(fixture, databaseId, restoring);
  await storePlan(session(), {
    ...second,
    plan: { ...plan, files: [], archivedLogs: [], checks: [] },
    scripts: [],
  });
  expect(await finishRestore(session(), second)).toBeNull();
  expect(await only(databaseId, 'restore_failed')).toMatchObject({ state: 'resolved' });
});

describe('a person', () => {
  it('acknowledges with a note and resolves with a reason; both are on record, and a resolved alert stays so', async () => {
    const databaseId = await fixture.newDatabase();
    await failedBackup(databaseId);
    const { id } = await only(databaseId, 'backup_failed');
    const seen = { id, note: 'disk ordered', principal: 'api' };
    expect(await acknowledgeAlert(session(), seen)).toMatchObject({
      state: 'acknowledged',
      note: 'disk ordered',
    });
    const again = await acknowledgeAlert(session(), { ...seen, note: 'somebody else' });
    expect(again).toMatchObject({ state: 'acknowledged', note: 'disk ordered' });
    await failedBackup(databaseId);
    expect(await only(databaseId, 'backup_failed')).toMatchObject({ state: 'acknowledged', count: 2 });
    const end = { id, resolution: 'retired', principal: 'api' };
    expect(await resolveAlertByHand(session(), end)).toMatchObject({
      state: 'resolved',
      resolution: 'retired',
    });
    expect(code(await resolveAlertByHand(session(), end))).toBe('ADY_ALERT_STATE');
    expect(code(await acknowledgeAlert(session(), seen))).toBe('ADY_ALERT_STATE');
    expect(code(await acknowledgeAlert(session(), { ...seen, id: 'alr_none' }))).toBe('ADY_NOT_FOUND');
    expect((await auditOf(id)).slice(1)).toEqual([
      ['alert.acknowledged', 'api', 'disk ordered'],
      ['alert.resolved', 'api', 'retired'],
    ]);
  });

  it('finds alerts by state and severity, page by page, newest first', async () => {
    const databaseId = await fixture.newDatabase();
    for (const subject of ['a', 'b', 'c'])
      await raiseAlert(session(), {
        kind: 'recovery_area_filling',
        subject: `${databaseId}-${subject}`,
        databaseId,
        detail: subject,
        principal: 'system',
        repeat: 'counts',
      }).then(() => fixture.moveClock(1));
    const [c] = await alertsOf(databaseId);
    await resolveAlertByHand(session(), { id: c?.id ?? '', resolution: 'done', principal: 'api' });
    const asked = async (extras: object) => {
      const page = await listAlerts(session(), { limit: 2, databaseId, ...extras });
      return { details: page.items.map((a) => a.detail), next: page.nextCursor };
    };
    const first = await asked({});
    expect(first.details).toEqual(['c', 'b']);
    expect(await asked({ cursor: first.next })).toEqual({ details: ['a'], next: null });
    expect((await asked({ state: 'unresolved' })).details).toEqual(['b', 'a']);
    expect((await asked({ state: 'resolved' })).details).toEqual(['c']);
    expect((await asked({ severity: 'critical' })).details).toEqual([]);
  });
});
