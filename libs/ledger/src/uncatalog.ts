// RMAN forgets a piece before the vault does (K3): the agent of every site where its records are is asked, today that of the registered host.
// A ring is only a doorbell; pieces stay `uncatalog_pending` until the agent has seen that RMAN does not list them any more.
import { type Reason } from '@adyton/contracts';
import { type DatabaseId, type HostId } from '@adyton/domain';
import { recordAudit } from './audit-events';
import { lockDatabase } from './databases';
import { inTransaction, type LedgerSession } from './ledger';
import { movePieces } from './move-pieces';
import { addToOutbox } from './outbox';
import { now, nowMinus, toJson } from './sql-values';

/** Pieces of one ring: an invocation of RMAN of some seconds, so that an agent that is to end does not wait long. */
const BATCH_PIECES = 100;
/** Handles named in one audit row; the rest is counted. */
const NAMED_MAX = 5;

/** Rings the doorbell of the database's host. @returns the job id */
export async function dispatchUncatalog(tx: LedgerSession, databaseId: DatabaseId): Promise<string> {
  const { host_id: hostId } = await tx
    .selectFrom('databases')
    .select('host_id')
    .where('id', '=', databaseId)
    .executeTakeFirstOrThrow();
  const { dispatches } = await tx
    .insertInto('release_sites')
    .values({
      ...{ database_id: databaseId, dispatches: 1, dispatched_at: now },
      ...{ reason: null, forgotten_at: null, forgotten_by: null },
    })
    .onConflict((c) =>
      c
        .column('database_id')
        .doUpdateSet((e) => ({ dispatches: e('release_sites.dispatches', '+', 1), dispatched_at: now })),
    )
    .returning('dispatches')
    .executeTakeFirstOrThrow();
  const jobId = uncatalogJobId(databaseId, dispatches);
  await addToOutbox(tx, { jobName: 'pieces.uncatalog', hostId, payload: { v: 1, databaseId }, jobId });
  return jobId;
}

function uncatalogJobId(databaseId: DatabaseId, dispatches: number): string {
  return `${databaseId}.uncatalog.${dispatches}`;
}

/** Databases whose last ring is older than this and whose pieces still wait. */
export async function findWaitingSites(
  session: LedgerSession,
  olderThanSeconds: number,
): Promise<{ databaseId: DatabaseId; hostId: HostId; jobId: string }[]> {
  const rows = await session
    .selectFrom('release_sites')
    .innerJoin('databases', 'databases.id', 'release_sites.database_id')
    .select(['databases.id', 'databases.host_id', 'release_sites.dispatches'])
    .where('release_sites.dispatched_at', '<', nowMinus(olderThanSeconds))
    .where((e) =>
      e.exists(
        e
          .selectFrom('pieces')
          .select('pieces.handle')
          .whereRef('pieces.database_id', '=', 'databases.id')
          .where('pieces.release_state', '=', 'uncatalog_pending'),
      ),
    )
    .orderBy('databases.id')
    .execute();
  return rows.map((r) => ({
    databaseId: r.id,
    hostId: r.host_id,
    jobId: uncatalogJobId(r.id, r.dispatches),
  }));
}

/** Rings again, unless somebody rang meanwhile. */
export async function redispatchUncatalog(
  tx: LedgerSession,
  databaseId: DatabaseId,
  lastJobId: string,
): Promise<string | null> {
  const row = await tx
    .selectFrom('release_sites')
    .select('dispatches')
    .where('database_id', '=', databaseId)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined || uncatalogJobId(databaseId, row.dispatches) !== lastJobId) return null;
  return dispatchUncatalog(tx, databaseId);
}

/** Longest waiting first. */
export async function readUncatalogBatch(session: LedgerSession, databaseId: DatabaseId): Promise<string[]> {
  const rows = await session
    .selectFrom('pieces')
    .select('handle')
    .where('database_id', '=', databaseId)
    .where('release_state', '=', 'uncatalog_pending')
    .orderBy('release_changed_at')
    .orderBy('handle')
    .limit(BATCH_PIECES)
    .execute();
  return rows.map((r) => r.handle);
}

export interface UncatalogedPieces {
  readonly databaseId: DatabaseId;
  readonly gone: readonly string[];
  readonly reason: Reason | null;
  readonly principal: string;
}

/** Telling it twice changes nothing. Where it goes well and more wait, the next batch is rung for at once. */
export function recordUncataloged(session: LedgerSession, report: UncatalogedPieces): Promise<void> {
  return inTransaction(session, async (tx) => {
    const { databaseId, gone, reason, principal } = report;
    await lockDatabase(tx, databaseId);
    const moved = await movePieces(tx, {
      ...{ databaseId, handles: gone },
      ...{ from: 'uncatalog_pending', to: 'uncataloged' },
    });
    await tx
      .updateTable('release_sites')
      .set({ reason: reason === null ? null : toJson(reason) })
      .where('database_id', '=', databaseId)
      .execute();
    if (moved.length === 0) return;
    await recordAudit(tx, [
      {
        ...{ principal, action: 'pieces.uncataloged', subjectId: databaseId, databaseId, reason },
        detail: named(moved),
      },
    ]);
    const left = await readUncatalogBatch(tx, databaseId);
    if (reason === null && left.length > 0) await dispatchUncatalog(tx, databaseId);
  });
}

function named(handles: readonly string[]): string {
  const more = handles.length > NAMED_MAX ? ', …' : '';
  return `${handles.length} piece(s): ${handles.slice(0, NAMED_MAX).join(', ')}${more}`;
}
