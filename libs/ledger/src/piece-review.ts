// Which pieces may go (K1, K2). The ledger names those that no recovery point, restore or failed run on its record needs; then the bucket's own
// books are asked, because they know what a ledger may not: points made while it was set back to an older copy, restores under way. From the
// moment a piece is under review no backup builds on it, so nothing can come to need it between the question and the answer.
import { type DatabaseId, type RecoveryPointId, type RunId } from '@adyton/domain';
import { sql } from 'kysely';
import { raiseAlert } from './alerts';
import { lockDatabase } from './databases';
import { inTransaction, type LedgerSession } from './ledger';
import { movePieces } from './move-pieces';
import { OPEN_REQUEST_STATES } from './requests';
import { ACTIVE_RUN_STATES } from './runs';
import { now } from './sql-values';
import { isForgotten } from './release-sites';
import { dispatchUncatalog } from './uncatalog';

/** What a failed run left may be the base of the next level 1, or be resumed: it is kept this long, seconds. */
const RESUME_KEEP_SECONDS = 7 * 24 * 60 * 60;
const keptUntil = sql<Date>`runs.finished_at + make_interval(secs => ${RESUME_KEEP_SECONDS})`;
const SYSTEM = 'system';

/** A recovery point, or what a failed run left, that is to go for ever. */
export interface Leaving {
  readonly points: readonly { readonly id: RecoveryPointId; readonly manifestKey: string }[];
  readonly runs: readonly { readonly id: RunId; readonly fence: number }[];
}

export interface PieceReview {
  readonly kind: 'review';
  /** Handles that nothing on record needs. */
  readonly handles: readonly string[];
  /** What let go of them. */
  readonly leaving: Leaving;
  /** Manifests that somebody holds. */
  readonly heldManifests: readonly string[];
}

/** A backup may build on any piece that RMAN lists, until it has committed. */
export interface DatabaseBusy {
  readonly kind: 'busy';
  readonly runId: RunId;
}

export function beginReview(
  session: LedgerSession,
  databaseId: DatabaseId,
): Promise<PieceReview | DatabaseBusy> {
  return inTransaction(session, async (tx) => {
    await lockDatabase(tx, databaseId); // a claim takes the same lock: no run begins meanwhile
    const busy = await selectRunsThatBuild(tx).where('runs.database_id', '=', databaseId).executeTakeFirst();
    if (busy !== undefined) return { kind: 'busy', runId: busy.id };
    const leaving = await readLeaving(tx, databaseId);
    await putUnderReview(tx, databaseId, leaving);
    await noteRunsLetGo(tx, databaseId, leaving.runs);
    return {
      kind: 'review',
      handles: await handlesUnderReview(tx, databaseId),
      leaving,
      heldManifests: await readHeldManifests(tx, databaseId),
    };
  });
}

/** Active runs of data files: a level 1 chooses its bases while it runs. */
export function selectRunsThatBuild(session: LedgerSession) {
  return session
    .selectFrom('runs')
    .select('runs.id')
    .where('runs.lane', 'in', ['data', 'external'])
    .where('runs.state', 'in', [...ACTIVE_RUN_STATES]);
}

async function readLeaving(tx: LedgerSession, databaseId: DatabaseId): Promise<Leaving> {
  const points = await tx
    .selectFrom('recovery_points')
    .select(['id', 'manifest_key'])
    .where('database_id', '=', databaseId)
    .where('state', '=', 'expired')
    .where('vault_expired_at', 'is', null)
    .orderBy('id')
    .execute();
  const runs = await selectRunsLetGo(tx)
    .select('runs.fence')
    .where('runs.database_id', '=', databaseId)
    .orderBy('runs.id')
    .execute();
  return { points: points.map((p) => ({ id: p.id, manifestKey: p.manifest_key })), runs };
}

/** Backups of ours that failed long ago and left pieces. */
export function selectRunsLetGo(session: LedgerSession) {
  return selectInterrupted(session).where(keptUntil, '<', now);
}

/** Those that failed of late, and until when what they left is kept. */
export function selectRunsKept(session: LedgerSession) {
  return selectInterrupted(session).select(keptUntil.as('kept_until')).where(keptUntil, '>=', now);
}

/** What a person backed up by hand stays as long as RMAN lists it. */
function selectInterrupted(session: LedgerSession) {
  return session
    .selectFrom('runs')
    .select('runs.id')
    .where('runs.state', 'in', ['failed', 'cancelled'])
    .where('runs.operation', '=', 'backup')
    .where('runs.lane', 'in', ['data', 'log'])
    .where('runs.partial_expired_at', 'is', null)
    .where((e) =>
      e.exists(
        e.selectFrom('pieces').select('pieces.handle').whereRef('pieces.run_id', '=', 'runs.id').limit(1),
      ),
    );
}

async function putUnderReview(
  tx: LedgerSession,
  databaseId: DatabaseId,
  { points, runs }: Leaving,
): Promise<void> {
  const closureOf = (of: ReturnType<typeof sql>) =>
    sql`SELECT jsonb_array_elements_text(contents->'closure') FROM adyton.recovery_points WHERE ${of}`;
  const gone = sql`id = ANY(${points.map((p) => p.id)}::text[])`;
  const live = sql`database_id = ${databaseId} AND state <> 'expired'`;
  const { rows } = await sql<{ handle: string }>`
    SELECT handle FROM adyton.pieces
    WHERE database_id = ${databaseId} AND release_state = 'kept'
      AND (handle IN (${closureOf(gone)}) OR run_id = ANY(${runs.map((r) => r.id)}::text[]))
      AND handle NOT IN (${closureOf(live)})`.execute(tx);
  const handles = rows.map((r) => r.handle);
  await movePieces(tx, { databaseId, handles, from: 'kept', to: 'under_review' });
}

/** Named by the plan of a restore that waits or is under way: its pin comes into the bucket only when it reads. */
async function handlesOfRestores(tx: LedgerSession, databaseId: DatabaseId): Promise<string[]> {
  const { rows } = await sql<{ handle: string }>`
    SELECT DISTINCT jsonb_array_elements_text(p.document->'handles') AS handle FROM adyton.restore_plans p
    JOIN adyton.requests q ON q.restore_plan_id = p.id
    WHERE q.database_id = ${databaseId} AND (q.state = ANY(${[...OPEN_REQUEST_STATES]}::text[])
      OR EXISTS (SELECT 1 FROM adyton.runs r WHERE r.request_id = q.id AND r.state = ANY(${[...ACTIVE_RUN_STATES]}::text[])))`.execute(
    tx,
  );
  return rows.map((r) => r.handle);
}

async function handlesUnderReview(tx: LedgerSession, databaseId: DatabaseId): Promise<string[]> {
  const rows = await tx
    .selectFrom('pieces')
    .select('handle')
    .where('database_id', '=', databaseId)
    .where('release_state', '=', 'under_review')
    .orderBy('handle')
    .execute();
  return rows.map((r) => r.handle);
}

async function readHeldManifests(tx: LedgerSession, databaseId: DatabaseId): Promise<string[]> {
  const rows = await tx
    .selectFrom('recovery_points')
    .select('manifest_key')
    .where('database_id', '=', databaseId)
    .where('held_since', 'is not', null)
    .execute();
  return rows.map((r) => r.manifest_key);
}

/** Those something was built on say nothing: their pieces stay. */
async function noteRunsLetGo(
  tx: LedgerSession,
  databaseId: DatabaseId,
  runs: Leaving['runs'],
): Promise<void> {
  const losing = await tx
    .selectFrom('pieces')
    .select('run_id')
    .distinct()
    .where('database_id', '=', databaseId)
    .where('release_state', '=', 'under_review')
    .where('run_id', '=', sql<RunId>`ANY(${runs.map((r) => r.id)}::text[])`)
    .execute();
  for (const { run_id: id } of losing)
    await raiseAlert(tx, {
      kind: 'failed_run_let_go',
      subject: id,
      databaseId,
      detail: `run ${id} ended without a recovery point, and nothing was built on what it left`,
      principal: SYSTEM,
      repeat: 'is-the-same',
    });
}

/** What the bucket said of a review. */
export interface ReviewVerdict {
  readonly databaseId: DatabaseId;
  readonly review: PieceReview;
  /** Of the handles under review, those that something needs all the same. */
  readonly needed: ReadonlySet<string>;
}

/** RMAN is asked to forget what nothing needs. @returns handles under review that are needed, by the bucket or by a restore on record */
export function endReview(session: LedgerSession, verdict: ReviewVerdict): Promise<ReadonlySet<string>> {
  return inTransaction(session, async (tx) => {
    const { databaseId, review } = verdict;
    await lockDatabase(tx, databaseId);
    const restoring = new Set(await handlesOfRestores(tx, databaseId));
    const isNeeded = (handle: string): boolean => verdict.needed.has(handle) || restoring.has(handle);
    const [stays, goes] = [review.handles.filter(isNeeded), review.handles.filter((h) => !isNeeded(h))];
    const forgotten = await isForgotten(tx, databaseId);
    const reviewed = { databaseId, from: 'under_review' } as const;
    await movePieces(tx, { ...reviewed, handles: stays, to: 'kept' });
    await movePieces(tx, { ...reviewed, handles: goes, to: forgotten ? 'uncataloged' : 'uncatalog_pending' });
    if (goes.length > 0 && !forgotten) await dispatchUncatalog(tx, databaseId);
    await markReviewed(tx, review, stays);
    return new Set(stays);
  });
}

/** Points some of whose pieces were needed after all are looked at again: what needs these may be over then. */
async function markReviewed(
  tx: LedgerSession,
  { leaving }: PieceReview,
  needed: readonly string[],
): Promise<void> {
  const ids = leaving.points.map((p) => p.id);
  if (ids.length === 0) return;
  await tx
    .updateTable('recovery_points')
    .set({ reviewed_at: now })
    .where('id', 'in', ids)
    .where('reviewed_at', 'is', null)
    .where(sql<boolean>`NOT contents->'closure' ?| ${[...needed]}::text[]`)
    .execute();
}
