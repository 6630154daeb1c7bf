// The vault's part of letting pieces go, as the maintenance tier asks for it: which databases have something to be done, which recovery points
// are to be marked in the bucket, and which pieces RMAN has forgotten. What was done is noted afterwards: done again, it changes nothing.
import { type DatabaseId, type RecoveryPointId, type RunId } from '@adyton/domain';
import { sql } from 'kysely';
import { resolveAlerts } from './alerts';
import { inTransaction, type LedgerSession } from './ledger';
import { movePieces } from './move-pieces';
import { selectRunsLetGo, selectRunsThatBuild, type Leaving, type PieceReview } from './piece-review';
import { now } from './sql-values';

export interface DatabaseToRelease {
  readonly id: DatabaseId;
  readonly name: string;
  readonly dbid: string;
}

/** Pieces that stand in the way of the mark: it is made once RMAN has forgotten all that only this point needed. */
const STILL_THERE = sql`('under_review', 'uncatalog_pending')`;
const POINT_IS_CLEAR = sql<boolean>`NOT EXISTS (
  SELECT 1 FROM adyton.pieces x WHERE x.database_id = recovery_points.database_id
    AND x.release_state IN ${STILL_THERE} AND recovery_points.contents->'closure' ? x.handle)`;
const RUN_IS_CLEAR = sql<boolean>`NOT EXISTS (
  SELECT 1 FROM adyton.pieces x WHERE x.run_id = runs.id AND x.release_state IN ${STILL_THERE})`;

/** Databases with points to be looked at, or with pieces whose next step is the vault's, and no backup that would be in the way. */
export async function findDatabasesToRelease(session: LedgerSession): Promise<DatabaseToRelease[]> {
  const rows = await session
    .selectFrom('databases')
    .select(['databases.id', 'databases.name', 'databases.dbid'])
    .where('databases.dbid', 'is not', null)
    .where((e) =>
      e.not(e.exists(selectRunsThatBuild(session).where(sql<boolean>`runs.database_id = databases.id`))),
    )
    .where((e) =>
      e.or([
        e.exists(
          e
            .selectFrom('recovery_points')
            .select('recovery_points.id')
            .whereRef('recovery_points.database_id', '=', 'databases.id')
            .where('recovery_points.state', '=', 'expired')
            .where('recovery_points.vault_expired_at', 'is', null)
            .where((p) => p.or([p('recovery_points.reviewed_at', 'is', null), POINT_IS_CLEAR])),
        ),
        e.exists(
          e
            .selectFrom('pieces')
            .select('pieces.handle')
            .whereRef('pieces.database_id', '=', 'databases.id')
            .where('pieces.release_state', 'in', ['under_review', 'uncataloged']),
        ),
        e.exists(
          selectRunsLetGo(session)
            .where(sql<boolean>`runs.database_id = databases.id`)
            .where(RUN_IS_CLEAR),
        ),
      ]),
    )
    .orderBy('databases.id')
    .execute();
  return rows.map(({ id, name, dbid }) => ({ id, name, dbid: dbid ?? '' }));
}

/** Of what was reviewed, that whose pieces RMAN has forgotten, or others need. @param needed handles under review that are needed all the same */
export async function findClear(
  session: LedgerSession,
  { leaving }: PieceReview,
  needed: ReadonlySet<string>,
): Promise<Leaving> {
  const points = await session
    .selectFrom('recovery_points')
    .select('id')
    .where('id', '=', sql<RecoveryPointId>`ANY(${leaving.points.map((p) => p.id)}::text[])`)
    .where('reviewed_at', 'is not', null)
    .where(POINT_IS_CLEAR)
    .execute();
  const runs = await session
    .selectFrom('runs')
    .select('id')
    .where('id', '=', sql<RunId>`ANY(${leaving.runs.map((r) => r.id)}::text[])`)
    .where(RUN_IS_CLEAR)
    .where(
      sql<boolean>`NOT EXISTS (SELECT 1 FROM adyton.pieces x WHERE x.run_id = runs.id AND x.handle = ANY(${[...needed]}::text[]))`,
    )
    .execute();
  return {
    points: leaving.points.filter(({ id }) => points.some((p) => p.id === id)),
    runs: leaving.runs.filter(({ id }) => runs.some((r) => r.id === id)),
  };
}

/** The marks are in the bucket. */
export function recordVaultExpired(
  session: LedgerSession,
  { points, runs }: Leaving,
  principal: string,
): Promise<void> {
  return inTransaction(session, async (tx) => {
    if (points.length > 0)
      await tx
        .updateTable('recovery_points')
        .set({ vault_expired_at: now })
        .where(
          'id',
          'in',
          points.map((p) => p.id),
        )
        .execute();
    for (const { id } of runs) {
      await tx.updateTable('runs').set({ partial_expired_at: now }).where('id', '=', id).execute();
      const over = { resolution: 'its pieces are released', principal };
      await resolveAlerts(tx, { kinds: ['failed_run_let_go'], subject: id, ...over });
    }
  });
}

/** Pieces that RMAN has forgotten and the vault has not. */
export async function listUncataloged(session: LedgerSession, databaseId: DatabaseId): Promise<string[]> {
  const rows = await session
    .selectFrom('pieces')
    .select('handle')
    .where('database_id', '=', databaseId)
    .where('release_state', '=', 'uncataloged')
    .orderBy('handle')
    .execute();
  return rows.map((r) => r.handle);
}

/** The marks are in the bucket. */
export function recordReleased(
  session: LedgerSession,
  databaseId: DatabaseId,
  handles: readonly string[],
): Promise<string[]> {
  return movePieces(session, { databaseId, handles, from: 'uncataloged', to: 'released' });
}
