// Which pieces RMAN should have on record, on a real Postgres: what a run compares with v$backup_piece before it decides its level.
import { reasonOf } from '@adyton/contracts';
import { type DatabaseId } from '@adyton/domain';
import { sql } from 'kysely';
import { commitRecoveryPoint, submitCommit } from './commit-run';
import { readNow } from './ledger';
import { piecesToKnow, recordIngest } from './pieces';
import { failRun } from './run-lifecycle';
import { type FencedRun } from './runs';
import { contents, manifestOf, runningRun, useLedger } from './testing/ledger-fixture';

const KEPT_DAYS = 7;
const DAY_SECONDS = 24 * 60 * 60;

const fixture = useLedger();

const session = () => fixture.ledger.session;

/** @param clockAheadDays how far the clock of the host is from the ledger's */
async function runWith(
  databaseId: DatabaseId,
  handles: readonly string[],
  clockAheadDays = 0,
): Promise<FencedRun> {
  const run = await runningRun(fixture, databaseId);
  const now = await readNow(session());
  const closedAt = new Date(now.getTime() + clockAheadDays * DAY_SECONDS * 1000).toISOString();
  const pieces = handles.map((handle) => ({ handle, bytes: 8, bytesNew: 8, bytesStored: 4, closedAt }));
  await recordIngest(session(), { ...run, totals: { bytesRead: 1, bytesNew: 1, bytesStored: 1 }, pieces });
  return run;
}

async function commit(run: FencedRun, closure: readonly string[]): Promise<void> {
  expect(await submitCommit(session(), { ...run, contents: contents({ closure: [...closure] }) })).toBeNull();
  await commitRecoveryPoint(session(), manifestOf(run));
}

const fail = (run: FencedRun) =>
  failRun(session(), { ...run, outcome: 'failed', reason: reasonOf('ADY_RMAN_FAILED', 'RMAN-03009') });

const told = async (databaseId: DatabaseId) =>
  Object.fromEntries(
    (await piecesToKnow(session(), databaseId, KEPT_DAYS)).map(({ handle, unneeded }) => [handle, unneeded]),
  );

it('are those of recovery points, those a good run left over, and those of a failed run that a later point builds on', async () => {
  const databaseId = await fixture.newDatabase();
  const failed = await runWith(databaseId, ['k/base', 'k/in-vain']);
  await fail(failed);
  await commit(await runWith(databaseId, ['k/own', 'k/left-over']), ['k/own', 'k/base']);
  expect(await told(databaseId)).toEqual({
    'k/base': false,
    'k/in-vain': true,
    'k/left-over': false,
    'k/own': false,
  });
});

it('are none of a run that is under way: RMAN may be about to record them', async () => {
  const databaseId = await fixture.newDatabase();
  await runWith(databaseId, ['k/coming']);
  expect(await told(databaseId)).toEqual({});
});

it('are none that verification found lost', async () => {
  const databaseId = await fixture.newDatabase();
  await commit(await runWith(databaseId, ['k/whole', 'k/lost']), ['k/whole', 'k/lost']);
  await sql`UPDATE adyton.pieces SET lost_at = adyton.now() WHERE handle = 'k/lost'`.execute(session());
  expect(Object.keys(await told(databaseId))).toEqual(['k/whole']);
});

it('are not needed any more when the last recovery point that names them has expired', async () => {
  const databaseId = await fixture.newDatabase();
  await commit(await runWith(databaseId, ['k/old', 'k/shared']), ['k/old', 'k/shared']);
  await sql`UPDATE adyton.recovery_points SET state = 'expired' WHERE database_id = ${databaseId}`.execute(
    session(),
  );
  await commit(await runWith(databaseId, ['k/new']), ['k/new', 'k/shared']);
  expect(await told(databaseId)).toEqual({ 'k/new': false, 'k/old': true, 'k/shared': false });
});

it('are none so old that RMAN may have forgotten them by age', async () => {
  const databaseId = await fixture.newDatabase();
  await commit(await runWith(databaseId, ['k/aged']), ['k/aged']);
  await fixture.moveClock((KEPT_DAYS - 1) * DAY_SECONDS);
  expect(Object.keys(await told(databaseId))).toEqual(['k/aged']);
  await fixture.moveClock(2 * DAY_SECONDS);
  expect(await told(databaseId)).toEqual({});
});

it('are told by the ledger’s clock, however far that of their host is off', async () => {
  const databaseId = await fixture.newDatabase();
  await commit(await runWith(databaseId, ['k/behind'], -2 * KEPT_DAYS), ['k/behind']);
  await fail(await runWith(databaseId, ['k/ahead'], 2 * KEPT_DAYS));
  expect(await told(databaseId)).toEqual({ 'k/ahead': true, 'k/behind': false });
  await fixture.moveClock((KEPT_DAYS + 1) * DAY_SECONDS);
  expect(await told(databaseId)).toEqual({});
});
