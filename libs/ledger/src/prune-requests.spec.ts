// Requests and runs that ended long ago, on a real Postgres: when they go, and what keeps them. Every test has a database of its own, but what is
// old goes in all of them.
import {
  type DatabaseId,
  type RequestId,
  type RestorePlanId,
  type RunId,
  type ScheduleId,
  type Scn,
} from '@adyton/domain';
import { sql } from 'kysely';
import { createRequest } from './create-request';
import { KEEP_TIMES, keptSeconds } from './keep-times';
import { recordIngest } from './pieces';
import { pruneRequests, pruneUnusedPlans } from './prune-requests';
import { storeRestorePlan } from './restore-plans';
import { failRun } from './run-lifecycle';
import { appendLog, pruneRunLogs, readLog } from './run-logs';
import { findRun } from './runs';
import { failure } from './testing/alert-reader';
import {
  admitted,
  claim,
  claimedRun,
  manualRequest,
  nextId,
  useLedger,
  runningRun,
} from './testing/ledger-fixture';
import { retentionSite } from './testing/retention-fixture';

const fixture = useLedger();

const session = () => fixture.ledger.session;
const KEPT_SECONDS = keptSeconds('requests');
const LOG_KEPT_SECONDS = keptSeconds('run_logs');
const PLAN_KEPT_SECONDS = keptSeconds('restore_plans');

async function failedRun(
  databaseId: DatabaseId,
): Promise<{ runId: RunId; requestId: RequestId; fence: number }> {
  const run = await runningRun(fixture, databaseId);
  await appendLog(session(), { ...run, text: 'RMAN-03009' });
  await recordIngest(session(), {
    ...run,
    totals: { bytesRead: 1, bytesNew: 1, bytesStored: 1 },
    pieces: [],
  });
  await failRun(session(), { ...run, outcome: 'failed', reason: failure });
  return run;
}

/** One more request in the lane, so that it is not the newest that is looked at. */
const askAgain = (databaseId: DatabaseId): Promise<unknown> => failedRun(databaseId);

async function rowsOf(
  table: 'requests' | 'runs' | 'run_logs' | 'run_ingest',
  ...ids: string[]
): Promise<number> {
  const key = { requests: 'id', runs: 'request_id', run_logs: 'run_id', run_ingest: 'run_id' }[table];
  const { rows } = await sql<{ count: number }>`
    SELECT count(*)::int AS count FROM ${sql.table(`adyton.${table}`)} WHERE ${sql.ref(key)} = ANY(${ids}::text[])`.execute(
    session(),
  );
  return rows[0]?.count ?? 0;
}

async function pruneAll(): Promise<void> {
  while ((await pruneRequests(session(), KEPT_SECONDS)) > 0);
}

it('has a keep time for every table of the ledger', async () => {
  const { rows } = await sql<{ name: string }>`
    SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'adyton'`.execute(
    session(),
  );
  const ofTheSchema = ['clock_offset', 'migrations', 'migrations_lock'];
  const tables = rows.map(({ name }) => name).filter((name) => !ofTheSchema.includes(name));
  expect(tables.sort()).toEqual(Object.keys(KEEP_TIMES).sort());
});

describe('a request that ended', () => {
  it('goes with its runs and all that is theirs when its time is over, and no fence comes again', async () => {
    const databaseId = await fixture.newDatabase();
    const old = await failedRun(databaseId);
    await askAgain(databaseId);
    await fixture.moveClock(KEPT_SECONDS - 60);
    await pruneAll();
    expect(await findRun(session(), old.runId)).toMatchObject({ state: 'failed' });
    await fixture.moveClock(120);
    await pruneAll();
    expect(await rowsOf('requests', old.requestId)).toBe(0);
    expect(await rowsOf('runs', old.requestId)).toBe(0);
    expect((await rowsOf('run_logs', old.runId)) + (await rowsOf('run_ingest', old.runId))).toBe(0);
    expect((await failedRun(databaseId)).fence).toBeGreaterThan(old.fence + 1);
  });

  it('goes by its own end when it had no run', async () => {
    const databaseId = await fixture.newDatabase();
    const refused = manualRequest(databaseId, { presence: 'not-running' });
    await createRequest(session(), refused);
    await askAgain(databaseId);
    await fixture.moveClock(KEPT_SECONDS - 60);
    await pruneAll();
    expect(await rowsOf('requests', refused.id)).toBe(1);
    await fixture.moveClock(120);
    await pruneAll();
    expect(await rowsOf('requests', refused.id)).toBe(0);
  });

  it('stays when it is the newest of its lane', async () => {
    const databaseId = await fixture.newDatabase();
    const older = await failedRun(databaseId);
    const newest = await failedRun(databaseId);
    await fixture.moveClock(2 * KEPT_SECONDS);
    await pruneAll();
    expect(await rowsOf('requests', older.requestId)).toBe(0);
    expect(await rowsOf('requests', newest.requestId)).toBe(1);
  });

  it('stays as long as a piece or a recovery point of one of its runs', async () => {
    const site = await retentionSite(fixture);
    const failed = await site.failedRun(['left']);
    const point = await site.point(['base']);
    const emptied = await site.point([], ['base']);
    await askAgain(site.databaseId);
    await fixture.moveClock(2 * KEPT_SECONDS);
    await pruneAll();
    expect(await findRun(session(), failed)).toBeDefined();
    expect(await site.stateOf(point)).toBe('available');
    expect(await site.stateOf(emptied)).toBe('available');
  });

  it('stays as long as a request that replays one of its runs', async () => {
    const databaseId = await fixture.newDatabase();
    const old = await failedRun(databaseId);
    await fixture.moveClock(KEPT_SECONDS + 60);
    const replay = await claimedRun(fixture, databaseId, { trigger: 'replay', replayOf: old.runId });
    await failRun(session(), { ...replay, outcome: 'failed', reason: failure });
    await askAgain(databaseId);
    await pruneAll();
    expect(await rowsOf('requests', old.requestId)).toBe(1);
    await fixture.moveClock(KEPT_SECONDS + 60);
    await pruneAll();
    expect(await rowsOf('requests', old.requestId, replay.requestId)).toBe(0);
  });

  it('stays as long as one of its attempts goes on, or ended of late', async () => {
    const databaseId = await fixture.newDatabase();
    const { runId, requestId } = await failedRun(databaseId);
    await askAgain(databaseId);
    await fixture.moveClock(KEPT_SECONDS + 60);
    const attempt = (fields: object) =>
      sql`
      INSERT INTO adyton.runs SELECT (jsonb_populate_record(r, jsonb_build_object('fence', nextval('adyton.fences')) || ${JSON.stringify(fields)}::jsonb)).*
      FROM adyton.runs r WHERE id = ${runId}`.execute(session());
    await attempt({ id: nextId('run'), attempt: 2, state: 'running', lane: 'log', finished_at: null });
    await pruneAll();
    expect(await rowsOf('runs', requestId)).toBe(2);
    await sql`UPDATE adyton.runs SET state = 'failed', finished_at = adyton.now() WHERE request_id = ${requestId} AND attempt = 2`.execute(
      session(),
    );
    await pruneAll();
    expect(await rowsOf('runs', requestId)).toBe(2);
  });

  it('stays when it is of one of the two newest slots of its lane, by which overdue backups are judged', async () => {
    const databaseId = await fixture.newDatabase();
    const scheduleId = nextId<ScheduleId>('sch');
    const slots: RequestId[] = [];
    for (const hour of [1, 2, 3, 4]) {
      const request = manualRequest(databaseId, {
        ...{ trigger: 'scheduled', presence: 'not-running', scheduleId },
        ...{ scheduledAt: new Date(Date.UTC(2026, 0, 1, hour)), expiresAt: new Date(Date.UTC(2100, 0, 1)) },
      });
      await createRequest(session(), request); // each supersedes the one before it
      slots.push(request.id);
    }
    await fixture.moveClock(2 * KEPT_SECONDS);
    await pruneAll();
    const kept = await Promise.all(slots.map((id) => rowsOf('requests', id)));
    expect(kept).toEqual([0, 0, 1, 1]);
  });
});

describe('what RMAN printed', () => {
  it('goes 90 days after the end of its run, which says until when it was there', async () => {
    const databaseId = await fixture.newDatabase();
    const { runId } = await failedRun(databaseId);
    const going = await claimedRun(fixture, databaseId);
    await appendLog(session(), { ...going, text: 'channel c1: starting' });
    const prune = () => pruneRunLogs(session(), LOG_KEPT_SECONDS);
    await fixture.moveClock(LOG_KEPT_SECONDS - 60);
    await prune();
    expect(await readLog(session(), runId)).toEqual({ text: 'RMAN-03009', keptUntil: null });
    await fixture.moveClock(120);
    expect(await prune()).toBeGreaterThan(0);
    expect(await prune()).toBe(0);
    const log = await readLog(session(), runId);
    expect(log).toEqual({ text: '', keptUntil: expect.any(String) as string });
    expect(await findRun(session(), runId)).toMatchObject({ state: 'failed', logKeptUntil: log?.keptUntil });
    expect(await readLog(session(), going.runId)).toMatchObject({ text: 'channel c1: starting' });
  });

  it('is not said to have gone when nothing was printed', async () => {
    const run = await claimedRun(fixture, await fixture.newDatabase());
    await failRun(session(), { ...run, outcome: 'failed', reason: failure });
    await fixture.moveClock(2 * LOG_KEPT_SECONDS);
    await pruneRunLogs(session(), LOG_KEPT_SECONDS);
    expect(await readLog(session(), run.runId)).toEqual({ text: '', keptUntil: null });
  });
});

describe('a restore plan', () => {
  async function newPlan(databaseId: DatabaseId): Promise<RestorePlanId> {
    const id = nextId<RestorePlanId>('rpl');
    await storeRestorePlan(session(), {
      ...{ id, databaseId, basePoint: nextId('rpt'), untilScn: '1' as Scn, principal: 'api' },
      target: { directory: '/copy', oracleSid: 'COPY' },
      document: {
        ...{
          controlFileHandle: 'cf',
          handles: [],
          dataFiles: [],
          archivedLogs: [],
          bytesToRead: 0,
          script: '',
        },
      },
    });
    return id;
  }
  const planRows = async (...ids: string[]): Promise<number> => {
    const rows = await session()
      .selectFrom('restore_plans')
      .select('id')
      .where('id', 'in', ids as RestorePlanId[])
      .execute();
    return rows.length;
  };

  it('that nobody carried out goes after 90 days, another one with its request', async () => {
    const databaseId = await fixture.newDatabase();
    const [unused, used] = [await newPlan(databaseId), await newPlan(databaseId)];
    const asRestore = { operation: 'restore', lane: 'restore', restorePlanId: used } as const;
    const requestId = await admitted(fixture.ledger, manualRequest(databaseId, asRestore));
    const claimed = await claim(fixture, requestId);
    await failRun(session(), {
      ...(claimed as { runId: RunId; fence: number }),
      hostId: fixture.hostId,
      outcome: 'failed',
      reason: failure,
    });
    await fixture.moveClock(PLAN_KEPT_SECONDS - 60);
    await pruneUnusedPlans(session(), PLAN_KEPT_SECONDS);
    expect(await planRows(unused, used)).toBe(2);
    await fixture.moveClock(120);
    await pruneUnusedPlans(session(), PLAN_KEPT_SECONDS);
    expect(await planRows(unused)).toBe(0);
    expect(await planRows(used)).toBe(1);
    await fixture.moveClock(KEPT_SECONDS);
    await admitted(
      fixture.ledger,
      manualRequest(databaseId, { ...asRestore, restorePlanId: await newPlan(databaseId) }),
    );
    await pruneAll();
    expect(await planRows(used)).toBe(0);
  });
});
