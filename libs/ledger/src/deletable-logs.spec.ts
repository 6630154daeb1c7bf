// Which archived logs may go from disk after a run, on a real Postgres: those that available points hold, when the policy says so and nobody wants them.
import { type DatabaseId, type Scn } from '@adyton/domain';
import { commitRecoveryPoint, submitCommit } from './commit-run';
import { listDeletableLogs } from './deletable-logs';
import { failRun } from './run-lifecycle';
import { isRefusal, type FencedRun } from './runs';
import { failure } from './testing/alert-reader';
import { code, contents, manifestOf, nextId, runningRun, useLedger } from './testing/ledger-fixture';
import { retentionSite } from './testing/retention-fixture';

const fixture = useLedger();

const session = () => fixture.ledger.session;
const deletable = (run: FencedRun) => listDeletableLogs(session(), run);
const NOTHING = { olderThanHours: null, ranges: [] };

function logsOf(thread: number, sequences: readonly number[], resetlogsScn = '1') {
  return sequences.map((sequence) => ({
    ...{ thread, sequence, resetlogsScn: resetlogsScn as Scn, handle: `k/log${thread}_${sequence}` },
    ...{ firstScn: String(sequence * 10) as Scn, nextScn: String(sequence * 10 + 10) as Scn },
  }));
}

async function committedRun(
  databaseId: DatabaseId,
  archivedLogs: ReturnType<typeof logsOf>,
): Promise<FencedRun> {
  const run = await runningRun(fixture, databaseId);
  expect(
    await submitCommit(session(), { ...run, contents: contents({ closure: [], archivedLogs }) }),
  ).toBeNull();
  expect(isRefusal(await commitRecoveryPoint(session(), manifestOf(run)))).toBe(false);
  return run;
}

async function databaseWith(deleteLogsAfterHours: number | null): Promise<DatabaseId> {
  const site = await retentionSite(fixture);
  await site.keep(1, { deleteLogsAfterHours });
  return site.databaseId;
}

it('names the logs of all available points as ranges, newest first, per thread', async () => {
  const databaseId = await databaseWith(6);
  await committedRun(databaseId, [...logsOf(1, [3, 4]), ...logsOf(2, [9])]);
  const run = await committedRun(databaseId, [...logsOf(1, [5, 8]), ...logsOf(2, [10, 9])]);
  expect(await deletable(run)).toMatchObject({
    olderThanHours: 6,
    ranges: [
      { thread: 2, fromSequence: 9, untilSequence: 10 },
      { thread: 1, fromSequence: 8, untilSequence: 8 },
      { thread: 1, fromSequence: 3, untilSequence: 5 },
    ],
  });
});

it('names none of another incarnation, and none of a point that is on its way out', async () => {
  const databaseId = await databaseWith(0);
  const first = await committedRun(databaseId, logsOf(1, [1, 2]));
  await committedRun(databaseId, logsOf(1, [7], '500'));
  const last = await committedRun(databaseId, logsOf(1, [3]));
  await session()
    .updateTable('recovery_points')
    .set({ state: 'expired' })
    .where('run_id', '=', first.runId as never)
    .execute();
  expect(await deletable(last)).toMatchObject({
    ranges: [{ thread: 1, fromSequence: 3, untilSequence: 3 }],
  });
});

it('names none where the policy keeps them, or where there is no policy', async () => {
  const kept = await committedRun(await databaseWith(null), logsOf(1, [1]));
  expect(await deletable(kept)).toMatchObject(NOTHING);
  const without = await committedRun(await fixture.newDatabase(), logsOf(1, [1]));
  expect(await deletable(without)).toMatchObject(NOTHING);
});

it('names none while another run of the database is on its way', async () => {
  const databaseId = await databaseWith(0);
  const run = await committedRun(databaseId, logsOf(1, [1]));
  const other = await runningRun(fixture, databaseId);
  expect(await deletable(run)).toMatchObject(NOTHING);
  expect(await failRun(session(), { ...other, outcome: 'failed', reason: failure })).toBeNull();
  expect(await deletable(run)).toMatchObject({ olderThanHours: 0 });
});

it('refuses a run that has no recovery point, and one of another host', async () => {
  const databaseId = await databaseWith(0);
  const run = await runningRun(fixture, databaseId);
  expect(code(await deletable(run))).toBe('ADY_RUN_STATE');
  expect(code(await deletable({ ...run, hostId: nextId('hst') }))).toBe('ADY_FORBIDDEN');
});
