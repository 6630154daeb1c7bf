// The control-plane over HTTP, on a real Postgres, Redis and directory store: the whole flow of a backup and a restore, and every refusal.
import { agentRoutes, callRoute, restRoutes, type Problem } from '@adyton/contracts';
import { createInspector, openHostQueues, type JobPresence } from '@adyton/queue';
import { findReconcileCandidates, redispatch, sweepLostRuns } from '@adyton/ledger';
import {
  API_TOKEN,
  claimedBackup,
  completeBackup,
  markRunning,
  newSite,
  startTestServer,
  type TestServer,
} from './testing/test-server';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  // a Redis this young does not know who runs: tests of absent agents need it older
  for (;;) {
    const info = await server.parts.redis.info('server');
    if (Number(/uptime_in_seconds:(\d+)/.exec(info)?.[1]) >= 6) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}, 60_000);
afterAll(() => server.close());

const json = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
async function problem(reply: Response): Promise<Problem> {
  expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const document = (await reply.json()) as Problem;
  expect(document.status).toBe(reply.status);
  return document;
}
const ask = (database: string, headers = {}) =>
  server.send('/api/v1/backup-requests', json({ database }, headers));

describe('a manual backup', () => {
  it('S1.1 goes from request to recovery point, and the commit is idempotent', async () => {
    const { run, hostApi, host, database } = await claimedBackup(server);
    expect(run).toMatchObject({ operation: 'backup', kind: 'auto', lastPoint: null, lastLogs: [] });
    const identity = { dbid: '1234567890', dbUniqueName: 'ORCL' };
    await callRoute(hostApi, agentRoutes.reportIdentity, { params: { id: database.id }, body: identity });
    const grant = await callRoute(hostApi, agentRoutes.getGrant, { params: { id: run.runId } });
    expect(grant).toMatchObject({ ...identity, mode: 'backup', fence: run.fence, state: 'planning' });
    const pointId = await completeBackup(hostApi, run);
    const again = await callRoute(hostApi, agentRoutes.reportCommitted, {
      params: { id: run.runId },
      body: {
        fence: run.fence,
        manifestKey: `manifest/${run.runId}`,
        manifestSha256: 'c'.repeat(64),
        totals: { bytesRead: 300, bytesNew: 150, bytesStored: 120 },
      },
    });
    expect(again.recoveryPointId).toBe(pointId);
    const detail = await callRoute(server.api, restRoutes.getRun, { params: { id: run.runId } });
    expect(detail).toMatchObject({ state: 'succeeded', recoveryPointId: pointId, hostId: host.id });
    const points = await callRoute(server.api, restRoutes.listRecoveryPoints, {
      query: { database: database.name },
    });
    expect(points.items.map((p) => p.id)).toEqual([pointId]);
    const known = await callRoute(hostApi, agentRoutes.lookUpPieces, {
      params: { id: database.id },
      body: { handles: ['k/df1', 'k/other'] },
    });
    expect(known).toEqual({ known: ['k/df1'] });
  });

  it('S1.1 rings the doorbell of the host within a second', async () => {
    const { host, database } = await newSite(server);
    await markRunning(server, host);
    const request = await callRoute(server.api, restRoutes.createBackupRequest, {
      body: { database: database.name },
    });
    expect(await jobOnQueue(host.id, `${request.id}.1`)).toBe('pending');
  });

  it('S1.2 fails in the same answer when the agent does not run, and the answer links the failed request', async () => {
    const { database } = await newSite(server);
    const refused = await problem(await ask(database.name));
    expect(refused).toMatchObject({ code: 'ADY_AGENT_NOT_RUNNING', status: 409 });
    const linked = await server.send(refused.links?.['request'] ?? '');
    expect(await linked.json()).toMatchObject({
      state: 'failed',
      runId: null,
      reason: { code: 'ADY_AGENT_NOT_RUNNING' },
    });
  });

  it('S2.5 is refused with links while another one is on its way', async () => {
    const { run, database } = await claimedBackup(server);
    const refused = await problem(await ask(database.name));
    expect(refused).toMatchObject({
      code: 'ADY_RUN_ACTIVE',
      links: { run: `/api/v1/runs/${run.runId}`, request: `/api/v1/backup-requests/${run.requestId}` },
    });
  });

  it('is made once under one Idempotency-Key, and the key refuses another body', async () => {
    const { host, database } = await newSite(server);
    await markRunning(server, host);
    const key = { 'idempotency-key': 'a-key' };
    const replies = await Promise.all([ask(database.name, key), ask(database.name, key)]);
    const [first, second] = (await Promise.all(replies.map((r) => r.json()))) as { id: string }[];
    expect(second).toEqual(first);
    expect(replies.map((r) => r.status)).toEqual([202, 202]);
    expect(replies.map((r) => r.headers.get('idempotency-replayed')).sort()).toEqual([null, 'true'].sort());
    const other = await server.send(
      '/api/v1/backup-requests',
      json({ database: database.name, kind: 'full' }, key),
    );
    expect(await problem(other)).toMatchObject({ code: 'ADY_IDEMPOTENCY_MISMATCH', status: 422 });
  });

  it('answers a failed request again under its Idempotency-Key', async () => {
    const { database } = await newSite(server);
    const key = { 'idempotency-key': 'failing' };
    const first = await problem(await ask(database.name, key));
    const second = await problem(await ask(database.name, key));
    expect(second.links).toEqual(first.links);
  });
});

describe('a run that did not end well', () => {
  it('S1.9 is failed by the lease sweep, told to its agent as fenced, and can be replayed with a reason', async () => {
    const { run, hostApi, database } = await claimedBackup(server);
    await server.moveClock(31);
    expect(await sweepLostRuns(server.parts.ledger.session)).toContain(run.runId);
    const beat = await callRoute(hostApi, agentRoutes.heartbeat, {
      params: { id: run.runId },
      body: { fence: run.fence, phase: 'transfer' },
    });
    expect(beat).toMatchObject({ answer: 'fenced', state: 'failed', reason: { code: 'ADY_AGENT_LOST' } });
    const replayed = await callRoute(server.api, restRoutes.replayRun, {
      params: { id: run.runId },
      body: { reason: 'the host is back' },
    });
    expect(replayed).toMatchObject({ trigger: 'replay', replayOf: run.runId, databaseId: database.id });
    const [audit] = await server.sql<{ detail: string }>(
      'SELECT detail FROM adyton.audit_events WHERE subject = $1',
      [replayed.id],
    );
    expect(audit?.detail).toBe('the host is back');
  });

  it('is cancelled through the heartbeat, and a successful one cannot be replayed', async () => {
    const { run, hostApi } = await claimedBackup(server);
    await callRoute(server.api, restRoutes.cancelRun, { params: { id: run.runId } });
    const beat = { params: { id: run.runId }, body: { fence: run.fence, phase: 'transfer' as const } };
    expect(await callRoute(hostApi, agentRoutes.heartbeat, beat)).toMatchObject({ answer: 'cancel' });
    const good = await claimedBackup(server);
    await completeBackup(good.hostApi, good.run);
    const replay = server.send(`/api/v1/runs/${good.run.runId}/replay`, json({ reason: 'just so' }));
    expect(await problem(await replay)).toMatchObject({ code: 'ADY_NOT_REPLAYABLE' });
  });
});

describe('a restore', () => {
  it('is planned from the ledger, needs the database name, and is claimed with its plan', async () => {
    const { run, hostApi, host, database } = await claimedBackup(server);
    const pointId = await completeBackup(hostApi, run);
    const plan = await callRoute(server.api, restRoutes.createRestorePlan, {
      body: {
        database: database.name,
        untilScn: null,
        target: { directory: '/u03/copy', oracleSid: 'COPY' },
      },
    });
    expect(plan).toMatchObject({
      basePoint: pointId,
      untilScn: '1010',
      controlFileHandle: 'k/cf',
      handles: ['k/cf', 'k/df1', 'k/log7'],
      archivedLogs: [{ thread: 1, sequence: 7 }],
      bytesToRead: 300,
      runId: null,
    });
    expect(plan.script).toContain('until SCN 1010');
    const execute = `/api/v1/restore-plans/${plan.id}/execute`;
    const refused = await problem(await server.send(execute, json({ confirm: 'OTHER' })));
    expect(refused).toMatchObject({ code: 'ADY_CONFIRMATION_MISMATCH', status: 422 });
    await markRunning(server, host);
    const request = await callRoute(server.api, restRoutes.executeRestorePlan, {
      params: { id: plan.id },
      body: { confirm: database.name },
    });
    const claimed = await callRoute(hostApi, agentRoutes.claimRequest, {
      params: { id: request.id },
      body: { incarnation: 'i1' },
    });
    expect(claimed).toMatchObject({ operation: 'restore', lane: 'restore', plan: { id: plan.id } });
    const done = await callRoute(server.api, restRoutes.getRestorePlan, { params: { id: plan.id } });
    expect(done.runId).toBe(claimed.runId);
  });

  it('says how far back and forth it could go', async () => {
    const { run, hostApi, database } = await claimedBackup(server);
    const plan = (untilScn: string | null) =>
      server.send(
        '/api/v1/restore-plans',
        json({ database: database.name, untilScn, target: { directory: '/u03/x', oracleSid: 'X' } }),
      );
    expect(await problem(await plan(null))).toMatchObject({ code: 'ADY_NO_RECOVERY_POINT' });
    await completeBackup(hostApi, run);
    expect(await problem(await plan('999'))).toMatchObject({
      code: 'ADY_NO_RECOVERY_POINT',
      detail: expect.stringContaining('1000'),
    });
    expect(await problem(await plan('2000'))).toMatchObject({
      code: 'ADY_NOT_RECOVERABLE',
      detail: expect.stringContaining('1010'),
    });
  });
});

describe('a problem', () => {
  it.each([
    ['malformed JSON', () => server.send('/api/v1/hosts', json('{"name":')), 400, 'ADY_MALFORMED_REQUEST'],
    ['no JSON at all', () => server.send('/api/v1/hosts', { method: 'POST' }), 400, 'ADY_MALFORMED_REQUEST'],
    ['an unknown database', () => ask('NOPE'), 404, 'ADY_DATABASE_UNKNOWN'],
    ['an unknown route', () => server.send('/api/v1/nothing'), 404, 'ADY_NOT_FOUND'],
    ['an unknown run', () => server.send('/api/v1/runs/run_x'), 404, 'ADY_NOT_FOUND'],
    ['an unknown query', () => server.send('/api/v1/runs?limit=many'), 422, 'ADY_INVALID_REQUEST'],
    ['a wrong token', () => ask('X', { authorization: 'Bearer wrong' }), 401, 'ADY_UNAUTHENTICATED'],
    ['an unknown host token', () => ask('X', { authorization: 'Bearer adh_x' }), 401, 'ADY_UNAUTHENTICATED'],
    ['no token', () => fetch(new URL('/api/v1/runs', server.url)), 401, 'ADY_UNAUTHENTICATED'],
    [
      'a body over 1 MiB',
      () => server.send('/api/v1/hosts', json({ name: 'a'.repeat(1_048_577) })),
      413,
      'ADY_REQUEST_TOO_LARGE',
    ],
  ])('answers %s', async (_, send, status, code) => {
    const document = await problem(await send());
    expect(document).toMatchObject({ status, code, type: `urn:adyton:error:${code}` });
    expect(document.requestId).toBeTruthy();
  });

  it('names each invalid field', async () => {
    const reply = await server.send('/api/v1/hosts', json({ name: 'two words', more: 1 }));
    const document = await problem(reply);
    expect(document).toMatchObject({ code: 'ADY_INVALID_REQUEST', status: 422 });
    expect(document.errors?.map((e) => e.pointer)).toContain('/name');
  });

  it('carries the request id of the answer, also one the caller brought', async () => {
    const reply = await server.send('/api/v1/nothing', { headers: { 'x-request-id': 'mine-1' } });
    expect(reply.headers.get('x-request-id')).toBe('mine-1');
    expect((await problem(reply)).requestId).toBe('mine-1');
  });

  it('refuses a name that is taken', async () => {
    const { host } = await newSite(server);
    const reply = await server.send('/api/v1/hosts', json({ name: host.name }));
    expect(await problem(reply)).toMatchObject({ code: 'ADY_ALREADY_EXISTS', status: 409 });
  });
});

describe('a schedule', () => {
  it('is created with its first slot in its own time zone, listed and deleted', async () => {
    const { database } = await newSite(server);
    const params = { database: database.name };
    const made = await callRoute(server.api, restRoutes.createSchedule, {
      params,
      body: { kind: 'auto', cron: '30 2 * * *', timeZone: 'Asia/Kolkata', expiryWindowMinutes: 60 },
    });
    expect(made.nextAt).toMatch(/T21:00:00\.000Z$/); // 02:30 at +05:30
    const list = () => callRoute(server.api, restRoutes.listSchedules, { params });
    expect((await list()).items).toEqual([made]);
    await callRoute(server.api, restRoutes.deleteSchedule, { params: { id: made.id } });
    expect((await list()).items).toEqual([]);
  });

  it.each([
    ['0 25 * * *', 'UTC', '/cron'],
    ['* * * * * *', 'UTC', '/cron'],
    ['0 2 * * *', 'Mars/Olympus', '/timeZone'],
  ])('is refused for %s in %s', async (cron, timeZone, pointer) => {
    const { database } = await newSite(server);
    const body = { kind: 'auto', cron, timeZone, expiryWindowMinutes: 60 };
    const document = await problem(
      await server.send(`/api/v1/databases/${database.name}/schedules`, json(body)),
    );
    expect(document).toMatchObject({ code: 'ADY_INVALID_REQUEST', errors: [{ pointer }] });
  });
});

it('examines ledger, queue, store, vault, hosts and databases', async () => {
  const { host, database } = await newSite(server);
  const { checks } = await callRoute(server.api, restRoutes.doctor, {});
  const verdict = (name: string) => checks.find((c) => c.name === name)?.verdict;
  expect(['ledger', 'queue', 'object-store', 'vault'].map(verdict)).toEqual(['ok', 'ok', 'ok', 'ok']);
  expect(verdict(`host ${host.name}`)).toBe('failed');
  expect(verdict(`database ${database.name}`)).toBe('warning');
});

it('records presence in the ledger and shows it with the host', async () => {
  const { host, hostApi } = await newSite(server);
  await callRoute(hostApi, agentRoutes.presence, { body: { incarnation: 'i1', version: '0.1.0' } });
  await markRunning(server, host);
  const { items } = await callRoute(server.api, restRoutes.listHosts, { query: { limit: 200 } });
  expect(items.find((h) => h.id === host.id)).toMatchObject({ agent: 'running', agentVersion: '0.1.0' });
});

it('serves health and the API description without a token', async () => {
  const open = (path: string) => fetch(new URL(path, server.url));
  expect(await (await open('/health/live')).json()).toEqual({ status: 'live' });
  expect(await (await open('/health/ready')).json()).toEqual({ status: 'ready' });
  expect(await (await open('/api/v1/openapi.json')).json()).toMatchObject({ openapi: '3.1.0' });
  expect((await open('/api/v1/version')).status).toBe(200);
});

describe('without Redis', () => {
  it('S1.2 a manual request is 503 and leaves nothing behind; a flushed queue is filled again from the ledger', async () => {
    const { host, database } = await newSite(server);
    await markRunning(server, host);
    const request = await callRoute(server.api, restRoutes.createBackupRequest, {
      body: { database: database.name, kind: 'archivelog' },
    });
    await jobOnQueue(host.id, `${request.id}.1`);
    await server.redis.stop();
    const begun = performance.now();
    const refused = await problem(await ask(database.name));
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect(refused).toMatchObject({ code: 'ADY_QUEUE_UNAVAILABLE', status: 503 });
    const left = await server.sql("SELECT 1 FROM adyton.requests WHERE database_id = $1 AND kind = 'auto'", [
      database.id,
    ]);
    expect(left).toEqual([]);
    const ready = await fetch(new URL('/health/ready', server.url));
    expect(await problem(ready)).toMatchObject({ code: 'ADY_QUEUE_UNAVAILABLE' });

    await server.redis.restart(); // empty
    await server.moveClock(6);
    const candidates = await findReconcileCandidates(server.parts.ledger.session, {
      requestSeconds: 5,
      commitSeconds: 30,
      uncatalogSeconds: 300,
    });
    const lost = candidates.find((c) => c.jobId === `${request.id}.1`);
    if (lost === undefined) throw new Error('the reconciler does not know the lost job');
    await redispatch(server.parts.ledger.session, lost);
    expect(await jobOnQueue(host.id, `${request.id}.2`)).toBe('pending');
  }, 30_000);
});

/** What the queue says of a job, as soon as the relay brought it there. */
async function jobOnQueue(hostId: string, jobId: string): Promise<JobPresence> {
  const queues = openHostQueues(server.parts.redis);
  const inspector = createInspector(queues);
  try {
    for (let look = 0; look < 100; look += 1) {
      const presence = await inspector.presenceOf('agent', hostId, jobId).catch(() => 'absent' as const);
      if (presence !== 'absent') return presence;
      await new Promise((resolve) => setTimeout(resolve, 50)); // the relay is another loop; nothing tells when it sent
    }
    return 'absent';
  } finally {
    await queues.close();
  }
}

it('never shows the API token', async () => {
  const replies = await Promise.all(['/api/v1/doctor', '/api/v1/hosts'].map((p) => server.send(p)));
  for (const reply of replies) expect(await reply.text()).not.toContain(API_TOKEN);
});
