// Which runs an interrupted backup goes on from, on a real Postgres.
import { reasonOf } from '@adyton/contracts';
import { type DatabaseId, type RunId } from '@adyton/domain';
import { listEarlierAttempts } from './earlier-attempts';
import { readNow } from './ledger';
import { failRun, storePlan } from './run-lifecycle';
import { isRefusal } from './runs';
import { sweepLostRuns } from './sweeps';
import { claim, claimedRun, committingRun, plan, useLedger } from './testing/ledger-fixture';

const fixture = useLedger();

type Run = Awaited<ReturnType<typeof claimedRun>>;
const session = () => fixture.ledger.session;
const earlier = async (run: Run, lane: 'data' | 'log' = 'data') =>
  (await listEarlierAttempts(session(), { ...run, lane })).map((a) => [a.runId, a.fence]);
const named = (...runs: Run[]) => runs.map(({ runId, fence }) => [runId, fence]);

async function failed(run: Run, outcome: 'failed' | 'cancelled' = 'failed'): Promise<Run> {
  const reason = reasonOf('ADY_RMAN_FAILED', 'ORA-19511');
  expect(await failRun(session(), { ...run, outcome, reason })).toBeNull();
  return run;
}
const replay = (databaseId: DatabaseId, replayOf: RunId) =>
  claimedRun(fixture, databaseId, { trigger: 'replay', replayOf });

it('S5.7 goes on from earlier attempts of the same request', async () => {
  const database = await fixture.newDatabase();
  const now = await readNow(session());
  const window = { trigger: 'scheduled', expiresAt: new Date(now.getTime() + 3_600_000) } as const;
  const first = await claimedRun(fixture, database, window);
  await storePlan(session(), {
    ...first,
    plan: { ...plan, files: [], archivedLogs: [], checks: [] },
    scripts: [],
  });
  await fixture.moveClock(31);
  expect(await sweepLostRuns(session())).toContain(first.runId);
  const claimed = await claim(fixture, first.requestId);
  if (isRefusal(claimed)) throw new Error(claimed.detail);
  const second = { ...first, runId: claimed.runId, fence: claimed.fence };
  expect(await earlier(second)).toEqual(named(first));
});

it('S5.7 goes on from what is replayed, however often it was, and from nothing else', async () => {
  const database = await fixture.newDatabase();
  const stranger = await failed(await claimedRun(fixture, database));
  const first = await failed(await claimedRun(fixture, database));
  const second = await failed(await replay(database, first.runId), 'cancelled');
  const third = await replay(database, second.runId);
  expect(await earlier(third)).toEqual(named(second, first));
  expect(await earlier(third)).not.toContainEqual(named(stranger)[0]);
  expect(await earlier(third, 'log')).toEqual([]);
});

it('S5.7 does not go on from what is older than a day, or has made its recovery point', async () => {
  const database = await fixture.newDatabase();
  const old = await failed(await claimedRun(fixture, database));
  await fixture.moveClock(86_401);
  expect(await earlier(await failed(await replay(database, old.runId)))).toEqual([]);
  const good = await committingRun(fixture, await fixture.newDatabase());
  expect(await earlier({ ...good, runId: 'run_other' as RunId })).toEqual([]);
});
