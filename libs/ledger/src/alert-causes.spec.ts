// What of requests, hosts, the vault and time raises and ends alerts, on a real Postgres.
import { reasonOf, RECORDS_CHECK, type Alert, type AlertKind } from '@adyton/contracts';
import {
  type DatabaseId,
  type RecoveryPointId,
  type RequestId,
  type ScheduleId,
  type VaultOperationId,
} from '@adyton/domain';
import { sql } from 'kysely';
import { findAlert, listAlerts } from './alerts';
import { commitRecoveryPoint } from './commit-run';
import { createRequest } from './create-request';
import { noteRecoveryArea, recordInstanceLost } from './host-alerts';
import { recordPresence } from './hosts';
import { insertRecoveryPoint } from './insert-recovery-point';
import { markWaiting } from './requests';
import { failRun, storePlan } from './run-lifecycle';
import { createSchedule, findDueSchedules, materialiseSlots } from './schedules';
import { sweepAlerts } from './sweep-alerts';
import { sweepExpiredRequests } from './sweeps';
import { createVaultOperation, endVaultOperation } from './vault-operations';
import { recordVerifiedPoints } from './vault-verified';
import {
  admitted,
  claimedRun,
  code,
  committingRun,
  contents,
  manifestOf,
  manualRequest,
  nextId,
  plan,
  runningRun,
  useLedger,
} from './testing/ledger-fixture';
import { alertReader, failure } from './testing/alert-reader';

const fixture = useLedger();

const session = () => fixture.ledger.session;
const { alertsOf, only } = alertReader(session);
async function ofKind(kind: AlertKind): Promise<Alert[]> {
  return (await listAlerts(session(), { limit: 200 })).items.filter((a) => a.kind === kind);
}

async function goodBackup(databaseId: DatabaseId): Promise<void> {
  const run = await committingRun(fixture, databaseId);
  expect((await commitRecoveryPoint(session(), manifestOf(run))).kind).toBe('committed');
}

describe('a request', () => {
  const window = { trigger: 'scheduled', principal: 'system', presence: 'not-running' } as const;
  const inHours = async (hours: number) => {
    const { rows } = await sql<{
      at: Date;
    }>`SELECT adyton.now() + make_interval(hours => ${hours}) AS at`.execute(session());
    return rows[0]?.at ?? new Date(0);
  };

  it('that waits says which agent is away, and one that expires raises an alert; the agent’s sign and a backup end them', async () => {
    const databaseId = await fixture.newDatabase();
    await admitted(fixture.ledger, manualRequest(databaseId, { ...window, expiresAt: await inHours(1) }));
    const away = (await ofKind('agent_not_running')).find((a) => a.state === 'open');
    expect(away).toMatchObject({ subject: fixture.hostId, hostId: fixture.hostId, count: 1 });
    await recordPresence(session(), { id: fixture.hostId, incarnation: 'i', version: 'v' });
    expect(await findAlert(session(), away?.id ?? '')).toMatchObject({
      state: 'resolved',
      resolution: 'the agent gave a sign again',
    });
    await fixture.moveClock(3_601);
    await sweepExpiredRequests(session());
    expect(await only(databaseId, 'request_expired')).toMatchObject({ state: 'open', severity: 'critical' });
    await goodBackup(databaseId);
    expect(await only(databaseId, 'request_expired')).toMatchObject({ state: 'resolved' });
  });

  it('whose agent goes away after it was sent raises the same alert when it is marked as waiting', async () => {
    const databaseId = await fixture.newDatabase();
    const expiresAt = await inHours(1);
    const id = await admitted(
      fixture.ledger,
      manualRequest(databaseId, { ...window, presence: 'running', expiresAt }),
    );
    expect((await ofKind('agent_not_running')).filter((a) => a.state !== 'resolved')).toEqual([]);
    expect(await markWaiting(session(), id)).toBe(true);
    expect((await ofKind('agent_not_running')).filter((a) => a.state === 'open')).toHaveLength(1);
    await recordPresence(session(), { id: fixture.hostId, incarnation: 'i', version: 'v' });
  });

  it('superseded by its own next slot was missed; one that a person replaced was not', async () => {
    const [byPerson, bySlot] = [await fixture.newDatabase(), await fixture.newDatabase()];
    const scheduleId = nextId<ScheduleId>('sch');
    const slot = async (databaseId: DatabaseId, hour: number) =>
      manualRequest(databaseId, {
        ...window,
        scheduleId,
        scheduledAt: new Date(hour * 3_600_000),
        expiresAt: await inHours(4),
      });
    await admitted(fixture.ledger, await slot(byPerson, 1));
    await admitted(fixture.ledger, manualRequest(byPerson));
    expect(await alertsOf(byPerson, 'request_missed')).toEqual([]);
    await admitted(fixture.ledger, await slot(bySlot, 2));
    await admitted(fixture.ledger, await slot(bySlot, 3));
    expect(await only(bySlot, 'request_missed')).toMatchObject({ reason: { code: 'ADY_SUPERSEDED' } });
  });

  it('that was over before it could be asked for, and slots nobody saw, are one alert that counts', async () => {
    const databaseId = await fixture.newDatabase();
    const late = manualRequest(databaseId, { ...window, expiresAt: await inHours(-1) });
    expect((await createRequest(session(), late)).kind).toBe('ended');
    await createSchedule(session(), {
      id: nextId<ScheduleId>('sch'),
      databaseId,
      kind: 'auto',
      cron: '0 * * * *',
      timeZone: 'UTC',
      expiryWindowMinutes: 30,
      nextAt: new Date(0),
      principal: 'api',
    });
    const schedule = (await findDueSchedules(session(), 100)).find((s) => s.databaseId === databaseId);
    if (schedule === undefined) throw new Error('the schedule is not due');
    const missed = [1, 2].map((h) => ({
      requestId: nextId<RequestId>('req'),
      scheduledAt: new Date(h * 3_600_000),
    }));
    const slots = {
      schedule,
      missed,
      run: null,
      nextAt: null,
      presence: 'unknown',
      claimSeconds: 10,
    } as const;
    expect((await materialiseSlots(session(), slots)).missed).toBe(2);
    expect(await only(databaseId, 'request_missed')).toMatchObject({ count: 3, state: 'open' });
  });
});

describe('the vault', () => {
  async function storedPoint(databaseId: DatabaseId): Promise<string> {
    const run = await committingRun(fixture, databaseId);
    const manifest = manifestOf(run);
    await commitRecoveryPoint(session(), manifest);
    return manifest.manifestKey;
  }
  const verified = (corruptManifests: string[]) =>
    recordVerifiedPoints(session(), {
      corruptManifests,
      lostHandles: [],
      othersAreWhole: true,
      principal: 'maintenance',
    });

  it('raises one alert for a database however many of its points are corrupt, until none is', async () => {
    const databaseId = await fixture.newDatabase();
    const keys = [await storedPoint(databaseId), await storedPoint(databaseId)];
    await verified(keys);
    expect(await only(databaseId, 'recovery_point_corrupt')).toMatchObject({
      count: 1,
      detail: expect.stringMatching(/^2 recovery point\(s\)/) as string,
    });
    await verified(keys.slice(0, 1));
    expect(await only(databaseId, 'recovery_point_corrupt')).toMatchObject({ state: 'open' });
    await verified([]);
    expect(await only(databaseId, 'recovery_point_corrupt')).toMatchObject({ state: 'resolved' });
  });

  const damage = reasonOf('ADY_VAULT_DAMAGED', '1 finding');
  async function verify(reason: typeof damage | null, options: object = {}): Promise<void> {
    const id = nextId<VaultOperationId>('vop');
    await createVaultOperation(session(), {
      id,
      options: { kind: 'verify', level: 1, ...options },
      principal: 'api',
      claimSeconds: 10,
    });
    await sql`UPDATE adyton.vault_operations SET state = 'running' WHERE id = ${id}`.execute(session());
    const report = {
      kind: 'verify',
      level: 1,
      objectsChecked: 1,
      bytesRead: 1,
      complete: true,
      findingsTotal: 0,
      findings: [],
    } as const;
    const ended = await endVaultOperation(session(), {
      id,
      reason,
      report: { ...report, findings: [] },
      principal: 'maintenance',
    });
    expect(ended).toBe(true);
  }

  it('is damaged until a verification of all of it finds nothing; one that fails to run is another alert', async () => {
    await verify(damage);
    expect(await ofKind('vault_damaged')).toMatchObject([{ state: 'open', subject: 'vault' }]);
    await verify(null, { subset: { part: 1, of: 2 } });
    await verify(null, { level: 0 });
    expect(await ofKind('vault_damaged')).toMatchObject([{ state: 'open' }]);
    await verify(reasonOf('ADY_MAINTENANCE_LOST', 'no sign'));
    expect(await ofKind('vault_operation_failed')).toMatchObject([{ state: 'open', subject: 'verify' }]);
    await verify(null);
    expect(await ofKind('vault_damaged')).toMatchObject([{ state: 'resolved' }]);
    expect(await ofKind('vault_operation_failed')).toMatchObject([{ state: 'resolved' }]);
  });
});

describe('a host', () => {
  it('whose recovery area is at 90 % raises an alert that stands until it is down to 85 %', async () => {
    const databaseId = await fixture.newDatabase();
    const report = (percent: number) =>
      noteRecoveryArea(session(), { databaseId, percent, principal: 'host' });
    await report(89);
    expect(await alertsOf(databaseId)).toEqual([]);
    await report(90);
    await report(95);
    expect(await only(databaseId, 'recovery_area_filling')).toMatchObject({ count: 1, state: 'open' });
    await report(86);
    expect(await only(databaseId, 'recovery_area_filling')).toMatchObject({ state: 'open' });
    await report(85);
    expect(await only(databaseId, 'recovery_area_filling')).toMatchObject({ state: 'resolved' });
  });

  it('that lost an instance in a run raises one alert for it, with instance, host, time and phase', async () => {
    const databaseId = await fixture.newDatabase();
    const run = await runningRun(fixture, databaseId);
    const lost = { ...run, instance: 'ORCL2', instanceHost: 'db2', phase: 'transfer' } as const;
    expect(await recordInstanceLost(session(), lost)).toBeNull();
    expect(await recordInstanceLost(session(), lost)).toBeNull();
    expect(await recordInstanceLost(session(), { ...lost, instance: 'ORCL3' })).toBeNull();
    const alerts = await alertsOf(databaseId, 'instance_lost');
    expect(alerts.map((a) => [a.subject, a.count])).toEqual([
      [`${run.runId}/ORCL3`, 1],
      [`${run.runId}/ORCL2`, 1],
    ]);
    expect(alerts[1]?.detail).toMatch(
      /^instance ORCL2 on db2 was lost at \d{4}-.*Z in phase transfer of run run_/,
    );
    expect(code(await recordInstanceLost(session(), { ...lost, fence: run.fence - 1 }))).toBe('ADY_FENCED');
    await failRun(session(), { ...run, outcome: 'failed', reason: failure });
    expect(code(await recordInstanceLost(session(), lost))).toBe('ADY_RUN_STATE');
    await goodBackup(databaseId);
    expect((await alertsOf(databaseId, 'instance_lost')).map((a) => a.state)).toEqual([
      'resolved',
      'resolved',
    ]);
  });

  it('whose agent is silent for two minutes raises an alert, once', async () => {
    await recordPresence(session(), { id: fixture.hostId, incarnation: 'i', version: 'v' });
    await sweepAlerts(session());
    const silent = async () => (await ofKind('agent_not_running')).filter((a) => a.state === 'open');
    await fixture.moveClock(110);
    await sweepAlerts(session());
    expect(await silent()).toEqual([]);
    await fixture.moveClock(11);
    await sweepAlerts(session());
    await sweepAlerts(session());
    expect(await silent()).toMatchObject([{ subject: fixture.hostId, count: 1 }]);
    await recordPresence(session(), { id: fixture.hostId, incarnation: 'i', version: 'v' });
    expect(await silent()).toEqual([]);
  });
});

describe('slots that bring no recovery point', () => {
  async function scheduled(databaseId: DatabaseId, kind: 'auto' | 'archivelog'): Promise<ScheduleId> {
    const id = nextId<ScheduleId>('sch');
    const timing = { kind, cron: '0 * * * *', timeZone: 'UTC', expiryWindowMinutes: 30 };
    await createSchedule(session(), {
      id,
      databaseId,
      ...timing,
      nextAt: new Date('2999-01-01'),
      principal: 'api',
    });
    return id;
  }
  /** A slot that came so many minutes ago and ended as missed. */
  async function slot(
    databaseId: DatabaseId,
    scheduleId: ScheduleId,
    minutesAgo: number,
    lane = 'data',
  ): Promise<void> {
    await sql`INSERT INTO adyton.requests (id, database_id, operation, trigger, kind, lane, state, principal, schedule_id, scheduled_at)
      VALUES (${nextId('req')}, ${databaseId}, 'backup', 'scheduled', 'auto', ${lane}, 'missed', 'system', ${scheduleId},
        adyton.now() - make_interval(mins => ${minutesAgo}))`.execute(session());
  }

  it('make a backup overdue at the second one, and a recovery point ends it in its own transaction', async () => {
    const databaseId = await fixture.newDatabase();
    const scheduleId = await scheduled(databaseId, 'auto');
    await slot(databaseId, scheduleId, 60);
    await sweepAlerts(session());
    expect(await alertsOf(databaseId, 'data_backup_overdue')).toEqual([]);
    await slot(databaseId, scheduleId, 0);
    await sweepAlerts(session());
    await sweepAlerts(session());
    expect(await only(databaseId, 'data_backup_overdue')).toMatchObject({
      state: 'open',
      count: 1,
      severity: 'critical',
    });
    await goodBackup(databaseId);
    expect(await only(databaseId, 'data_backup_overdue')).toMatchObject({ state: 'resolved' });
    await sweepAlerts(session());
    expect(await alertsOf(databaseId, 'data_backup_overdue')).toHaveLength(1);
  });

  it('of the data lane are not made good by logs, those of the log lane are by any backup', async () => {
    const databaseId = await fixture.newDatabase();
    const [data, log] = [await scheduled(databaseId, 'auto'), await scheduled(databaseId, 'archivelog')];
    for (const minutesAgo of [60, 30]) {
      await slot(databaseId, data, minutesAgo);
      await slot(databaseId, log, minutesAgo, 'log');
    }
    await sweepAlerts(session());
    expect(await alertsOf(databaseId)).toMatchObject([{ state: 'open' }, { state: 'open' }]);
    const run = await committingRun(fixture, databaseId);
    await insertRecoveryPoint(session(), {
      ...manifestOf(run),
      recoveryPointId: nextId<RecoveryPointId>('rpt'),
      runId: run.runId,
      databaseId,
      contents: contents({ level: 'archivelog' }),
      startedAt: new Date(),
      completedAt: new Date(),
    });
    await sweepAlerts(session());
    expect(await only(databaseId, 'log_backup_overdue')).toMatchObject({
      state: 'resolved',
      resolution: 'the cause is gone',
    });
    expect(await only(databaseId, 'data_backup_overdue')).toMatchObject({ state: 'open' });
  });

  it('are no promise any more when the schedule is gone', async () => {
    const databaseId = await fixture.newDatabase();
    const scheduleId = await scheduled(databaseId, 'auto');
    for (const minutesAgo of [60, 30]) await slot(databaseId, scheduleId, minutesAgo);
    await sweepAlerts(session());
    await sql`DELETE FROM adyton.schedules WHERE id = ${scheduleId}`.execute(session());
    await sweepAlerts(session());
    expect(await only(databaseId, 'data_backup_overdue')).toMatchObject({ state: 'resolved' });
  });
});

it('an outbox that nobody empties for a minute raises an alert until it is empty', async () => {
  const stuck = async () => (await ofKind('queue_stuck')).filter((a) => a.state === 'open').length;
  await sql`UPDATE adyton.outbox SET relayed_at = adyton.now()`.execute(session());
  await fixture.newDatabase();
  await sweepAlerts(session());
  expect(await stuck()).toBe(0);
  await fixture.moveClock(61);
  await sweepAlerts(session());
  expect(await stuck()).toBe(1);
  await sql`UPDATE adyton.outbox SET relayed_at = adyton.now()`.execute(session());
  await sweepAlerts(session());
  expect(await stuck()).toBe(0);
});

it("RMAN's records that somebody changed raise one alert, until a run of data files finds them right", async () => {
  const databaseId = await fixture.newDatabase();
  const planned = async (verdicts: readonly ('ok' | 'warning')[]): Promise<void> => {
    const run = await claimedRun(fixture, databaseId);
    const evidence = '2 piece(s) gone from the record: k/1, k/2';
    const checks = verdicts.map((verdict) => ({
      code: RECORDS_CHECK,
      verdict,
      evidence,
      hint: 'find out who',
    }));
    const stored = { ...run, plan: { ...plan, files: [], archivedLogs: [], checks }, scripts: [] };
    expect(await storePlan(session(), stored)).toBeNull();
    expect(await storePlan(session(), stored)).toBeNull(); // again when the logs are known
    await failRun(session(), { ...run, outcome: 'cancelled', reason: failure });
  };
  await planned(['ok']);
  expect(await alertsOf(databaseId, 'rman_records_changed')).toEqual([]);
  await planned(['warning']);
  const alert = await only(databaseId, 'rman_records_changed');
  expect(alert).toMatchObject({ state: 'open', severity: 'warning', count: 1 });
  expect(alert.detail).toContain('2 piece(s) gone from the record: k/1, k/2');
  await planned([]);
  expect(await only(databaseId, 'rman_records_changed')).toMatchObject({ state: 'open' });
  await planned(['ok']);
  expect(await only(databaseId, 'rman_records_changed')).toMatchObject({ state: 'resolved' });
});
