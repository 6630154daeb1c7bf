// The vault's part of retention. For each database: which pieces does nothing need any more, as the bucket says (RMAN is then asked to forget
// them); then the marks of recovery points whose pieces RMAN has forgotten, and last the marks of these pieces. In this order, so that whoever is
// interrupted leaves pieces too many and never a recovery point without its pieces; done again, it goes on from what stands in ledger and bucket.
import { REPORT_ROWS_MAX } from '@adyton/contracts';
import {
  beginReview,
  endReview,
  findClear,
  findDatabasesToRelease,
  listUncataloged,
  recordReleased,
  recordVaultExpired,
  type DatabaseToRelease,
  type Leaving,
} from '@adyton/ledger';
import {
  deriveDatabaseKeys,
  expireRecoveryPoint,
  manifestKeyOf,
  partialKeyOf,
  releaseHandle,
  stillNeeded,
  type PieceLookup,
} from '@adyton/vault';
import { type MaintenanceParts } from './maintenance-parts';
import { PRINCIPAL, type OperationContext, type OperationEnd, type ReportOf } from './operations';
import { watchedStore } from './watched-store';

type Report = { -readonly [K in keyof ReportOf<'release'>]: ReportOf<'release'>[K] };

/** Marks noted in the ledger together: few enough to be done again after a crash. */
const RELEASED_AT_ONCE = 100;
const NOBODY: ReadonlySet<string> = new Set();

export async function release(
  parts: MaintenanceParts,
  context: OperationContext,
): Promise<OperationEnd<'release'>> {
  const report: Report = {
    ...{ kind: 'release', databases: 0, databasesBusy: [] },
    ...{ piecesReviewed: 0, piecesNeeded: 0, pointsExpired: 0, piecesReleased: 0 },
  };
  const store = watchedStore(parts.store, context);
  for (const database of await findDatabasesToRelease(parts.ledger.session)) {
    context.signal.throwIfAborted();
    const keys = deriveDatabaseKeys(parts.vault.masterKey, parts.vault.vaultId, database.dbid);
    await releaseOf({ ...parts, context, report, database, lookup: { store, keys, dbid: database.dbid } });
  }
  return { report, reason: null };
}

interface DatabaseRelease extends MaintenanceParts {
  readonly context: OperationContext;
  readonly report: Report;
  readonly database: DatabaseToRelease;
  readonly lookup: PieceLookup;
}

async function releaseOf(work: DatabaseRelease): Promise<void> {
  const { ledger, report, database, lookup, clock } = work;
  const { session } = ledger;
  const review = await beginReview(session, database.id);
  if (review.kind === 'busy') {
    if (report.databasesBusy.length < REPORT_ROWS_MAX) report.databasesBusy.push(database.name);
    return;
  }
  report.databases += 1;
  const inBucket = await stillNeeded(lookup, {
    handles: review.handles,
    leaving: new Set(keysOf(work, review.leaving)),
    held: new Set(review.heldManifests),
    now: clock.now(),
  });
  const needed = await endReview(session, { databaseId: database.id, review, needed: inBucket });
  report.piecesReviewed += review.handles.length;
  report.piecesNeeded += needed.size;
  await expireAll(work, await findClear(session, review, needed));
  await releaseAll(work, await listUncataloged(session, database.id));
}

/** Object names of manifests and partials. */
function keysOf({ lookup }: DatabaseRelease, { points, runs }: Leaving): string[] {
  const { dbKey } = lookup.keys;
  return [
    ...points.map((point) => point.manifestKey),
    ...runs.map(({ id, fence }) => partialKeyOf(manifestKeyOf({ dbKey, runId: id, fence }))),
  ];
}

async function expireAll(work: DatabaseRelease, clear: Leaving): Promise<void> {
  const { ledger, report, lookup, clock, context } = work;
  for (const key of keysOf(work, clear)) {
    context.signal.throwIfAborted();
    await expireRecoveryPoint(lookup.store, key, clock.now());
  }
  await recordVaultExpired(ledger.session, clear, PRINCIPAL);
  report.pointsExpired += clear.points.length + clear.runs.length;
}

/** Asked once more, with only the marks that are in the bucket: a restore may have begun, or another point still be without its mark. */
async function releaseAll(work: DatabaseRelease, handles: readonly string[]): Promise<void> {
  const { ledger, report, database, lookup, clock, context } = work;
  if (handles.length === 0) return;
  const needed = await stillNeeded(lookup, { handles, leaving: NOBODY, held: NOBODY, now: clock.now() });
  const free = handles.filter((handle) => !needed.has(handle));
  for (let i = 0; i < free.length; i += RELEASED_AT_ONCE) {
    const batch = free.slice(i, i + RELEASED_AT_ONCE);
    for (const handle of batch) {
      context.signal.throwIfAborted();
      await releaseHandle(lookup, handle);
    }
    await recordReleased(ledger.session, database.id, batch);
    report.piecesReleased += batch.length;
  }
}
