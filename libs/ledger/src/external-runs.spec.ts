// Runs by hand on a real Postgres: when they end, and that nothing comes in once the agent reads RMAN's record.
import { listPiecesOfRun, requestClose } from './external-runs';
import { recordIngest } from './pieces';
import { readLastDataPoint, listRecoveryPoints } from './recovery-points';
import { commitRecoveryPoint, submitCommit } from './commit-run';
import { recordHeartbeat, storePlan } from './run-lifecycle';
import { findRun, type FencedRun } from './runs';
import { claimedRun, code, contents, manifestOf, runningRun, useLedger } from './testing/ledger-fixture';

const IDLE_MINUTES = 30;
const SECONDS_PER_MINUTE = 60;

const fixture = useLedger();

const session = () => fixture.ledger.session;
type Phase = Parameters<typeof recordHeartbeat>[1]['phase'];
const beat = (run: FencedRun, phase: Phase = 'transfer') =>
  recordHeartbeat(session(), { ...run, phase, leaseSeconds: 10_000 });
const report = (run: FencedRun, extras: Partial<Parameters<typeof recordIngest>[1]> = {}) =>
  recordIngest(session(), {
    ...run,
    totals: { bytesRead: 1, bytesNew: 1, bytesStored: 1 },
    pieces: [],
    channels: 0,
    ...extras,
  });
const piece = (handle: string) => ({
  ...{ handle, bytes: 8, bytesNew: 8, bytesStored: 4 },
  closedAt: '2026-01-01T00:00:00.000Z',
});

async function openRun() {
  const databaseId = await fixture.newDatabase();
  const run = await claimedRun(fixture, databaseId, { lane: 'external', idleMinutes: IDLE_MINUTES });
  const scripts = [{ step: 'channels' as const, text: 'ALLOCATE CHANNEL c1' }];
  expect(await storePlan(session(), { ...run, plan: null, scripts })).toBeNull();
  await beat(run);
  return { ...run, databaseId };
}

it('runs beside a backup of ours, and says whose script it is', async () => {
  const run = await openRun();
  const ours = await runningRun(fixture, run.databaseId);
  expect(await findRun(session(), run.runId)).toMatchObject({ origin: 'external', state: 'running' });
  expect(await findRun(session(), ours.runId)).toMatchObject({ origin: 'product' });
  expect(await beat(ours)).toMatchObject({ external: null });
  expect(code(await requestClose(session(), ours.runId, 'api'))).toBe('ADY_RUN_STATE');
});

it('ends when no channel was open for the agreed time by Postgres time, not while one is', async () => {
  const run = await openRun();
  await fixture.moveClock((IDLE_MINUTES - 1) * SECONDS_PER_MINUTE);
  expect(await beat(run)).toMatchObject({ external: { endAsked: false } });
  await report(run, { channels: 1 });
  await fixture.moveClock((IDLE_MINUTES - 1) * SECONDS_PER_MINUTE);
  expect(await beat(run)).toMatchObject({ external: { endAsked: false } });
  await fixture.moveClock(2 * SECONDS_PER_MINUTE);
  expect(await beat(run)).toMatchObject({ external: { endAsked: true } });
});

it('is not closed under an open channel, and closing twice is harmless', async () => {
  const run = await openRun();
  await report(run, { channels: 2 });
  expect(code(await requestClose(session(), run.runId, 'api'))).toBe('ADY_CHANNELS_OPEN');
  expect(await beat(run)).toMatchObject({ external: { endAsked: false } });
  await report(run);
  expect(await requestClose(session(), run.runId, 'api')).toMatchObject({ id: run.runId });
  expect(await requestClose(session(), run.runId, 'api')).toMatchObject({ id: run.runId });
  expect(await beat(run)).toMatchObject({ external: { endAsked: true } });
});

it('believes that the last piece came in only when the dedup-worker says so after it was told to stop', async () => {
  const run = await openRun();
  expect(await report(run, { sealed: true })).toMatchObject({ sealing: false });
  expect(await beat(run)).toMatchObject({ external: { sealed: false } });
  await beat(run, 'reconcile');
  expect(await report(run)).toMatchObject({ sealing: true });
  expect(await beat(run, 'reconcile')).toMatchObject({ external: { sealed: false } });
  await report(run, { sealed: true, pieces: [piece('last')] });
  expect(await beat(run, 'reconcile')).toMatchObject({ external: { sealed: true } });
  expect(await listPiecesOfRun(session(), run)).toMatchObject({ handles: ['last'] });
});

it('forgets the pieces that RMAN deleted again, and no others', async () => {
  const run = await openRun();
  const other = await runningRun(fixture, run.databaseId);
  await report(other, { pieces: [piece('ours')] });
  await report(run, { pieces: [piece('kept'), piece('gone')] });
  await report(run, { removed: ['gone', 'ours'] });
  expect(await listPiecesOfRun(session(), run)).toMatchObject({ handles: ['kept'] });
  expect(await listPiecesOfRun(session(), other)).toMatchObject({ handles: ['ours'] });
});

it('leaves a recovery point that names its origin; a full one is no base of a level 1', async () => {
  const run = await openRun();
  const full = contents({ level: 'full', origin: 'external' });
  expect(await submitCommit(session(), { ...run, contents: full })).toBeNull();
  await commitRecoveryPoint(session(), manifestOf(run));
  const { items } = await listRecoveryPoints(session(), { limit: 5, databaseId: run.databaseId });
  expect(items).toMatchObject([{ origin: 'external', level: 'full', runId: run.runId }]);
  expect(await findRun(session(), run.runId)).toMatchObject({ state: 'succeeded', level: 'full' });
  expect(await readLastDataPoint(session(), run.databaseId)).toBeNull();
});
