// A run that somebody cancels, in the ledger: who hears of it, and what the run may still do.
import { reasonOf } from '@adyton/contracts';
import { commitRecoveryPoint, submitCommit } from './commit-run';
import { recordIdentity } from './databases';
import { readGrant } from './grants';
import { recordIngest } from './pieces';
import { failRun, recordHeartbeat, requestCancel } from './run-lifecycle';
import { findRun, type FencedRun } from './runs';
import {
  claimedRun,
  code,
  committingRun,
  contents,
  manifestOf,
  runningRun,
  useLedger,
} from './testing/ledger-fixture';

const fixture = useLedger();

const session = () => fixture.ledger.session;
const beat = (run: FencedRun) =>
  recordHeartbeat(session(), { ...run, phase: 'transfer', bytesExpected: 100, leaseSeconds: 30 });
const newRun = async () => claimedRun(fixture, await fixture.newDatabase());

describe('a cancel', () => {
  it('reaches the agent with its next heartbeat, and the run ends cancelled with its reason', async () => {
    const run = await newRun();
    expect(await requestCancel(session(), run.runId, 'api')).toMatchObject({ state: 'planning' });
    expect(await beat(run)).toMatchObject({ answer: 'cancel' });
    const reason = reasonOf('ADY_CANCELLED', 'asked for');
    expect(await failRun(session(), { ...run, outcome: 'cancelled', reason })).toBeNull();
    expect(await findRun(session(), run.runId)).toMatchObject({ state: 'cancelled', reason });
  });

  it('S5.8 rings the agent, tells the dedup-worker, and lets the run commit nothing any more', async () => {
    const databaseId = await fixture.newDatabase();
    const run = await runningRun(fixture, databaseId);
    const told = async (): Promise<unknown> =>
      recordIngest(session(), { ...run, totals: { bytesRead: 0, bytesNew: 0, bytesStored: 0 }, pieces: [] });
    expect(await told()).toMatchObject({ stopping: false });
    await requestCancel(session(), run.runId, 'api');
    const bells = await session()
      .selectFrom('outbox')
      .select(['job_name', 'host_id', 'payload'])
      .where('job_name', '=', 'run.cancel')
      .execute();
    expect(bells).toContainEqual({
      job_name: 'run.cancel',
      host_id: run.hostId,
      payload: { v: 1, runId: run.runId, fence: run.fence },
    });
    expect(await told()).toMatchObject({ stopping: true });
    await recordIdentity(session(), databaseId, { dbid: '1565056049', dbUniqueName: 'orcl' }, 'host:x');
    expect(await readGrant(session(), run.runId, run.hostId)).toMatchObject({ stopping: true });
    expect(code(await submitCommit(session(), { ...run, contents: contents() }))).toBe('ADY_CANCELLED');
  });

  it('is refused in committing and after the end', async () => {
    const run = await committingRun(fixture, await fixture.newDatabase());
    expect(code(await requestCancel(session(), run.runId, 'api'))).toBe('ADY_RUN_STATE');
    await commitRecoveryPoint(session(), manifestOf(run));
    expect(code(await requestCancel(session(), run.runId, 'api'))).toBe('ADY_RUN_STATE');
  });
});
