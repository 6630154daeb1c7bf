// Step 1 of the workflow on a real Postgres: admission, claim, expiry, and that exactly one of claim and expiry wins.
import { sql } from 'kysely';
import { setTimeout as pause } from 'node:timers/promises';
import { listAuditEvents } from './audit-events';
import { cancelRequest } from './cancel-request';
import { createRequest } from './create-request';
import { findRequest, listRequests, markWaiting } from './requests';
import { inTransaction, readNow } from './ledger';
import { isRefusal } from './runs';
import { sweepExpiredRequests, sweepUnclaimedRequests } from './sweeps';
import { admitted, claim, claimedRun, code, manualRequest, useLedger } from './testing/ledger-fixture';
import { type NewRequest } from './create-request';
import { type DatabaseId, type HostId, type RequestId, type ScheduleId } from '@adyton/domain';

/** Between two looks at who waits, ms. */
const LOOK_MS = 20;

const fixture = useLedger();

async function unsent(requestId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) FROM adyton.outbox WHERE job_id LIKE ${`${requestId}.%`}`.execute(fixture.ledger.session);
  return rows[0]?.count ?? 0;
}

async function scheduled(databaseId: DatabaseId, inSeconds: number): Promise<NewRequest> {
  const now = await readNow(fixture.ledger.session);
  return manualRequest(databaseId, {
    trigger: 'scheduled',
    presence: 'not-running',
    expiresAt: new Date(now.getTime() + inSeconds * 1000),
    principal: 'system',
  });
}

async function stateOf(id: string): Promise<string | undefined> {
  return (await findRequest(fixture.ledger.session, id))?.state;
}

async function oneWaitsForALock(): Promise<void> {
  const waiting = sql<{
    count: number;
  }>`SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'`;
  for (;;) {
    const { rows } = await waiting.execute(fixture.ledger.session);
    if ((rows[0]?.count ?? 0) > 0) return;
    await pause(LOOK_MS);
  }
}

describe('a manual request', () => {
  it('S1.1 is dispatched, claimed and becomes a run with a fence when the agent runs', async () => {
    const id = await admitted(fixture.ledger, manualRequest(await fixture.newDatabase()));
    expect(await stateOf(id)).toBe('dispatching');
    expect(await unsent(id)).toBe(1);
    const claimed = await claim(fixture, id);
    expect(claimed).toMatchObject({ kind: 'claimed', attempt: 1, operation: 'backup' });
    const request = await findRequest(fixture.ledger.session, id);
    expect(request).toMatchObject({ state: 'claimed', runId: isRefusal(claimed) ? '' : claimed.runId });
  });

  it('S1.2 is on record as failed, with its reason and audit row, when the agent does not run', async () => {
    const request = manualRequest(await fixture.newDatabase(), { presence: 'not-running' });
    const creation = await createRequest(fixture.ledger.session, request);
    expect(creation).toMatchObject({ kind: 'ended', code: 'ADY_AGENT_NOT_RUNNING' });
    expect(await findRequest(fixture.ledger.session, request.id)).toMatchObject({
      state: 'failed',
      runId: null,
      reason: { code: 'ADY_AGENT_NOT_RUNNING' },
    });
    expect(await unsent(request.id)).toBe(0);
    expect(await listAuditEvents(fixture.ledger.session, request.id)).toMatchObject([
      { action: 'request.failed', reason: { code: 'ADY_AGENT_NOT_RUNNING' } },
    ]);
  });

  it('S1.2 leaves nothing behind when the queue cannot be asked', async () => {
    const request = manualRequest(await fixture.newDatabase(), { presence: 'unknown' });
    expect(code(await createRequest(fixture.ledger.session, request))).toBe('ADY_QUEUE_UNAVAILABLE');
    expect(await findRequest(fixture.ledger.session, request.id)).toBeUndefined();
    expect(await unsent(request.id)).toBe(0);
  });

  it('S2.5 is refused with a link while another one waits or runs in its lane, and not in another lane', async () => {
    const database = await fixture.newDatabase();
    const first = await admitted(fixture.ledger, manualRequest(database));
    const second = await createRequest(fixture.ledger.session, manualRequest(database));
    expect(second).toMatchObject({ kind: 'refused', code: 'ADY_RUN_ACTIVE', requestId: first });
    const claimed = await claim(fixture, first);
    const third = await createRequest(fixture.ledger.session, manualRequest(database));
    expect(third).toMatchObject({ code: 'ADY_RUN_ACTIVE', runId: isRefusal(claimed) ? '' : claimed.runId });
    const logs = manualRequest(database, { lane: 'log', kind: 'archivelog' });
    expect(await createRequest(fixture.ledger.session, logs)).toMatchObject({ kind: 'admitted' });
  });

  it('S2.5 lets exactly one of many simultaneous requests through', async () => {
    const database = await fixture.newDatabase();
    const all = await Promise.all(
      Array.from({ length: 8 }, () => createRequest(fixture.ledger.session, manualRequest(database))),
    );
    expect(all.map((c) => c.kind).sort()).toEqual(['admitted', ...Array<string>(7).fill('refused')]);
  });

  it('S1.11 fails when the agent does not claim it in time, whoever finds it first', async () => {
    const swept = await admitted(fixture.ledger, manualRequest(await fixture.newDatabase()));
    const late = await admitted(fixture.ledger, manualRequest(await fixture.newDatabase()));
    await fixture.moveClock(11);
    expect(code(await claim(fixture, late))).toBe('ADY_NOT_CLAIMABLE');
    const found = await sweepUnclaimedRequests(fixture.ledger.session);
    expect(found).toContainEqual({ requestId: swept, hostId: fixture.hostId, jobId: `${swept}.1` });
    expect(found.map((f) => f.requestId)).not.toContain(late);
    for (const id of [swept, late])
      expect(await findRequest(fixture.ledger.session, id)).toMatchObject({
        state: 'failed',
        reason: { code: 'ADY_AGENT_NOT_RUNNING' },
      });
  });

  it('replaces a scheduled request that waits for the agent', async () => {
    const database = await fixture.newDatabase();
    const waiting = await admitted(fixture.ledger, await scheduled(database, 600));
    const manual = await admitted(fixture.ledger, manualRequest(database));
    expect(await stateOf(waiting)).toBe('superseded');
    expect(await stateOf(manual)).toBe('dispatching');
  });
});

describe('a scheduled request', () => {
  it('S1.3 waits, with its doorbell on the way, while the agent does not run', async () => {
    const id = await admitted(fixture.ledger, await scheduled(await fixture.newDatabase(), 600));
    expect(await findRequest(fixture.ledger.session, id)).toMatchObject({
      state: 'waiting_for_agent',
      reason: { code: 'ADY_AGENT_NOT_RUNNING' },
    });
    expect(await unsent(id)).toBe(1);
  });

  it('S1.3 says that it waits when its agent goes away before it claimed, and claims clear the reason', async () => {
    const databaseId = await fixture.newDatabase();
    const request = { ...(await scheduled(databaseId, 600)), presence: 'running' as const };
    await admitted(fixture.ledger, request);
    expect(await stateOf(request.id)).toBe('dispatching');
    expect(await markWaiting(fixture.ledger.session, request.id)).toBe(true);
    expect(await markWaiting(fixture.ledger.session, request.id)).toBe(false);
    expect(await stateOf(request.id)).toBe('waiting_for_agent');
    await claim(fixture, request.id);
    expect(await findRequest(fixture.ledger.session, request.id)).toMatchObject({
      state: 'claimed',
      reason: null,
    });
  });

  it('S1.4 is claimed a second before its window ends, S1.5 expires a second after', async () => {
    const [early, late] = [
      await admitted(fixture.ledger, await scheduled(await fixture.newDatabase(), 600)),
      await admitted(fixture.ledger, await scheduled(await fixture.newDatabase(), 600)),
    ];
    await fixture.moveClock(598);
    expect(await claim(fixture, early)).toMatchObject({ kind: 'claimed' });
    await fixture.moveClock(3);
    expect(code(await claim(fixture, late))).toBe('ADY_EXPIRED');
    expect(await stateOf(late)).toBe('expired');
    expect(code(await claim(fixture, late))).toBe('ADY_NOT_CLAIMABLE');
  });

  it('expires by the sweep, with its reason on record', async () => {
    const id = await admitted(fixture.ledger, await scheduled(await fixture.newDatabase(), 60));
    const sweptIds = async () => (await sweepExpiredRequests(fixture.ledger.session)).map((r) => r.requestId);
    expect(await sweptIds()).not.toContain(id);
    await fixture.moveClock(61);
    expect(await sweptIds()).toContain(id);
    expect(await sweptIds()).toEqual([]);
    expect(await listAuditEvents(fixture.ledger.session, id)).toMatchObject([
      { action: 'request.created' },
      { action: 'request.expired', principal: 'system', reason: { code: 'ADY_EXPIRED' } },
    ]);
  });

  it('S1.8 gives way to the next occurrence of its schedule, and only of its own', async () => {
    const database = await fixture.newDatabase();
    const [daily, weekly] = ['sch_daily' as ScheduleId, 'sch_weekly' as ScheduleId];
    const of = async (scheduleId: ScheduleId, second: number) =>
      admitted(fixture.ledger, {
        ...(await scheduled(database, 600)),
        scheduleId,
        scheduledAt: new Date(Date.UTC(2026, 0, 1, 0, 0, second)),
      });
    const older = await of(daily, 0);
    const full = await of(weekly, 0);
    const newer = await of(daily, 1);
    expect(await Promise.all([older, full, newer].map(stateOf))).toEqual([
      'superseded',
      'waiting_for_agent',
      'waiting_for_agent',
    ]);
    expect((await listAuditEvents(fixture.ledger.session, older)).at(-1)).toMatchObject({
      action: 'request.superseded',
      reason: { code: 'ADY_SUPERSEDED' },
    });
  });
});

describe('a claim', () => {
  it('is refused to another host, and for what does not exist', async () => {
    const id = await admitted(fixture.ledger, manualRequest(await fixture.newDatabase()));
    const stranger = { ...fixture, hostId: 'hst_other' as HostId };
    expect(code(await claim(stranger, id))).toBe('ADY_FORBIDDEN');
    expect(code(await claim(fixture, 'req_none' as RequestId))).toBe('ADY_NOT_FOUND');
    expect(await stateOf(id)).toBe('dispatching');
  });

  it('is refused behind an active run of the lane, and the request goes on waiting', async () => {
    const database = await fixture.newDatabase();
    const run = await claimedRun(fixture, database);
    const waiting = await admitted(fixture.ledger, await scheduled(database, 600));
    expect(await claim(fixture, waiting)).toMatchObject({ code: 'ADY_RUN_ACTIVE', runId: run.runId });
    expect(await stateOf(waiting)).toBe('waiting_for_agent');
  });

  it('succeeds once when two agents ring at the same time', async () => {
    const id = await admitted(fixture.ledger, manualRequest(await fixture.newDatabase()));
    const answers = await Promise.all([claim(fixture, id), claim(fixture, id)]);
    expect(answers.map((a) => a.kind).sort()).toEqual(['claimed', 'refused']);
  });

  it('S1.5 that waits for the row while its window ends starts nothing: the clock is read when the row is its own', async () => {
    const id = await admitted(fixture.ledger, await scheduled(await fixture.newDatabase(), 60));
    const held = Promise.withResolvers<undefined>();
    const released = Promise.withResolvers<undefined>();
    const holding = inTransaction(fixture.ledger.session, async (tx) => {
      await tx.selectFrom('requests').select('id').where('id', '=', id).forUpdate().execute();
      held.resolve(undefined);
      await released.promise;
    });
    await held.promise;
    const claiming = claim(fixture, id);
    await oneWaitsForALock();
    await fixture.moveClock(61);
    released.resolve(undefined);
    await holding;
    expect(code(await claiming)).toBe('ADY_EXPIRED');
    expect(await stateOf(id)).toBe('expired');
  });

  it('gets a larger fence every time', async () => {
    const first = await claimedRun(fixture, await fixture.newDatabase());
    const second = await claimedRun(fixture, await fixture.newDatabase());
    expect(second.fence).toBeGreaterThan(first.fence);
  });
});

it('withdraws an open request, and no other', async () => {
  const id = await admitted(fixture.ledger, manualRequest(await fixture.newDatabase()));
  expect(await cancelRequest(fixture.ledger.session, id, 'api')).toBeNull();
  expect(await stateOf(id)).toBe('cancelled');
  expect(code(await cancelRequest(fixture.ledger.session, id, 'api'))).toBe('ADY_RUN_STATE');
});

it('lists newest first, page by page', async () => {
  const databaseId = await fixture.newDatabase();
  const ids: string[] = [];
  for (let i = 0; i < 3; i += 1) {
    const request = manualRequest(databaseId, { presence: 'not-running' });
    await createRequest(fixture.ledger.session, request);
    ids.unshift(request.id);
  }
  const first = await listRequests(fixture.ledger.session, { limit: 2, databaseId });
  expect(first.items.map((r) => r.id)).toEqual(ids.slice(0, 2));
  const second = await listRequests(fixture.ledger.session, {
    limit: 2,
    databaseId,
    cursor: first.nextCursor ?? '',
  });
  expect(second).toMatchObject({ items: [{ id: ids[2] }], nextCursor: null });
});
