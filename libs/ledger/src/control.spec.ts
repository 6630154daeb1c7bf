// Outbox, reconciler, schedules, idempotency keys and the connection itself, on a real Postgres.
import { AdytonError } from '@adyton/contracts';
import { type RequestId, type ScheduleId } from '@adyton/domain';
import { sql } from 'kysely';
import { commitRecoveryPoint } from './commit-run';
import { createRequest } from './create-request';
import { keepAnswer, pruneIdempotencyKeys, takeIdempotencyKey } from './idempotency-keys';
import { openLedger, readNow } from './ledger';
import { migrateLedger, pendingMigrations } from './migrate-ledger';
import { pruneOutbox, relayOutboxBatch } from './outbox';
import { findReconcileCandidates, redispatch } from './reconcile';
import { findRequest, listRequests } from './requests';
import {
  createSchedule,
  findDueSchedules,
  listSchedules,
  materialiseSlots,
  type DueSchedule,
} from './schedules';
import { listenForOutbox } from './wake-up';
import {
  admitted,
  claim,
  committingRun,
  manifestOf,
  manualRequest,
  nextId,
  useLedger,
} from './testing/ledger-fixture';

const fixture = useLedger();

const session = () => fixture.ledger.session;

async function relayAll(): Promise<string[]> {
  const sent: string[] = [];
  for (;;) {
    const batch = await relayOutboxBatch(fixture.ledger, 50, async (entry) => void sent.push(entry.jobId));
    if (batch.sent === 0) return sent;
  }
}

describe('the outbox', () => {
  it('is emptied by two relays at once without sending anything twice', async () => {
    await relayAll();
    const ids = await Promise.all(
      Array.from({ length: 40 }, async () =>
        admitted(fixture.ledger, manualRequest(await fixture.newDatabase())),
      ),
    );
    const sent: string[] = [];
    const relay = async (): Promise<void> => {
      for (let idle = 0; idle < 3;) {
        const batch = await relayOutboxBatch(fixture.ledger, 5, async (entry) => {
          await sql`SELECT 1`.execute(session()); // gives the other relay a chance
          sent.push(entry.jobId);
        });
        idle = batch.sent === 0 ? idle + 1 : 0;
      }
    };
    await Promise.all([relay(), relay()]);
    const ours = sent.filter((jobId) => jobId.startsWith('req_'));
    expect(ours.sort()).toEqual(ids.map((id) => `${id}.1`).sort());
  });

  it('keeps what could not be sent for the next time', async () => {
    await relayAll();
    const first = await admitted(fixture.ledger, manualRequest(await fixture.newDatabase()));
    const failure = new AdytonError('ADY_QUEUE_UNAVAILABLE', 'down');
    const batch = await relayOutboxBatch(fixture.ledger, 10, () => Promise.reject(failure));
    expect(batch).toEqual({ sent: 0, failure });
    expect(await relayAll()).toContain(`${first}.1`);
  });

  it('does not let one unsendable entry hold up the others', async () => {
    await relayAll();
    const bad = await admitted(fixture.ledger, manualRequest(await fixture.newDatabase()));
    const good = await admitted(fixture.ledger, manualRequest(await fixture.newDatabase()));
    const sent: string[] = [];
    await relayOutboxBatch(fixture.ledger, 10, async (entry) => {
      if (entry.jobId.startsWith(bad)) throw new RangeError('too large');
      sent.push(entry.jobId);
    });
    expect(sent).toContain(`${good}.1`);
    await relayAll();
  });

  it('wakes listeners up when something was written', async () => {
    let woken = Promise.withResolvers<void>();
    const wakeUps = listenForOutbox({ url: fixture.url, onWake: () => woken.resolve() });
    await woken.promise; // it listens now
    woken = Promise.withResolvers<void>();
    await admitted(fixture.ledger, manualRequest(await fixture.newDatabase()));
    await woken.promise;
    await wakeUps.close();
  });

  it('forgets what was sent long ago', async () => {
    await relayAll();
    await fixture.moveClock(100);
    expect(await pruneOutbox(session(), 50)).toBeGreaterThan(0);
    expect(await pruneOutbox(session(), 50)).toBe(0);
  });
});

describe('the reconciler', () => {
  const limits = { requestSeconds: 5, commitSeconds: 30, uncatalogSeconds: 300 };
  const jobIds = async () => (await findReconcileCandidates(session(), limits)).map((c) => c.jobId);

  it('asks about open requests whose job is older than a few seconds, and rings again under a new job id', async () => {
    const id = await admitted(fixture.ledger, manualRequest(await fixture.newDatabase()));
    expect(await jobIds()).not.toContain(`${id}.1`);
    await fixture.moveClock(6);
    const candidate = (await findReconcileCandidates(session(), limits)).find((c) => c.jobId === `${id}.1`);
    if (candidate === undefined) throw new Error('no candidate');
    expect(candidate).toMatchObject({ kind: 'request', family: 'agent', hostId: fixture.hostId });
    expect(await redispatch(session(), candidate)).toBe(`${id}.2`);
    expect(await redispatch(session(), candidate)).toBeNull(); // another reconciler was first
    await claim(fixture, id);
    await fixture.moveClock(6);
    expect(await jobIds()).not.toContain(`${id}.2`);
  });

  it('goes through all open requests page by page: those that wait for an absent agent hide nothing', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 2; i += 1) {
      const request = manualRequest(await fixture.newDatabase(), { claimSeconds: 600 });
      ids.push(await admitted(fixture.ledger, request));
    }
    await fixture.moveClock(6);
    const [first, second] = ids as [RequestId, RequestId];
    const page = await findReconcileCandidates(session(), { ...limits, afterRequestId: first });
    const asked = page.map((c) => (c.kind === 'request' ? c.requestId : null));
    expect(asked).toContain(second);
    expect(asked).not.toContain(first);
  });

  it('asks about runs in committing until they end', async () => {
    const run = await committingRun(fixture, await fixture.newDatabase());
    await fixture.moveClock(31);
    const candidate = (await findReconcileCandidates(session(), limits)).find(
      (c) => c.jobId === `${run.runId}.1`,
    );
    if (candidate === undefined) throw new Error('no candidate');
    expect(candidate).toMatchObject({ kind: 'commit', family: 'dedup' });
    expect(await redispatch(session(), candidate)).toBe(`${run.runId}.2`);
    await commitRecoveryPoint(session(), manifestOf(run));
    await fixture.moveClock(31);
    expect(await jobIds()).not.toContain(`${run.runId}.2`);
  });

  it('leaves a request behind an active run of its lane alone', async () => {
    const databaseId = await fixture.newDatabase();
    await committingRun(fixture, databaseId);
    const waiting = manualRequest(databaseId, { trigger: 'scheduled', presence: 'running' });
    const now = await readNow(session());
    await createRequest(session(), { ...waiting, expiresAt: new Date(now.getTime() + 3_600_000) });
    await fixture.moveClock(6);
    expect(await jobIds()).not.toContain(`${waiting.id}.1`);
  });
});

describe('a schedule', () => {
  async function dueSchedule(): Promise<DueSchedule> {
    const now = await readNow(session());
    const id = nextId<ScheduleId>('sch');
    const databaseId = await fixture.newDatabase();
    const nextAt = new Date(now.getTime() - 1_000);
    const times = { cron: '0 * * * *', timeZone: 'UTC', expiryWindowMinutes: 30, nextAt };
    await createSchedule(session(), { id, databaseId, kind: 'full', principal: 'api', ...times });
    const due = (await findDueSchedules(session(), 100)).find((s) => s.id === id);
    if (due === undefined) throw new Error('the schedule is not due');
    return due;
  }
  const slot = (schedule: DueSchedule, secondsAgo: number) => ({
    requestId: nextId<RequestId>('req'),
    scheduledAt: new Date(schedule.now.getTime() - secondsAgo * 1000),
  });

  it('S1.12 turns the newest due slot into a request and records the others as missed', async () => {
    const schedule = await dueSchedule();
    const nextAt = new Date(schedule.now.getTime() + 3_600_000);
    const missed = [slot(schedule, 7_200), slot(schedule, 3_600)];
    const input = {
      schedule,
      missed,
      run: slot(schedule, 1),
      nextAt,
      presence: 'not-running',
      claimSeconds: 10,
    } as const;
    expect(await materialiseSlots(session(), input)).toMatchObject({
      missed: 2,
      newest: { kind: 'admitted', request: { state: 'waiting_for_agent', kind: 'full' } },
    });
    const { items } = await listRequests(session(), { limit: 10, databaseId: schedule.databaseId });
    expect(items.map((r) => r.state)).toEqual(['waiting_for_agent', 'missed', 'missed']);
    expect(items[0]?.expiresAt).toBe(new Date(schedule.now.getTime() - 1_000 + 1_800_000).toISOString());
    expect((await listSchedules(session(), schedule.databaseId))[0]?.nextAt).toBe(nextAt.toISOString());
    expect((await findDueSchedules(session(), 100)).map((s) => s.id)).not.toContain(schedule.id);
  });

  it('makes one request of a slot when two schedulers see it', async () => {
    const schedule = await dueSchedule();
    const nextAt = new Date(schedule.now.getTime() + 3_600_000);
    const scheduledAt = new Date(schedule.now.getTime() - 1_000);
    const once = () =>
      materialiseSlots(session(), {
        schedule,
        missed: [],
        run: { requestId: nextId<RequestId>('req'), scheduledAt },
        nextAt,
        presence: 'running',
        claimSeconds: 10,
      });
    const answers = await Promise.all([once(), once(), once()]);
    expect(answers.filter((a) => a.newest !== null)).toHaveLength(1);
    const { items } = await listRequests(session(), { limit: 10, databaseId: schedule.databaseId });
    expect(items).toHaveLength(1);
  });

  it('records a slot whose window is over as missed', async () => {
    const schedule = await dueSchedule();
    const late = slot(schedule, 1_801);
    const done = await materialiseSlots(session(), {
      schedule,
      missed: [],
      run: late,
      nextAt: null,
      presence: 'running',
      claimSeconds: 10,
    });
    expect(done.newest).toMatchObject({ kind: 'ended' });
    expect(await findRequest(session(), late.requestId)).toMatchObject({ state: 'missed', runId: null });
  });
});

describe('an idempotency key', () => {
  const call = { principal: 'api', key: 'k1', requestSha256: 'h1' };

  it('gives the first answer again, refuses another request, and is forgotten in time', async () => {
    await fixture.ledger.transaction(async (tx) => {
      expect(await takeIdempotencyKey(tx, call)).toEqual({ kind: 'first' });
      await keepAnswer(tx, call, { id: 1 });
    });
    expect(await takeIdempotencyKey(session(), call)).toEqual({ kind: 'replayed', answer: { id: 1 } });
    const other = await takeIdempotencyKey(session(), { ...call, requestSha256: 'h2' });
    expect(other).toEqual({ kind: 'mismatch' });
    await fixture.moveClock(100);
    expect(await pruneIdempotencyKeys(session(), 99)).toBe(1);
  });

  it('is not taken by work that failed', async () => {
    const failing = fixture.ledger.transaction(async (tx) => {
      await takeIdempotencyKey(tx, { ...call, key: 'k2' });
      throw new Error('the work failed');
    });
    await expect(failing).rejects.toThrow('the work failed');
    expect(await takeIdempotencyKey(session(), { ...call, key: 'k2' })).toEqual({ kind: 'first' });
  });

  it("makes a simultaneous call wait for the first one's answer", async () => {
    const answers = await Promise.all(
      [1, 2, 3].map((n) =>
        fixture.ledger.transaction(async (tx) => {
          const taken = await takeIdempotencyKey(tx, { ...call, key: 'k3' });
          if (taken.kind === 'first') await keepAnswer(tx, { ...call, key: 'k3' }, { n });
          return taken.kind === 'first' ? { n } : taken.kind === 'replayed' ? taken.answer : null;
        }),
      ),
    );
    expect(new Set(answers.map((a) => JSON.stringify(a))).size).toBe(1);
  });
});

describe('the connection', () => {
  it('is ADY_LEDGER_UNAVAILABLE when nobody listens', async () => {
    const nowhere = openLedger({ url: 'postgres://adyton:x@127.0.0.1:1/postgres' });
    await expect(nowhere.ping()).rejects.toMatchObject({ code: 'ADY_LEDGER_UNAVAILABLE' });
    await expect(nowhere.transaction((tx) => readNow(tx))).rejects.toMatchObject({
      code: 'ADY_LEDGER_UNAVAILABLE',
    });
    await nowhere.close();
  });

  it('is ADY_LEDGER_UNAVAILABLE when the server ends it inside a transaction, and works again afterwards', async () => {
    const broken = fixture.ledger.transaction(async (tx) => {
      const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(tx);
      await sql`SELECT pg_terminate_backend(${rows[0]?.pid})`.execute(session());
      await readNow(tx);
    });
    await expect(broken).rejects.toMatchObject({ code: 'ADY_LEDGER_UNAVAILABLE' });
    await fixture.ledger.ping();
  });

  it('reports a broken rule of ours as what it is', async () => {
    await expect(sql`SELECT no_such_column`.execute(session())).rejects.toMatchObject({ code: '42703' });
  });
});

describe('the migrations', () => {
  it('are applied once by several processes at the same time, and then none is pending', async () => {
    const name = 'adyton_migrations';
    await sql.raw(`CREATE DATABASE ${name}`).execute(session());
    const url = fixture.url.replace(/postgres$/, name);
    const ledgers = [1, 2, 3].map(() => openLedger({ url }));
    const [first] = ledgers;
    if (first === undefined) throw new Error('no ledger');
    const all = await pendingMigrations(first);
    expect(all[0]).toBe('0001-initial');
    const applied = await Promise.all(ledgers.map((l) => migrateLedger(l)));
    expect(applied.flat()).toEqual(all);
    expect(await pendingMigrations(first)).toEqual([]);
    await Promise.all(ledgers.map((l) => l.close()));
  });
});
