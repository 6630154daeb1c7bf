// A database that is gone for good: no RMAN is left that could forget its pieces. Only a person can know that (K4), so nothing here happens by
// itself; and a database that says who it is afterwards is not forgotten any more.
import { type ForgottenDatabase } from '@adyton/contracts';
import { type DatabaseId, type RecoveryPointId } from '@adyton/domain';
import { recordAudit } from './audit-events';
import { lockDatabase } from './databases';
import { wasSeenWithin } from './hosts';
import { inTransaction, readNow, type LedgerSession } from './ledger';
import { movePieces } from './move-pieces';
import { letPointsGo } from './point-retention';
import { readPolicy } from './policies';
import { refuse, type Refusal } from './refusal';
import { ACTIVE_RUN_STATES } from './runs';
import { now } from './sql-values';

export interface DatabaseToForget {
  readonly databaseId: DatabaseId;
  /** Lets all its points go too, but for those that are held. */
  readonly allBackups: boolean;
  /** An agent that gave a sign within this is running. */
  readonly presenceSeconds: number;
  /** How long the points can be taken back. */
  readonly graceSeconds: number;
  readonly principal: string;
}

export function forgetDatabase(
  session: LedgerSession,
  forget: DatabaseToForget,
): Promise<ForgottenDatabase | Refusal> {
  return inTransaction(session, async (tx) => {
    const { databaseId, principal, allBackups } = forget;
    await lockDatabase(tx, databaseId);
    const obstacle = await findObstacle(tx, forget);
    if (obstacle !== null) return obstacle;
    await markForgotten(tx, forget);
    const freed = await movePieces(tx, { databaseId, from: 'uncatalog_pending', to: 'uncataloged' });
    const pointsLetGo = allBackups ? await letAllGo(tx, forget) : [];
    const detail = `${freed.length} piece(s) wait for RMAN no more; ${pointsLetGo.length} recovery point(s) were let go`;
    await recordAudit(tx, [
      { principal, action: 'database.forgotten', subjectId: databaseId, databaseId, detail },
    ]);
    const forgottenAt = (await readNow(tx)).toISOString();
    return { databaseId, forgottenAt, piecesFreed: freed.length, pointsLetGo };
  });
}

/** RMAN of a database that can be reached must be asked, and one that is backed up is not gone. */
async function findObstacle(tx: LedgerSession, forget: DatabaseToForget): Promise<Refusal | null> {
  const { databaseId } = forget;
  const run = await tx
    .selectFrom('runs')
    .select('id')
    .where('database_id', '=', databaseId)
    .where('state', 'in', [...ACTIVE_RUN_STATES])
    .executeTakeFirst();
  if (run !== undefined) return refuse('ADY_RUN_ACTIVE', `run ${run.id} is active`, { runId: run.id });
  if (forget.allBackups && (await isScheduled(tx, databaseId)))
    return refuse('ADY_DATABASE_PROTECTED', 'its policy or a schedule still asks for backups');
  const site = await tx
    .selectFrom('databases')
    .leftJoin('release_sites', 'release_sites.database_id', 'databases.id')
    .select(['databases.host_id', 'release_sites.reason', 'release_sites.dispatched_at'])
    .where('databases.id', '=', databaseId)
    .executeTakeFirstOrThrow();
  const isAsked = site.dispatched_at !== null && site.reason === null;
  if (
    isAsked &&
    (await waits(tx, databaseId)) &&
    (await wasSeenWithin(tx, site.host_id, forget.presenceSeconds))
  )
    return refuse('ADY_SITE_REACHABLE', 'its agent runs and has been asked to make RMAN forget the pieces');
  return null;
}

async function waits(tx: LedgerSession, databaseId: DatabaseId): Promise<boolean> {
  const piece = await tx
    .selectFrom('pieces')
    .select('handle')
    .where('database_id', '=', databaseId)
    .where('release_state', '=', 'uncatalog_pending')
    .limit(1)
    .executeTakeFirst();
  return piece !== undefined;
}

async function isScheduled(tx: LedgerSession, databaseId: DatabaseId): Promise<boolean> {
  const policy = await readPolicy(tx, databaseId);
  const schedule = await tx
    .selectFrom('schedules')
    .select('id')
    .where('database_id', '=', databaseId)
    .limit(1)
    .executeTakeFirst();
  return policy?.enabled === true || schedule !== undefined;
}

async function markForgotten(tx: LedgerSession, { databaseId, principal }: DatabaseToForget): Promise<void> {
  const forgotten = { forgotten_at: now, forgotten_by: principal };
  await tx
    .insertInto('release_sites')
    .values({ database_id: databaseId, dispatched_at: null, reason: null, ...forgotten })
    .onConflict((c) => c.column('database_id').doUpdateSet({ ...forgotten, reason: null }))
    .execute();
}

/** What retention let go already is the operator's too from now on: no policy takes it back. */
async function letAllGo(
  tx: LedgerSession,
  { databaseId, graceSeconds, principal }: DatabaseToForget,
): Promise<RecoveryPointId[]> {
  const points = await tx
    .selectFrom('recovery_points')
    .select(['id', 'state'])
    .where('database_id', '=', databaseId)
    .where('state', '<>', 'expired')
    .where('held_since', 'is', null)
    .orderBy('id')
    .execute();
  await tx
    .updateTable('recovery_points')
    .set({ expiring_by: 'operator' })
    .where('database_id', '=', databaseId)
    .where('state', '=', 'expiring')
    .execute();
  const ids = points.filter((p) => p.state !== 'expiring').map((p) => p.id);
  await letPointsGo(tx, { ids, by: 'operator', graceSeconds, principal });
  return points.map((p) => p.id);
}
