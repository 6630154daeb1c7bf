// Rows of what has left the vault, on a real Postgres: how long they stay, and what never goes.
import { parseScn, type RecoveryPointId } from '@adyton/domain';
import { beginReview, endReview } from './piece-review';
import { findClear, listUncataloged, recordReleased, recordVaultExpired } from './piece-release';
import { pruneReleased } from './prune-released';
import { useLedger } from './testing/ledger-fixture';
import { DAY_SECONDS, retentionSite, type RetentionSite } from './testing/retention-fixture';
import { recordUncataloged } from './uncatalog';

const fixture = useLedger();

const session = () => fixture.ledger.session;
const KEPT_SECONDS = 365 * DAY_SECONDS;

/** RMAN is asked to forget what nothing needs. */
async function reviewed({ databaseId }: RetentionSite) {
  const review = await beginReview(session(), databaseId);
  if (review.kind === 'busy') throw new Error(`run ${review.runId} is in the way`);
  return { review, needed: await endReview(session(), { databaseId, review, needed: new Set() }) };
}

async function released(site: RetentionSite): Promise<void> {
  const { databaseId } = site;
  const { review, needed } = await reviewed(site);
  await recordUncataloged(session(), {
    ...{ databaseId, gone: review.handles },
    ...{ reason: null, principal: 'host:1' },
  });
  await recordVaultExpired(session(), await findClear(session(), review, needed), 'maintenance');
  await recordReleased(session(), databaseId, await listUncataloged(session(), databaseId));
}

async function handlesOf({ databaseId }: RetentionSite): Promise<string[]> {
  const rows = await session()
    .selectFrom('pieces')
    .select('handle')
    .where('database_id', '=', databaseId)
    .orderBy('handle')
    .execute();
  return rows.map(({ handle }) => handle);
}

async function addLog({ databaseId }: RetentionSite, point: RecoveryPointId): Promise<void> {
  const log = {
    resetlogs_scn: parseScn('1'),
    thread: 1,
    sequence: 1,
    first_scn: parseScn('1'),
    next_scn: parseScn('2'),
  };
  await session()
    .insertInto('archived_logs')
    .values({ ...log, recovery_point_id: point, database_id: databaseId, handle: 'base' })
    .execute();
}

/** `old` was the first point's alone, `base` is needed by the second. */
async function siteWithTwoPoints() {
  const site = await retentionSite(fixture);
  const first = await site.point(['base', 'old']);
  const second = await site.point(['new'], ['base', 'new']);
  await site.keep(1);
  return { site, first, second };
}

it('K4 what the vault has let go stays on record for its time, and then goes with what only it names', async () => {
  const { site, first, second } = await siteWithTwoPoints();
  await addLog(site, first);
  await addLog(site, second);
  await site.expire();
  await released(site);
  await fixture.moveClock(KEPT_SECONDS - 1);
  expect(await pruneReleased(session(), KEPT_SECONDS)).toBe(0);
  expect(await site.stateOf(first)).toBe('expired');
  await fixture.moveClock(10);
  expect(await pruneReleased(session(), KEPT_SECONDS)).toBe(2);
  expect(await site.stateOf(first)).toBeUndefined();
  expect(await site.stateOf(second)).toBe('available');
  expect(await handlesOf(site)).toEqual(['base', 'new']);
  expect(await pruneReleased(session(), KEPT_SECONDS)).toBe(0);
});

it('K4 what has expired and waits for RMAN to forget it stays on record, however old', async () => {
  const { site, first } = await siteWithTwoPoints();
  await site.expire();
  await reviewed(site);
  await fixture.moveClock(2 * KEPT_SECONDS);
  expect(await pruneReleased(session(), KEPT_SECONDS)).toBe(0);
  expect(await site.stateOf(first)).toBe('expired');
  expect(await handlesOf(site)).toEqual(['base', 'new', 'old']);
});
