// How far what is on its way out has come, for people and for alerts.
import { reasonOf, type Reason, type RetentionStatus } from '@adyton/contracts';
import { type DatabaseId, type PieceReleaseState } from '@adyton/domain';
import { sql } from 'kysely';
import { type AlertToRaise } from './alerts';
import { type LedgerSession } from './ledger';
import { selectRunsKept, selectRunsThatBuild } from './piece-review';
import { listPointsInRetention } from './recovery-points';
import { nowMinus, toInstantOrNull } from './sql-values';

/** After this long a database that gives no answer may be gone, and somebody has to say so, seconds. */
const WAITS_TOO_LONG_SECONDS = 30 * 24 * 60 * 60;

export async function readRetentionStatus(
  session: LedgerSession,
  databaseId: DatabaseId,
): Promise<RetentionStatus> {
  const rows = await session
    .selectFrom('pieces')
    .select(['release_state'])
    .select((e) => [
      e.fn.countAll<number>().as('count'),
      e.fn.min<Date | null>('release_changed_at').as('since'),
    ])
    .where('database_id', '=', databaseId)
    .where('release_state', 'in', ['under_review', 'uncatalog_pending', 'uncataloged'])
    .groupBy('release_state')
    .execute();
  const of = (state: PieceReleaseState) => rows.find((r) => r.release_state === state);
  const site = await session
    .selectFrom('release_sites')
    .select(['reason', 'forgotten_at'])
    .where('database_id', '=', databaseId)
    .executeTakeFirst();
  const uncatalogPending = of('uncatalog_pending')?.count ?? 0;
  const points = await listPointsInRetention(session, databaseId);
  const isReviewDue = uncatalogPending === 0 && points.some((p) => p.state === 'expired');
  return {
    databaseId,
    points,
    pieces: {
      underReview: of('under_review')?.count ?? 0,
      uncatalogPending,
      uncataloged: of('uncataloged')?.count ?? 0,
    },
    waitsFor: isReviewDue
      ? ((await findBackupInTheWay(session, databaseId)) ?? (await findInterrupted(session, databaseId)))
      : reasonOfRman(uncatalogPending, site?.reason ?? null),
    waitsSince: toInstantOrNull(of('uncatalog_pending')?.since ?? null),
    forgottenAt: toInstantOrNull(site?.forgotten_at ?? null),
  };
}

function reasonOfRman(pieces: number, failure: Reason | null): Reason | null {
  if (pieces === 0) return null;
  return failure ?? reasonOf('ADY_UNCATALOG_PENDING', `${pieces} piece(s) wait for RMAN to forget them`);
}

async function findBackupInTheWay(session: LedgerSession, databaseId: DatabaseId): Promise<Reason | null> {
  const run = await selectRunsThatBuild(session)
    .where('runs.database_id', '=', databaseId)
    .executeTakeFirst();
  if (run === undefined) return null;
  return reasonOf('ADY_RUN_ACTIVE', `run ${run.id} may still build on what has expired`);
}

/** A point that was built on what an interrupted backup left stays in the vault as long as that is kept. */
async function findInterrupted(session: LedgerSession, databaseId: DatabaseId): Promise<Reason | null> {
  const run = await selectRunsKept(session)
    .where('runs.database_id', '=', databaseId)
    .where(
      sql<boolean>`EXISTS (SELECT FROM adyton.pieces, adyton.recovery_points AS points
        WHERE pieces.run_id = runs.id AND points.database_id = runs.database_id AND points.state = 'expired'
          AND points.vault_expired_at IS NULL AND points.contents->'closure' ? pieces.handle)`,
    )
    .orderBy('runs.finished_at', 'desc')
    .executeTakeFirst();
  if (run === undefined) return null;
  const until = run.kept_until.toISOString();
  return reasonOf(
    'ADY_INTERRUPTED_KEPT',
    `what has expired was built on what run ${run.id} left, kept until ${until}`,
  );
}

/** Databases whose pieces wait for RMAN for too long. */
export async function longWaitingReleases(
  session: LedgerSession,
): Promise<Pick<AlertToRaise, 'kind' | 'subject' | 'detail' | 'databaseId' | 'hostId'>[]> {
  const rows = await session
    .selectFrom('pieces')
    .innerJoin('databases', 'databases.id', 'pieces.database_id')
    .select(['databases.id', 'databases.name', 'databases.host_id'])
    .select((e) => e.fn.countAll<number>().as('count'))
    .select(sql<Date>`min(pieces.release_changed_at)`.as('since'))
    .where('pieces.release_state', '=', 'uncatalog_pending')
    .where('pieces.release_changed_at', '<', nowMinus(WAITS_TOO_LONG_SECONDS))
    .groupBy(['databases.id', 'databases.name', 'databases.host_id'])
    .orderBy('databases.id')
    .execute();
  return rows.map((r) => ({
    kind: 'release_waiting',
    subject: r.id,
    databaseId: r.id,
    hostId: r.host_id,
    detail: `${r.count} piece(s) of ${r.name} wait since ${r.since.toISOString()} for RMAN to forget them`,
  }));
}
