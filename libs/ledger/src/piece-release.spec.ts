// Pieces on their way out, on a real Postgres: which come under review, what RMAN is asked to forget, and what waits for it.
import { reasonOf } from '@adyton/contracts';
import { type RunId } from '@adyton/domain';
import { listAuditEvents } from './audit-events';
import { forgetDatabase } from './forget-database';
import { beginReview, endReview, type PieceReview } from './piece-review';
import { findClear, findDatabasesToRelease, recordVaultExpired } from './piece-release';
import { knownHandles } from './pieces';
import { findReconcileCandidates, redispatch } from './reconcile';
import { isForgotten } from './release-sites';
import { readRetentionStatus } from './retention-status';
import { sweepAlerts } from './sweep-alerts';
import { alertReader } from './testing/alert-reader';
import { claimedRun, code, useLedger } from './testing/ledger-fixture';
import { DAY_SECONDS, GRACE_SECONDS, retentionSite, type RetentionSite } from './testing/retention-fixture';
import { readUncatalogBatch, recordUncataloged } from './uncatalog';
import { recordIdentity } from './databases';

const fixture = useLedger();

const session = () => fixture.ledger.session;
const { only } = alertReader(session);
const NOTHING = new Set<string>();

async function reviewOf({ databaseId }: RetentionSite): Promise<PieceReview> {
  const review = await beginReview(session(), databaseId);
  if (review.kind === 'busy') throw new Error(`run ${review.runId} is in the way`);
  return review;
}

/** Of a database whose first point has expired: `old` was only its own, `base` is needed by the second. */
async function siteWithExpiredPoint(): Promise<RetentionSite> {
  const site = await retentionSite(fixture);
  await site.point(['base', 'old']);
  await site.point(['new'], ['base', 'new']);
  await site.keep(1);
  await site.expire();
  return site;
}

const jobsOf = async ({ databaseId }: RetentionSite): Promise<number> =>
  (
    await session()
      .selectFrom('outbox')
      .select('id')
      .where('job_name', '=', 'pieces.uncatalog')
      .where('job_id', 'like', `${databaseId}%`)
      .execute()
  ).length;

describe('a review', () => {
  it('K1 takes pieces that only expired points need, and no backup builds on them from then on', async () => {
    const site = await siteWithExpiredPoint();
    expect((await findDatabasesToRelease(session())).map((d) => d.id)).toContain(site.databaseId);
    const review = await reviewOf(site);
    expect(review.handles).toEqual(['old']);
    expect(await knownHandles(session(), site.databaseId, ['base', 'old', 'new'])).toEqual(['base', 'new']);
    expect(await jobsOf(site)).toBe(0); // nobody is asked to forget anything before the bucket was asked
    await endReview(session(), { databaseId: site.databaseId, review, needed: NOTHING });
    expect(await site.leavingPieces()).toEqual({ old: 'uncatalog_pending' });
    expect(await jobsOf(site)).toBe(1);
  });

  it('K1 gives back what the bucket needs all the same, and asks again later', async () => {
    const site = await siteWithExpiredPoint();
    const review = await reviewOf(site);
    const needed = new Set(['old']);
    await endReview(session(), { databaseId: site.databaseId, review, needed });
    expect(await site.leavingPieces()).toEqual({});
    expect(await knownHandles(session(), site.databaseId, ['old'])).toEqual(['old']);
    expect((await findClear(session(), review, needed)).points).toEqual([]);
    expect((await reviewOf(site)).handles).toEqual(['old']);
  });

  it('K3 waits for the end of a backup of data files, which may build on anything RMAN lists', async () => {
    const site = await siteWithExpiredPoint();
    const run = await claimedRun(fixture, site.databaseId);
    expect(await beginReview(session(), site.databaseId)).toEqual({ kind: 'busy', runId: run.runId });
    expect(await site.leavingPieces()).toEqual({});
    expect((await findDatabasesToRelease(session())).map((d) => d.id)).not.toContain(site.databaseId);
    const { waitsFor } = await readRetentionStatus(session(), site.databaseId);
    expect(waitsFor).toMatchObject({ code: 'ADY_RUN_ACTIVE' });
    expect(waitsFor?.detail).toContain(run.runId);
  });

  it('K1 says on whose leftovers a point was built that stays in the vault, and until when', async () => {
    const site = await retentionSite(fixture);
    const { databaseId } = site;
    const interrupted = await site.failedRun(['left']);
    await site.point(['old'], ['left', 'old']);
    await site.point(['new']);
    await site.keep(1);
    await site.expire();
    await endReview(session(), { databaseId, review: await reviewOf(site), needed: new Set(['left']) });
    await recordUncataloged(session(), { databaseId, gone: ['old'], reason: null, principal: 'host:1' });
    const waitsFor = async () => (await readRetentionStatus(session(), databaseId)).waitsFor;
    expect(await waitsFor()).toMatchObject({
      code: 'ADY_INTERRUPTED_KEPT',
      detail: expect.stringMatching(new RegExp(`run ${interrupted} left, kept until 2`)) as string,
    });
    await fixture.moveClock(7 * DAY_SECONDS);
    expect(await waitsFor()).toBeNull();
  });

  it('goes on with pieces that a review left when it was interrupted', async () => {
    const site = await siteWithExpiredPoint();
    await reviewOf(site);
    expect((await reviewOf(site)).handles).toEqual(['old']);
  });

  it('K1 passes over what a restore will read that waits for its agent', async () => {
    const site = await siteWithExpiredPoint();
    await session()
      .insertInto('restore_plans')
      .values({
        ...{ id: 'rst_1' as never, database_id: site.databaseId, base_point_id: 'rpt_1' as never },
        ...{ until_scn: '1' as never, directory: '/copy', oracle_sid: 'COPY' },
        document: JSON.stringify({ handles: ['old'] }),
      })
      .execute();
    await claimedRun(fixture, site.databaseId, {
      ...{ operation: 'restore', lane: 'restore', restorePlanId: 'rst_1' as never },
    });
    const review = await reviewOf(site);
    const needed = await endReview(session(), { databaseId: site.databaseId, review, needed: NOTHING });
    expect([...needed]).toEqual(['old']);
    expect(await site.leavingPieces()).toEqual({});
    expect((await findClear(session(), review, needed)).points).toEqual([]); // it is asked again when the restore is over
  });
});

describe('what a failed run left', () => {
  it('is let go after a week, with an alert that ends when it is released', async () => {
    const site = await retentionSite(fixture);
    await site.point(['a']);
    const runId = await site.failedRun(['left']);
    await fixture.moveClock(6 * DAY_SECONDS);
    expect((await reviewOf(site)).handles).toEqual([]);
    await fixture.moveClock(2 * DAY_SECONDS);
    const review = await reviewOf(site);
    expect(review).toMatchObject({ handles: ['left'], leaving: { runs: [{ id: runId }] } });
    expect(await only(site.databaseId, 'failed_run_let_go')).toMatchObject({ subject: runId, state: 'open' });
    await endReview(session(), { databaseId: site.databaseId, review, needed: NOTHING });
    expect((await findClear(session(), review, NOTHING)).runs).toEqual([]); // RMAN still lists it
    const report = { databaseId: site.databaseId, gone: ['left'], reason: null, principal: 'host:1' };
    await recordUncataloged(session(), report);
    const clear = await findClear(session(), review, NOTHING);
    expect(clear.runs).toMatchObject([{ id: runId }]);
    await recordVaultExpired(session(), clear, 'maintenance');
    expect(await only(site.databaseId, 'failed_run_let_go')).toMatchObject({ state: 'resolved' });
  });

  it('stays when a later point was built on it, and when it was written by hand', async () => {
    const site = await retentionSite(fixture);
    await site.failedRun(['base']);
    const byHand: RunId = await site.failedRun(['mine']);
    await session().updateTable('runs').set({ lane: 'external' }).where('id', '=', byHand).execute();
    await site.point(['new'], ['base', 'new']);
    await fixture.moveClock(8 * DAY_SECONDS);
    expect((await reviewOf(site)).handles).toEqual([]);
  });
});

describe('pieces that wait for RMAN', () => {
  async function waiting(): Promise<RetentionSite> {
    const site = await siteWithExpiredPoint();
    const review = await reviewOf(site);
    await endReview(session(), { databaseId: site.databaseId, review, needed: NOTHING });
    return site;
  }
  const report = (site: RetentionSite, gone: string[], failed = false) =>
    recordUncataloged(session(), {
      ...{ databaseId: site.databaseId, gone, principal: 'host:1' },
      reason: failed ? reasonOf('ADY_DATABASE_UNREACHABLE', 'nobody listens') : null,
    });

  it('K3 leave only when the agent says that RMAN does not list them, told twice or once', async () => {
    const site = await waiting();
    expect(await readUncatalogBatch(session(), site.databaseId)).toEqual(['old']);
    expect(await readRetentionStatus(session(), site.databaseId)).toMatchObject({
      waitsFor: { code: 'ADY_UNCATALOG_PENDING' },
    });
    await report(site, [], true);
    expect(await readRetentionStatus(session(), site.databaseId)).toMatchObject({
      ...{ pieces: { uncatalogPending: 1 }, waitsFor: { code: 'ADY_DATABASE_UNREACHABLE' } },
    });
    await report(site, ['old', 'base']); // it was not asked about that one
    await report(site, ['old']);
    expect(await site.leavingPieces()).toEqual({ old: 'uncataloged' });
    expect((await readRetentionStatus(session(), site.databaseId)).waitsFor).toBeNull();
    const audit = await listAuditEvents(session(), site.databaseId);
    expect(audit.filter((e) => e.action === 'pieces.uncataloged')).toHaveLength(1);
  });

  it('are rung for again when the queue lost their job, once', async () => {
    const site = await waiting();
    const limits = { requestSeconds: 5, commitSeconds: 30, uncatalogSeconds: 300 };
    const candidates = async () =>
      (await findReconcileCandidates(session(), limits)).filter(
        (c) => c.kind === 'uncatalog' && c.databaseId === site.databaseId,
      );
    expect(await candidates()).toEqual([]);
    await fixture.moveClock(301);
    const [candidate] = await candidates();
    if (candidate === undefined) throw new Error('nothing to ring for');
    const rung = await Promise.all([1, 2, 3].map(() => redispatch(session(), candidate)));
    expect(rung.filter((jobId) => jobId !== null)).toHaveLength(1);
    expect(await jobsOf(site)).toBe(2);
    expect(await candidates()).toEqual([]);
  });

  it('K4 raise an alert after thirty days, and leave without RMAN only when an operator says so', async () => {
    const site = await waiting();
    const { databaseId } = site;
    await fixture.moveClock(31 * DAY_SECONDS);
    await sweepAlerts(session());
    expect(await only(databaseId, 'release_waiting')).toMatchObject({ state: 'open' });
    expect(await site.leavingPieces()).toEqual({ old: 'uncatalog_pending' });
    const forget = {
      ...{ databaseId, allBackups: false, principal: 'api' },
      ...{ presenceSeconds: 15, graceSeconds: GRACE_SECONDS },
    };
    expect(await forgetDatabase(session(), forget)).toMatchObject({ piecesFreed: 1, pointsLetGo: [] });
    expect(await site.leavingPieces()).toEqual({ old: 'uncataloged' });
    await sweepAlerts(session());
    expect(await only(databaseId, 'release_waiting')).toMatchObject({ state: 'resolved' });
    const audit = await listAuditEvents(session(), databaseId);
    expect(audit.at(-1)).toMatchObject({ action: 'database.forgotten', principal: 'api' });
  });

  it('K4 are not forgotten while an agent is there to ask RMAN, nor all backups while they are scheduled', async () => {
    const site = await waiting();
    const { databaseId } = site;
    const forget = (allBackups: boolean, presenceSeconds: number) =>
      forgetDatabase(session(), {
        ...{ databaseId, allBackups, presenceSeconds, graceSeconds: GRACE_SECONDS, principal: 'api' },
      });
    await session()
      .updateTable('hosts')
      .set((e) => ({ last_seen_at: e.fn<Date>('adyton.now') }))
      .where('id', '=', fixture.hostId)
      .execute();
    expect(code(await forget(false, 15))).toBe('ADY_SITE_REACHABLE');
    await report(site, [], true);
    expect(code(await forget(true, 15))).toBe('ADY_DATABASE_PROTECTED');
    await site.point(['newer']); // lets the one before it go
    await site.carryOut();
    await site.keep(1, { enabled: false });
    const points = [expect.any(String), expect.any(String)];
    expect(await forget(true, 15)).toMatchObject({ piecesFreed: 1, pointsLetGo: points });
    await site.carryOut();
    const { points: leaving } = await readRetentionStatus(session(), databaseId);
    expect(leaving.map((p) => p.state)).toEqual(['expiring', 'expiring', 'expired']);
  });

  it('K4 of a database that was forgotten do not wait; one that says who it is again is asked again', async () => {
    const site = await siteWithExpiredPoint();
    const { databaseId } = site;
    await forgetDatabase(session(), {
      ...{ databaseId, allBackups: false, principal: 'api' },
      ...{ presenceSeconds: 15, graceSeconds: GRACE_SECONDS },
    });
    const review = await reviewOf(site);
    await endReview(session(), { databaseId, review, needed: NOTHING });
    expect(await site.leavingPieces()).toEqual({ old: 'uncataloged' });
    expect(await isForgotten(session(), databaseId)).toBe(true);
    const dbUniqueName = databaseId.slice(0, 30);
    await recordIdentity(session(), databaseId, { dbid: '1234567890', dbUniqueName }, 'host:1');
    expect(await isForgotten(session(), databaseId)).toBe(false);
  });
});
