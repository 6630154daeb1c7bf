// The life of a run on a real Postgres: fences, leases, the commit that happens once.
import { reasonOf } from '@adyton/contracts';
import { type HostId } from '@adyton/domain';
import { sql } from 'kysely';
import { listAuditEvents } from './audit-events';
import { commitRecoveryPoint, readCommitOrder, refuseCommit, submitCommit } from './commit-run';
import { readGrant } from './grants';
import { recordIdentity } from './databases';
import { bytesOfPieces, knownHandles, recordIngest } from './pieces';
import {
  findRecoveryPoint,
  readLastLogs,
  readLastDataPoint,
  readRecoveryPointFacts,
} from './recovery-points';
import { inTransaction, readNow } from './ledger';
import { findRequest, listRequests } from './requests';
import { failRun, finishRestore, recordHeartbeat, requestCancel, storePlan } from './run-lifecycle';
import { appendLog, readLog } from './run-logs';
import { type NewRequest } from './create-request';
import { findRun, isRefusal, type FencedRun } from './runs';
import { sweepLostRuns } from './sweeps';
import {
  claim,
  claimedRun,
  code,
  committingRun,
  contents,
  manifestOf,
  plan,
  runningRun,
  useLedger,
} from './testing/ledger-fixture';

const fixture = useLedger();

const session = () => fixture.ledger.session;
const beat = (run: FencedRun) =>
  recordHeartbeat(session(), { ...run, phase: 'transfer', bytesExpected: 100, leaseSeconds: 30 });
const stateOf = async (run: FencedRun) => (await findRun(session(), run.runId))?.state;
const noFiles = { ...plan, files: [], archivedLogs: [], checks: [] };
const newRun = async () => claimedRun(fixture, await fixture.newDatabase());

describe('the fence', () => {
  it('is asked of every step: an older one changes nothing', async () => {
    const run = await runningRun(fixture, await fixture.newDatabase());
    const zombie = { ...run, fence: run.fence - 1 };
    const reason = reasonOf('ADY_RMAN_FAILED', 'ORA-19511');
    const totals = { bytesRead: 1, bytesNew: 1, bytesStored: 1 };
    const files = { ...plan, files: [], archivedLogs: [], checks: [] };
    const answers = await Promise.all([
      storePlan(session(), { ...zombie, plan: files, scripts: [] }),
      appendLog(session(), { ...zombie, text: 'x' }),
      recordIngest(session(), { ...zombie, totals, pieces: [] }),
      submitCommit(session(), { ...zombie, contents: contents() }),
      commitRecoveryPoint(session(), manifestOf(zombie)),
      refuseCommit(session(), { ...zombie, reason }),
      failRun(session(), { ...zombie, outcome: 'failed', reason }),
      finishRestore(session(), zombie),
    ]);
    expect(answers.map(code)).toEqual(Array(answers.length).fill('ADY_FENCED'));
    expect(await beat(zombie)).toMatchObject({ answer: 'fenced' });
    expect(await stateOf(run)).toBe('running');
  });

  it('does not help another host', async () => {
    const run = { ...(await newRun()), hostId: 'hst_other' as HostId };
    expect(code(await beat(run))).toBe('ADY_FORBIDDEN');
    expect(code(await readGrant(session(), run.runId, run.hostId))).toBe('ADY_FORBIDDEN');
    expect(code(await readCommitOrder(session(), run))).toBe('ADY_FORBIDDEN');
  });
});

describe('the lease', () => {
  it('S1.9 lasts as long as heartbeats come, and then the run is failed(ADY_AGENT_LOST)', async () => {
    const run = await newRun();
    await fixture.moveClock(25);
    expect(await beat(run)).toMatchObject({ answer: 'continue', state: 'planning' });
    await fixture.moveClock(25);
    expect(await sweepLostRuns(session())).not.toContain(run.runId);
    await fixture.moveClock(6);
    expect(await sweepLostRuns(session())).toContain(run.runId);
    expect(await findRun(session(), run.runId)).toMatchObject({
      state: 'failed',
      reason: { code: 'ADY_AGENT_LOST', phase: 'transfer' },
    });
    expect((await listAuditEvents(session(), run.runId)).at(-1)).toMatchObject({
      action: 'run.failed',
      principal: 'system',
    });
    expect(await beat(run)).toMatchObject({ answer: 'fenced', reason: { code: 'ADY_AGENT_LOST' } });
  });

  it('S1.9 leaves a lost run to the sweeper that holds it, without waiting', async () => {
    const run = await newRun();
    await fixture.moveClock(31);
    await inTransaction(session(), async (other) => {
      await other.selectFrom('runs').select('id').where('id', '=', run.runId).forUpdate().execute();
      expect(await sweepLostRuns(session())).not.toContain(run.runId);
    });
    expect(await sweepLostRuns(session())).toContain(run.runId);
  });

  describe('lost by a run that a schedule asked for', () => {
    const inTwoHours = () => new Date(Date.now() + moved * 1000 + 2 * 3_600_000);
    let moved = 0;
    const loseAgent = async () => {
      moved += 31;
      await fixture.moveClock(31);
      await sweepLostRuns(session());
    };
    const scheduled = async (extras: Partial<NewRequest> = {}) =>
      claimedRun(fixture, await fixture.newDatabase(), {
        trigger: 'scheduled',
        expiresAt: inTwoHours(),
        ...extras,
      });
    beforeAll(async () => {
      const at = await readNow(session());
      moved = Math.round((at.getTime() - Date.now()) / 1000);
    });

    it('S1.9 makes a new attempt under a new fence while the window is open, and refuses the old one', async () => {
      const first = await scheduled();
      await loseAgent();
      expect(await findRequest(session(), first.requestId)).toMatchObject({
        state: 'waiting_for_agent',
        reason: { code: 'ADY_AGENT_LOST', detail: expect.stringContaining('attempt 2') as string },
      });
      const second = await claim(fixture, first.requestId);
      expect(second).toMatchObject({ kind: 'claimed', attempt: 2, requestId: first.requestId });
      if (isRefusal(second)) throw new Error(second.detail);
      expect(second.runId).not.toBe(first.runId);
      expect(second.fence).toBeGreaterThan(first.fence);
      expect(await beat(first)).toMatchObject({ answer: 'fenced', state: 'failed' });
      expect(code(await storePlan(session(), { ...first, plan: noFiles, scripts: [] }))).toBe(
        'ADY_RUN_STATE',
      );
      expect(await stateOf(first)).toBe('failed');
      const { items } = await listRequests(session(), { limit: 200 });
      expect(items.filter((r) => r.id === first.requestId).map((r) => r.runId)).toEqual([second.runId]);
    });

    it('S1.9 starts again too when the agent was asked to end and says so itself', async () => {
      const run = await scheduled();
      const reason = reasonOf('ADY_AGENT_LOST', 'asked to end');
      expect(await failRun(session(), { ...run, outcome: 'failed', reason })).toBeNull();
      expect(await findRequest(session(), run.requestId)).toMatchObject({ state: 'waiting_for_agent' });
    });

    it('S1.9 expires when the agent is not back before the window ends', async () => {
      const run = await scheduled({ expiresAt: new Date(inTwoHours().getTime() - 2 * 3_600_000 + 60_000) });
      await loseAgent();
      await fixture.moveClock(60);
      moved += 60;
      expect(code(await claim(fixture, run.requestId))).toBe('ADY_EXPIRED');
      expect(await findRequest(session(), run.requestId)).toMatchObject({ state: 'expired' });
    });

    it('S1.9 quarantines a request after its third start, with the reason', async () => {
      const { requestId } = await scheduled();
      await loseAgent();
      for (const attempt of [2, 3]) {
        expect(await claim(fixture, requestId)).toMatchObject({ kind: 'claimed', attempt });
        await loseAgent();
      }
      expect(await findRequest(session(), requestId)).toMatchObject({
        state: 'failed',
        reason: { code: 'ADY_QUARANTINED', detail: expect.stringContaining('3 starts') as string },
      });
      expect(code(await claim(fixture, requestId))).toBe('ADY_NOT_CLAIMABLE');
      expect((await listAuditEvents(session(), requestId)).map((e) => e.action)).toEqual([
        'request.created',
        'request.claimed',
        'request.reopened',
        'request.claimed',
        'request.reopened',
        'request.claimed',
        'request.failed',
      ]);
    });

    it('S1.9 leaves a manual run failed, and one that somebody asked to stop', async () => {
      const manual = await newRun();
      const stopped = await scheduled();
      await requestCancel(session(), stopped.runId, 'api');
      await loseAgent();
      for (const { requestId } of [manual, stopped])
        expect(await findRequest(session(), requestId)).toMatchObject({ state: 'claimed' });
    });
  });

  it('does not matter to a run in committing', async () => {
    const run = await committingRun(fixture, await fixture.newDatabase());
    await fixture.moveClock(3_600);
    expect(await sweepLostRuns(session())).not.toContain(run.runId);
    expect(await commitRecoveryPoint(session(), manifestOf(run))).toMatchObject({ kind: 'committed' });
  });
});

describe('the commit', () => {
  it('makes one recovery point however often it is reported', async () => {
    const databaseId = await fixture.newDatabase();
    const run = await committingRun(fixture, databaseId);
    const first = await commitRecoveryPoint(session(), manifestOf(run));
    const again = await commitRecoveryPoint(session(), manifestOf(run));
    expect(again).toEqual(first);
    const { rows } = await sql`SELECT 1 FROM adyton.recovery_points WHERE run_id = ${run.runId}`.execute(
      session(),
    );
    expect(rows).toHaveLength(1);
    expect(await stateOf(run)).toBe('succeeded');
    const ends = (await listAuditEvents(session(), run.runId)).filter((e) => e.action === 'run.succeeded');
    expect(ends).toHaveLength(1);
  });

  it('makes one recovery point when two reports come at once', async () => {
    const run = await committingRun(fixture, await fixture.newDatabase());
    const answers = await Promise.all([1, 2, 3].map(() => commitRecoveryPoint(session(), manifestOf(run))));
    expect(new Set(answers.map((a) => JSON.stringify(a))).size).toBe(1);
  });

  it('is submitted once, and a repeated submit is harmless', async () => {
    const run = await committingRun(fixture, await fixture.newDatabase());
    expect(await submitCommit(session(), { ...run, contents: contents() })).toBeNull();
    const { rows } = await sql`
      SELECT job_name FROM adyton.outbox WHERE job_id LIKE ${`${run.runId}.%`}`.execute(session());
    expect(rows).toEqual([{ job_name: 'recovery-point.commit' }]);
  });

  it("is not the agent's to fail: only the writer of the manifest refuses it", async () => {
    const run = await committingRun(fixture, await fixture.newDatabase());
    const reason = reasonOf('ADY_PIECE_MISSING', 'k/cf');
    expect(code(await failRun(session(), { ...run, outcome: 'failed', reason }))).toBe('ADY_RUN_STATE');
    expect(await refuseCommit(session(), { ...run, reason })).toBeNull();
    expect(await findRun(session(), run.runId)).toMatchObject({ state: 'failed', reason });
    expect(code(await commitRecoveryPoint(session(), manifestOf(run)))).toBe('ADY_RUN_STATE');
  });

  it('is refused before the agent submitted it', async () => {
    const run = await runningRun(fixture, await fixture.newDatabase());
    expect(code(await commitRecoveryPoint(session(), manifestOf(run)))).toBe('ADY_RUN_STATE');
    expect(await stateOf(run)).toBe('running');
  });

  it('keeps SCNs exact and gives them to the restore planner', async () => {
    const databaseId = await fixture.newDatabase();
    expect(await readLastDataPoint(session(), databaseId)).toBeNull();
    const run = await committingRun(fixture, databaseId);
    const point = manifestOf(run);
    await commitRecoveryPoint(session(), point);
    expect(await readRecoveryPointFacts(session(), databaseId)).toEqual([
      {
        id: point.recoveryPointId,
        level: 'level0',
        resetlogsScn: '1',
        consistentScn: '18446744073709551610',
        redoFromScn: '18446744073709551600',
        logs: [
          {
            thread: 1,
            sequence: 7,
            resetlogsScn: '1',
            firstScn: '18446744073709551600',
            nextScn: '18446744073709551612',
            handle: 'k/log7',
          },
        ],
        missingFiles: [],
      },
    ]);
    expect(await readLastLogs(session(), databaseId)).toEqual([
      { resetlogsScn: '1', thread: 1, sequence: 7 },
    ]);
    expect(await readLastDataPoint(session(), databaseId)).toMatchObject({ resetlogsScn: '1' });
    expect(await findRecoveryPoint(session(), point.recoveryPointId)).toMatchObject({
      contents: contents(),
      manifestKey: point.manifestKey,
    });
  });
});

it('S3.4 shows progress that never goes back, stays below 100 % until the end, and is 100 % then', async () => {
  const run = await runningRun(fixture, await fixture.newDatabase());
  const percentAfter = async (bytesRead: number) => {
    const totals = { bytesRead, bytesNew: 0, bytesStored: 0 };
    await recordIngest(session(), { ...run, totals, pieces: [] });
    return (await findRun(session(), run.runId))?.progress.percentDone;
  };
  expect(await percentAfter(500)).toBe(50);
  await storePlan(session(), {
    ...run,
    plan: { ...plan, files: [], archivedLogs: [], checks: [], bytesExpected: 2_000 },
    scripts: [],
  });
  expect(await percentAfter(600)).toBe(50); // the estimate grew: 30 % by now
  expect(await percentAfter(5_000)).toBe(99);
  await submitCommit(session(), { ...run, contents: contents() });
  await commitRecoveryPoint(session(), manifestOf(run));
  expect((await findRun(session(), run.runId))?.progress.percentDone).toBe(100);
});

it('records pieces once, totals that only grow, and progress of at most 100 %', async () => {
  const databaseId = await fixture.newDatabase();
  const run = await runningRun(fixture, databaseId);
  const piece = { handle: 'k/1', bytes: 70, bytesNew: 7, bytesStored: 5, closedAt: '2026-01-01T00:00:00Z' };
  const report = (bytesRead: number) =>
    recordIngest(session(), { ...run, totals: { bytesRead, bytesNew: 1, bytesStored: 1 }, pieces: [piece] });
  await report(5_000);
  expect(await report(4_000)).toMatchObject({ kind: 'recorded', state: 'running' });
  expect((await findRun(session(), run.runId))?.progress).toMatchObject({
    bytesDone: 5_000,
    bytesExpected: 5_000,
    piecesDone: 1,
  });
  expect(await knownHandles(session(), databaseId, ['k/1', 'k/2'])).toEqual(['k/1']);
  expect(await knownHandles(session(), await fixture.newDatabase(), ['k/1'])).toEqual([]);
  expect(await bytesOfPieces(session(), databaseId, ['k/1', 'k/2'])).toBe(70);
});

it('keeps the end of a long log', async () => {
  const run = await newRun();
  expect(await readLog(session(), run.runId)).toEqual({ text: '', keptUntil: null });
  await appendLog(session(), { ...run, text: 'a'.repeat(1_048_576) });
  await appendLog(session(), { ...run, text: 'the end\0' });
  const text = (await readLog(session(), run.runId))?.text;
  expect(text).toHaveLength(1_048_576);
  expect(text?.endsWith('athe end')).toBe(true);
  expect(await readLog(session(), 'run_none')).toBeUndefined();
});

it('shows the plan as it was stored last, and takes none when the run is over', async () => {
  const run = await runningRun(fixture, await fixture.newDatabase());
  const files = { ...plan, files: [], archivedLogs: [], checks: [] };
  const scripts = (['data', 'logs'] as const).map((step) => ({ step, text: `# ${step}` }));
  expect(await storePlan(session(), { ...run, plan: files, scripts })).toBeNull();
  expect(await findRun(session(), run.runId)).toMatchObject({
    state: 'running',
    level: 'level0',
    levelReason: 'first-backup',
    scripts,
  });
  const reason = reasonOf('ADY_RMAN_FAILED', 'RMAN-00571');
  await failRun(session(), { ...run, outcome: 'failed', reason });
  expect(code(await storePlan(session(), { ...run, plan: files, scripts: [] }))).toBe('ADY_RUN_STATE');
});

it('lets a restore succeed without a commit, and no backup', async () => {
  const restore = await claimedRun(fixture, await fixture.newDatabase(), {
    operation: 'restore',
    lane: 'restore',
  });
  await storePlan(session(), {
    ...restore,
    plan: { ...plan, files: [], archivedLogs: [], checks: [] },
    scripts: [],
  });
  expect(await finishRestore(session(), restore)).toBeNull();
  expect(await finishRestore(session(), restore)).toBeNull();
  expect(await stateOf(restore)).toBe('succeeded');
  const backup = await runningRun(fixture, await fixture.newDatabase());
  expect(code(await finishRestore(session(), backup))).toBe('ADY_RUN_STATE');
});

it('guards the identity of a database and grants sessions only when it is known', async () => {
  const databaseId = await fixture.newDatabase();
  const run = await claimedRun(fixture, databaseId);
  expect(code(await readGrant(session(), run.runId, run.hostId))).toBe('ADY_RUN_STATE');
  const identity = { dbid: '4294967295', dbUniqueName: 'ORCL_A' };
  await recordIdentity(session(), databaseId, identity, 'host:x');
  expect(await recordIdentity(session(), databaseId, identity, 'host:x')).toMatchObject(identity);
  const clone = await recordIdentity(session(), databaseId, { ...identity, dbUniqueName: 'CLONE' }, 'host:x');
  expect(code(clone)).toBe('ADY_DATABASE_IDENTITY_CHANGED');
  expect(await readGrant(session(), run.runId, run.hostId)).toMatchObject({ ...identity, mode: 'backup' });
});
