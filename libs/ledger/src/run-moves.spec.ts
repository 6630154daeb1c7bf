// Runs that leave an instance which is not eligible, on a real Postgres: where they go, who may go on, and how they end when nobody does.
import { checkCatalog, reasonOf, type ErrorCode } from '@adyton/contracts';
import { type DatabaseId, type HostId } from '@adyton/domain';
import { sql } from 'kysely';
import { listAuditEvents } from './audit-events';
import { commitRecoveryPoint, submitCommit } from './commit-run';
import { readGrant } from './grants';
import { recordIngest } from './pieces';
import { findReconcileCandidates, redispatch } from './reconcile';
import { findRequest } from './requests';
import { askInstances, joinRun, listRunInstances } from './run-instances';
import { failRun, recordHeartbeat, requestCancel, storePlan } from './run-lifecycle';
import { leaveInstance, sweepUntakenMoves } from './run-moves';
import { findRun, hasActiveRunOn, isRefusal, type FencedRun } from './runs';
import { sweepLostRuns } from './sweeps';
import { takeOverRun } from './take-over-run';
import { alertReader } from './testing/alert-reader';
import { newCluster, newHost, sign } from './testing/cluster-fixture';
import {
  claimedRun,
  code,
  contents,
  manifestOf,
  plan,
  runningRun,
  useLedger,
} from './testing/ledger-fixture';

const LIMITS = { takeSeconds: 10, presenceSeconds: 15 };
const TOKEN = 'c'.repeat(64);
const fixture = useLedger();
let second: HostId;
let third: HostId;
let databaseId: DatabaseId;
let run: Awaited<ReturnType<typeof claimedRun>>;
beforeAll(async () => {
  second = await newHost(session(), 'db2');
  third = await newHost(session(), 'db3');
});
beforeEach(async () => {
  databaseId = await cluster();
  await sign(session(), second, third);
  run = await claimedRun(fixture, databaseId);
});

const session = () => fixture.ledger.session;
const { alertsOf, only } = alertReader(session);
const cluster = async () => (await newCluster(fixture, [second, third])).databaseId;
const leave = (left: FencedRun, instance = 'ORCL1', why: ErrorCode = 'ADY_PRECHECK_FAILED') => {
  const evidence = `socket of ${instance}`;
  const checks = [
    {
      code: 'dedup-worker',
      verdict: 'ineligible' as const,
      evidence,
      hint: checkCatalog['dedup-worker'].hint,
      instance,
    },
  ];
  return leaveInstance(
    session(),
    { ...left, reason: reasonOf(why, `dedup-worker: ${evidence}`), checks },
    LIMITS,
  );
};
/** The run as its new host may act on it. */
async function moved(hostId: HostId): Promise<FencedRun> {
  const { fence } = (await findRun(session(), run.runId)) ?? { fence: 0 };
  return { runId: run.runId, hostId, fence };
}
const take = (by: FencedRun) =>
  takeOverRun(session(), { ...by, incarnation: 'second', sbtTokenSha256: TOKEN, leaseSeconds: 30 });
const beat = (by: FencedRun) => recordHeartbeat(session(), { ...by, phase: 'level', leaseSeconds: 30 });

describe('S4.5 a run whose instance is not eligible', () => {
  it('moves to the next instance under a new fence, and says from where and why', async () => {
    expect(await leave(run)).toMatchObject({ kind: 'moved', to: { sid: 'ORCL2', hostName: 'db2' } });
    const found = await findRun(session(), run.runId);
    expect(found).toMatchObject({
      ...{ state: 'planning', phase: 'claimed', hostId: second, reason: null },
      moves: [
        {
          from: { instance: 'ORCL1', hostName: 'db1' },
          to: { instance: 'ORCL2', hostName: 'db2' },
          reason: { code: 'ADY_PRECHECK_FAILED', detail: 'dedup-worker: socket of ORCL1' },
          takenAt: null,
        },
      ],
    });
    expect(found?.fence).toBeGreaterThan(run.fence);
    const told = `run ${run.runId} left ORCL1 on db1 for ORCL2 on db2: dedup-worker: socket of ORCL1`;
    expect((await listAuditEvents(session(), run.runId)).at(-1)).toMatchObject({
      ...{ action: 'run.moved', principal: `host:${fixture.hostId}`, detail: told },
    });
    expect(await only(databaseId, 'backup_moved')).toMatchObject({ state: 'open', detail: told });
  });

  it('is taken over once, by the agent of that host, and goes on as if it had claimed it', async () => {
    await leave(run);
    const next = await moved(second);
    expect(code(await take({ ...next, hostId: third }))).toBe('ADY_FORBIDDEN');
    expect(code(await take({ ...next, fence: run.fence }))).toBe('ADY_FENCED');
    expect(await take(next)).toMatchObject({
      ...{ kind: 'claimed', runId: run.runId, requestId: run.requestId, fence: next.fence, attempt: 1 },
      ...{ operation: 'backup', asked: 'auto', lane: 'data' },
      database: {
        ...{ id: databaseId, hostId: second, oracleSid: 'ORCL2', oracleHome: '/u02/home' },
        connectDescriptor: 'orcl2:1521/orcl',
      },
    });
    expect(code(await take(next))).toBe('ADY_NOT_CLAIMABLE');
    expect(await readGrant(session(), run.runId, second)).toMatchObject({ tokenSha256: TOKEN });
    await fixture.moveClock(LIMITS.takeSeconds + 1); // from now on it has a lease as any run
    expect(await sweepUntakenMoves(session(), LIMITS)).not.toContain(run.runId);
    expect(await beat(next)).toMatchObject({ answer: 'continue' });
  });

  it('takes nothing more from the agent it left, nor from its dedup-worker', async () => {
    await recordIngest(session(), { ...run, pieces: [], totals: NOTHING, writerSession: 'old' });
    await leave(run);
    await take(await moved(second));
    const scripts = [{ step: 'data' as const, text: '' }];
    const answers = await Promise.all([
      leave(run),
      beat(run),
      storePlan(session(), { ...run, plan: null, scripts }),
      askInstances(session(), run),
      failRun(session(), { ...run, outcome: 'failed', reason: reasonOf('ADY_INTERNAL', 'x') }),
      recordIngest(session(), { ...run, pieces: [], totals: NOTHING }),
    ]);
    expect(answers.map(code)).toEqual(answers.map(() => 'ADY_FENCED'));
    expect(code(await readGrant(session(), run.runId, fixture.hostId))).toBe('ADY_FORBIDDEN');
    const { rows } = await sql`SELECT writer_session FROM adyton.runs WHERE id = ${run.runId}`.execute(
      session(),
    );
    expect(rows).toEqual([{ writer_session: null }]);
  });

  it('grants nobody a session before it is taken over', async () => {
    await leave(run);
    expect(code(await readGrant(session(), run.runId, second))).toBe('ADY_FORBIDDEN');
    expect(await hasActiveRunOn(session(), databaseId, second)).toBe(true);
  });

  it('does not ask the instance it left to take part, and has its failed check among those of the others', async () => {
    await leave(run);
    const next = await moved(second);
    await take(next);
    await askInstances(session(), next);
    const { rows } = await sql<{ host_id: string }>`
      SELECT host_id FROM adyton.outbox WHERE job_name = 'instance.join' AND payload->>'runId' = ${run.runId}`.execute(
      session(),
    );
    expect(rows).toEqual([{ host_id: third }]);
    const joining = { ...next, hostId: third, sid: 'ORCL3', tokenSha256: TOKEN };
    expect(await joinRun(session(), joining)).toMatchObject({ database: { oracleSid: 'ORCL2' } });
    const listed = await listRunInstances(session(), next, 15);
    expect(isRefusal(listed) ? listed : listed.items).toMatchObject([
      { sid: 'ORCL1', state: 'ineligible', checks: [{ code: 'dedup-worker', instance: 'ORCL1' }] },
      { sid: 'ORCL3', state: 'asked' },
    ]);
  });

  it('moves on past an agent that is not running, and comes to each instance once', async () => {
    await fixture.moveClock(LIMITS.presenceSeconds + 1);
    await beat(run);
    await sign(session(), third);
    expect(await leave(run)).toMatchObject({ to: { sid: 'ORCL3' } });
    await sign(session(), second, fixture.hostId);
    expect(await leave(await moved(third), 'ORCL3')).toMatchObject({ to: { sid: 'ORCL2' } });
    expect(await leave(await moved(second), 'ORCL2')).toEqual({ kind: 'ended' });
  });

  it('S4.4 fails with the reasons of all when none is left', async () => {
    await leave(run);
    await leave(await moved(second), 'ORCL2');
    expect(await leave(await moved(third), 'ORCL3')).toEqual({ kind: 'ended' });
    const detail =
      'no instance is eligible: ORCL1 on db1: dedup-worker: socket of ORCL1; ORCL2 on db2: dedup-worker: socket of ORCL2; ORCL3 on db3: dedup-worker: socket of ORCL3';
    const failed = { state: 'failed', reason: { code: 'ADY_PRECHECK_FAILED', detail } };
    expect(await findRun(session(), run.runId)).toMatchObject(failed);
    expect(await leave(await moved(third), 'ORCL3')).toEqual({ kind: 'ended' }); // a repeated call
    expect(await only(databaseId, 'backup_failed')).toMatchObject({ state: 'open' });
  });

  it('S4.4 keeps the code that all of them ended with, and names agents that are not running', async () => {
    await fixture.moveClock(LIMITS.presenceSeconds + 1);
    await beat(run);
    await sign(session(), second);
    await leave(run, 'ORCL1', 'ADY_DATABASE_UNREACHABLE');
    await leave(await moved(second), 'ORCL2', 'ADY_DATABASE_UNREACHABLE');
    expect((await findRun(session(), run.runId))?.reason).toMatchObject({
      code: 'ADY_DATABASE_UNREACHABLE',
      detail: expect.stringMatching(/; ORCL3 on db3: its agent is not running$/) as string,
    });
  });

  it('S4.4 does not call it one reason when they are several', async () => {
    await leave(run, 'ORCL1', 'ADY_STORE_FULL');
    await leave(await moved(second), 'ORCL2', 'ADY_STORE_FULL');
    await leave(await moved(third), 'ORCL3', 'ADY_DATABASE_UNREACHABLE');
    expect((await findRun(session(), run.runId))?.reason).toMatchObject({ code: 'ADY_PRECHECK_FAILED' });
  });

  it('fails as before when its database is no cluster', async () => {
    const alone = await claimedRun(fixture, await fixture.newDatabase());
    expect(await leave(alone, 'ORCL', 'ADY_STORE_DENIED')).toEqual({ kind: 'ended' });
    expect(await findRun(session(), alone.runId)).toMatchObject({
      ...{ state: 'failed', moves: [] },
      reason: { code: 'ADY_STORE_DENIED', detail: 'dedup-worker: socket of ORCL' },
    });
  });

  it('stays where it is once it has a plan: data may flow', async () => {
    const under = await runningRun(fixture, await cluster());
    expect(code(await leave(under))).toBe('ADY_RUN_STATE');
    expect(await findRun(session(), under.runId)).toMatchObject({ state: 'running', moves: [] });
  });

  it.each(['restore', 'external'] as const)(
    'does not move when it is a %s: that belongs to its host',
    async (what) => {
      const extras = what === 'restore' ? { operation: what, lane: what } : { lane: what, idleMinutes: 5 };
      const begun = await claimedRun(fixture, await cluster(), extras);
      expect(await leave(begun)).toEqual({ kind: 'ended' });
      expect(await findRun(session(), begun.runId)).toMatchObject({ state: 'failed', moves: [] });
    },
  );

  it('ends cancelled when somebody cancelled it meanwhile', async () => {
    await requestCancel(session(), run.runId, 'api');
    expect(await leave(run)).toEqual({ kind: 'ended' });
    expect(await findRun(session(), run.runId)).toMatchObject({ state: 'cancelled', moves: [] });
  });
});

const NOTHING = { bytesRead: 0, bytesNew: 0, bytesStored: 0 };

describe('S4.5 a run that was moved', () => {
  const tooLate = () => fixture.moveClock(LIMITS.takeSeconds + 1);

  it('is rung for again when the queue lost the job, until it is taken over', async () => {
    await leave(run);
    const next = await moved(second);
    const candidates = async () =>
      (
        await findReconcileCandidates(session(), {
          ...{ requestSeconds: 5, commitSeconds: 30, uncatalogSeconds: 300 },
        })
      ).flatMap((c) => (c.kind === 'take-over' && c.runId === run.runId ? [c] : []));
    expect(await candidates()).toEqual([]);
    await fixture.moveClock(6);
    const [lost, ...others] = await candidates();
    if (lost === undefined) throw new Error('nobody would ring');
    expect(others).toEqual([]);
    expect(lost).toMatchObject({ family: 'agent', hostId: second, fence: next.fence });
    expect(await redispatch(session(), lost)).toBe(`${run.runId}.${next.fence}.take-over.2`);
    expect(await redispatch(session(), lost)).toBeNull(); // another scheduler was first
    const { rows } = await sql`SELECT host_id, payload FROM adyton.outbox WHERE job_name = 'run.take-over'
      AND payload->>'runId' = ${run.runId}`.execute(session());
    const rung = { host_id: second, payload: { v: 1, runId: run.runId, fence: next.fence } };
    expect(rows).toEqual([rung, rung]);
    await take(next);
    await fixture.moveClock(6);
    expect(await candidates()).toEqual([]);
  });

  it('and not taken over in time leaves that instance too, and ends when none is left', async () => {
    await leave(run);
    expect(await sweepUntakenMoves(session(), LIMITS)).not.toContain(run.runId);
    await tooLate();
    await sign(session(), third);
    expect(await sweepLostRuns(session())).not.toContain(run.runId);
    expect(await sweepUntakenMoves(session(), LIMITS)).toContain(run.runId);
    expect(code(await take({ runId: run.runId, hostId: second, fence: run.fence + 1 }))).toBe('ADY_FENCED');
    expect(await findRun(session(), run.runId)).toMatchObject({
      hostId: third,
      moves: [{}, { to: { instance: 'ORCL3' } }],
    });
    await tooLate();
    await sweepUntakenMoves(session(), LIMITS);
    expect(await findRun(session(), run.runId)).toMatchObject({
      state: 'failed',
      reason: {
        code: 'ADY_PRECHECK_FAILED',
        detail: expect.stringMatching(
          /ORCL2 on db2: agent: the agent on db2 did not take the run over before .*; ORCL3 on db3: agent: /,
        ) as string,
      },
    });
  });

  it('goes back to waiting when a schedule asked for it and no agent took it over', async () => {
    const inAnHour = new Date(Date.now() + 100 * 3_600_000);
    run = await claimedRun(fixture, await cluster(), { trigger: 'scheduled', expiresAt: inAnHour });
    await leave(run);
    await fixture.moveClock(LIMITS.presenceSeconds + 1); // the other agents fall silent meanwhile
    await sweepUntakenMoves(session(), LIMITS);
    expect(await findRun(session(), run.runId)).toMatchObject({ state: 'failed' });
    expect(await findRequest(session(), run.requestId)).toMatchObject({ state: 'waiting_for_agent' });
  });

  it('and cancelled before it was taken over ends cancelled, at the latest when its time is over', async () => {
    await leave(run);
    await requestCancel(session(), run.runId, 'api');
    await tooLate();
    await sweepUntakenMoves(session(), LIMITS);
    expect(await findRun(session(), run.runId)).toMatchObject({ state: 'cancelled' });
  });

  it('whose new agent dies is lost as any other', async () => {
    await leave(run);
    await take(await moved(second));
    await fixture.moveClock(31);
    expect(await sweepLostRuns(session())).toContain(run.runId);
    expect(await findRun(session(), run.runId)).toMatchObject({ reason: { code: 'ADY_AGENT_LOST' } });
  });

  it('keeps its alert when it succeeds; a backup that stays on its instance ends it', async () => {
    await leave(run);
    const next = await moved(second);
    await take(next);
    await succeed(next);
    expect(await findRun(session(), run.runId)).toMatchObject({ state: 'succeeded' });
    expect(await only(databaseId, 'backup_moved')).toMatchObject({ state: 'open' });
    await succeed(await claimedRun(fixture, databaseId));
    expect((await alertsOf(databaseId, 'backup_moved')).map((a) => a.state)).toEqual(['resolved']);
  });
});

async function succeed(by: FencedRun): Promise<void> {
  const document = { ...plan, files: [], archivedLogs: [], checks: [] };
  expect(await storePlan(session(), { ...by, plan: document, scripts: [] })).toBeNull();
  expect(await submitCommit(session(), { ...by, contents: contents() })).toBeNull();
  expect(await commitRecoveryPoint(session(), manifestOf(by))).toMatchObject({ kind: 'committed' });
}
