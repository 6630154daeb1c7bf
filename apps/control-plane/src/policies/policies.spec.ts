// Policies over HTTP on a real Postgres: what a change does to schedules, grants and recovery points, and what a simulation shows.
import { agentRoutes, callRoute, restRoutes, type Database, type PolicyDetail } from '@adyton/contracts';
import {
  claimedBackup,
  completeBackup,
  newSite,
  startTestServer,
  type TestServer,
} from '../testing/test-server';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
}, 60_000);
afterAll(() => server.close());

type Policy = PolicyDetail['policy'];
const weekly = {
  fullCron: '30 1 * * 0',
  incrementalCron: '30 1 * * 1-6',
  logEveryMinutes: 15,
  timeZone: 'Europe/Berlin',
  retention: { recoveryWindowDays: 30, redundancy: null },
} as const;

const set = (database: Database, policy: Partial<Policy>, acceptedPlan?: string) =>
  callRoute(server.api, restRoutes.changePolicy, {
    params: { database: database.name },
    body: { policy: { ...weekly, ...policy }, ...(acceptedPlan === undefined ? {} : { acceptedPlan }) },
  });
const simulate = (database: Database, body: { policy?: Policy; at?: string; slots?: number } = {}) =>
  callRoute(server.api, restRoutes.simulatePolicy, { params: { database: database.name }, body });
const schedulesOf = async (database: Database) =>
  (await callRoute(server.api, restRoutes.listSchedules, { params: { database: database.name } })).items;

/** A database with recovery points that were completed so many days ago, newest last. */
async function databaseWithPoints(...daysAgo: number[]): Promise<Database> {
  const { run, hostApi, database } = await claimedBackup(server);
  const pointId = await completeBackup(hostApi, run);
  for (const days of daysAgo) {
    const [runId, newPointId] = [server.parts.newId('RunId'), server.parts.newId('RecoveryPointId')];
    await server.sql(
      `INSERT INTO adyton.runs (id, request_id, database_id, host_id, operation, lane, attempt, state, phase,
         agent_incarnation, sbt_token_sha256, lease_until)
       SELECT $2, request_id, database_id, host_id, operation, lane, 100 + $3::int, 'succeeded', phase,
         agent_incarnation, sbt_token_sha256, lease_until FROM adyton.runs WHERE id = $1`,
      [run.runId, runId, days],
    );
    await server.sql(
      `INSERT INTO adyton.recovery_points (id, database_id, run_id, level, tag, resetlogs_scn, consistent_scn,
         redo_from_scn, manifest_key, manifest_sha256, totals, contents, started_at, completed_at)
       SELECT $2, database_id, $3, level, tag, resetlogs_scn, consistent_scn, redo_from_scn, manifest_key, manifest_sha256,
         totals, contents, t.at, t.at
       FROM adyton.recovery_points, (SELECT adyton.now() - make_interval(days => $4::int) AS at) t WHERE id = $1`,
      [pointId, newPointId, runId, days],
    );
  }
  await server.sql('DELETE FROM adyton.archived_logs WHERE recovery_point_id = $1', [pointId]);
  await server.sql('DELETE FROM adyton.recovery_points WHERE id = $1', [pointId]);
  return database;
}

it('stands for one schedule of each kind, and a changed policy replaces only the schedules that changed', async () => {
  const { database } = await newSite(server);
  await callRoute(server.api, restRoutes.createSchedule, {
    params: { database: database.name },
    body: { kind: 'auto', cron: '0 3 * * *', timeZone: 'UTC', expiryWindowMinutes: 60 },
  });
  await set(database, {});
  const before = await schedulesOf(database);
  expect(before.map((s) => [s.kind, s.ofPolicy])).toEqual([
    ['auto', false],
    ['full', true],
    ['incremental', true],
    ['archivelog', true],
  ]);
  await set(database, { logEveryMinutes: 30, expiryWindowMinutes: 90 });
  const after = await schedulesOf(database);
  expect(after.slice(0, 3).map((s) => s.id)).toEqual(before.slice(0, 3).map((s) => s.id));
  expect(after.find((s) => s.kind === 'full')?.expiryWindowMinutes).toBe(90);
  expect(after.find((s) => s.kind === 'archivelog')?.cron).toBe('*/30 * * * *');
  await set(database, { enabled: false });
  expect((await schedulesOf(database)).map((s) => s.kind)).toEqual(['auto']);
});

it('refuses what cannot be a policy, and names the field', async () => {
  const { database } = await newSite(server);
  const path = `/api/v1/databases/${database.name}/policy`;
  const put = async (policy: object): Promise<string> => {
    const reply = await server.send(path, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ policy: { ...weekly, ...policy } }),
    });
    expect(reply.status).toBe(422);
    return JSON.stringify(await reply.json());
  };
  expect(await put({ fullCron: '99 99 * * *' })).toContain('/policy/fullCron');
  expect(await put({ timeZone: 'Mars/Olympus' })).toContain('timeZone');
  expect(await put({ logEveryMinutes: 7 })).toContain('/policy/logEveryMinutes');
  expect(await put({ retention: { recoveryWindowDays: null, redundancy: null } })).toContain(
    '/policy/retention',
  );
  const none = await server.send(path);
  expect(none.status).toBe(404);
});

it('S4.6 allows backups of the primary alone, and refuses a standby with the reason', async () => {
  const { database } = await newSite(server);
  expect((await set(database, {})).policy.databaseRoles).toEqual(['primary']);
  const standby = { databaseRoles: ['primary', 'physical-standby'] as Policy['databaseRoles'] };
  await expect(set(database, standby)).rejects.toMatchObject({
    code: 'ADY_DATABASE_ROLE',
    message: expect.stringContaining('a standby cannot be backed up') as string,
  });
  await server.sql(
    `UPDATE adyton.policies SET document = document - 'databaseRoles' WHERE database_id = $1`,
    [database.id],
  );
  expect((await simulate(database, { slots: 1 })).nextRuns).toHaveLength(1); // as a release before wrote it
});

it('simulates the next runs in local time across the change of clocks', async () => {
  const { database } = await newSite(server);
  await set(database, { incrementalCron: null, logEveryMinutes: null, expiryWindowMinutes: 60 });
  const { nextRuns } = await simulate(database, { at: '2027-10-20T00:00:00.000Z', slots: 3 });
  expect(nextRuns.map((r) => [r.kind, r.scheduledAt, r.expiresAt])).toEqual([
    ['full', '2027-10-23T23:30:00.000Z', '2027-10-24T00:30:00.000Z'],
    ['full', '2027-10-30T23:30:00.000Z', '2027-10-31T00:30:00.000Z'],
    ['full', '2027-11-07T00:30:00.000Z', '2027-11-07T01:30:00.000Z'],
  ]);
});

it('simulates retention on any day and changes nothing by it', async () => {
  const database = await databaseWithPoints(40, 20, 2);
  await set(database, {});
  const now = await simulate(database);
  expect(now.retention.kept.map((p) => p.reason)).toEqual(['window', 'window', 'window-base']);
  const later = await simulate(database, { at: '2099-01-01T00:00:00.000Z' });
  expect(later.retention.kept.map((p) => p.reason)).toEqual(['window-base']);
  expect(later.retention.expired).toHaveLength(2);
  expect(await simulate(database).then((s) => s.retention.kept)).toEqual(now.retention.kept);
  const { items } = await callRoute(server.api, restRoutes.listRecoveryPoints, {
    query: { database: database.name },
  });
  expect(items.map((p) => p.state)).toEqual(['available', 'available', 'available']);
});

it('lets no recovery point go by a change of policy unless the plan was shown', async () => {
  const database = await databaseWithPoints(40, 20, 2);
  await set(database, {});
  const shorter = { retention: { recoveryWindowDays: 1, redundancy: 1 } };
  await expect(set(database, shorter)).rejects.toMatchObject({ code: 'ADY_RETENTION_PLAN_REQUIRED' });
  await expect(set(database, shorter, 'another')).rejects.toMatchObject({
    code: 'ADY_RETENTION_PLAN_REQUIRED',
  });
  const { policy } = await callRoute(server.api, restRoutes.getPolicy, {
    params: { database: database.name },
  });
  expect(policy.retention).toEqual(weekly.retention);
  const plan = await simulate(database, { policy: { ...policy, ...shorter } });
  expect(plan.retention.expired).toHaveLength(2);
  await set(database, shorter, plan.retention.digest);
  await set(database, { ...shorter, jitterSeconds: 60 }); // lets nothing more go
});

it('gives the bandwidth limit to the sessions of a run with their grant', async () => {
  const { run, hostApi, database } = await claimedBackup(server);
  await callRoute(hostApi, agentRoutes.reportIdentity, {
    params: { id: database.id },
    body: { dbid: '1', dbUniqueName: 'ORCL' },
  });
  const grant = () => callRoute(hostApi, agentRoutes.getGrant, { params: { id: run.runId } });
  expect(await grant()).not.toHaveProperty('bandwidthBytesPerSecond');
  await set(database, { bandwidthBytesPerSecond: 10_000_000 });
  expect(await grant()).toMatchObject({ bandwidthBytesPerSecond: 10_000_000 });
});

it('asks for a log backup once when the recovery area is fuller than the policy allows', async () => {
  const { database, host } = await newSite(server);
  const hostApi = { baseUrl: server.url, token: host.token };
  const report = (percent: number) =>
    callRoute(hostApi, agentRoutes.reportRecoveryArea, { params: { id: database.id }, body: { percent } });
  const requests = async () =>
    (await callRoute(server.api, restRoutes.listBackupRequests, { query: { database: database.name } }))
      .items;
  await report(99);
  expect(await requests()).toEqual([]);
  await set(database, { logWhenRecoveryAreaPercent: 80 });
  await report(80);
  expect(await requests()).toEqual([]);
  await report(81);
  await report(90);
  expect(await requests()).toMatchObject([{ kind: 'archivelog', lane: 'log', trigger: 'scheduled' }]);
});
