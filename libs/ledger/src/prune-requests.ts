// Requests that ended long ago go with their runs, all of them at once: the attempts of a request are counted. Nothing goes that a piece, a recovery
// point or a replay refers to, nor what a database without new backups is judged by. Fences come from a sequence, so none is given out twice.
import { type RestorePlanId, type RequestId } from '@adyton/domain';
import { sql } from 'kysely';
import { instantBefore, inTransaction, rowsAffected, type LedgerSession } from './ledger';
import { OPEN_REQUEST_STATES } from './requests';

/** Of one batch, each with its runs. */
const REQUESTS_MAX = 1_000;
/** Of one batch; a plan of a large database is a megabyte. */
const PLANS_MAX = 500;

interface PrunableRequest {
  readonly id: RequestId;
  readonly planId: RestorePlanId | null;
}

/** @returns how many requests went; their runs, with RMAN's output, and their restore plans go with them */
export function pruneRequests(session: LedgerSession, olderThanSeconds: number): Promise<number> {
  return inTransaction(session, async (tx) => {
    const requests = await findPrunable(tx, await instantBefore(tx, olderThanSeconds));
    const ids = sql`ANY(${requests.map(({ id }) => id)}::text[])`;
    const plans = requests.flatMap(({ planId }) => planId ?? []);
    await sql`DELETE FROM adyton.run_logs WHERE run_id IN (SELECT id FROM adyton.runs WHERE request_id = ${ids})`.execute(
      tx,
    );
    await sql`DELETE FROM adyton.runs WHERE request_id = ${ids}`.execute(tx);
    await sql`DELETE FROM adyton.requests WHERE id = ${ids}`.execute(tx);
    await sql`
      DELETE FROM adyton.restore_plans p WHERE id = ANY(${plans}::text[])
      AND NOT EXISTS (SELECT 1 FROM adyton.requests q WHERE q.restore_plan_id = p.id)`.execute(tx);
    return requests.length;
  });
}

/** Restore plans that nobody carried out. @returns how many went */
export function pruneUnusedPlans(session: LedgerSession, olderThanSeconds: number): Promise<number> {
  return inTransaction(session, async (tx) => {
    const before = await instantBefore(tx, olderThanSeconds);
    return rowsAffected(
      tx,
      sql`DELETE FROM adyton.restore_plans WHERE id IN (
        SELECT p.id FROM adyton.restore_plans p WHERE p.created_at < ${before}
        AND NOT EXISTS (SELECT 1 FROM adyton.requests q WHERE q.restore_plan_id = p.id)
        ORDER BY p.id LIMIT ${PLANS_MAX})`,
    );
  });
}

async function findPrunable(tx: LedgerSession, before: Date): Promise<PrunableRequest[]> {
  const isNeeded = sql`
    r.finished_at IS NULL OR r.finished_at >= ${before}
    OR EXISTS (SELECT 1 FROM adyton.pieces p WHERE p.run_id = r.id)
    OR EXISTS (SELECT 1 FROM adyton.recovery_points p WHERE p.run_id = r.id)
    OR EXISTS (SELECT 1 FROM adyton.requests again WHERE again.replay_of = r.id)`;
  const inItsLane = sql`n.database_id = q.database_id AND n.lane = q.lane`;
  const { rows } = await sql<PrunableRequest>`
    SELECT q.id, q.restore_plan_id AS "planId" FROM adyton.requests q
    WHERE q.finished_at < ${before} AND q.state <> ALL(${[...OPEN_REQUEST_STATES]}::text[])
      AND NOT EXISTS (SELECT 1 FROM adyton.runs r WHERE r.request_id = q.id AND (${isNeeded}))
      AND q.id < (SELECT n.id FROM adyton.requests n WHERE ${inItsLane} ORDER BY n.id DESC LIMIT 1)
      AND (q.schedule_id IS NULL OR q.scheduled_at < (
        SELECT DISTINCT n.scheduled_at FROM adyton.requests n WHERE ${inItsLane} AND n.schedule_id IS NOT NULL
        ORDER BY n.scheduled_at DESC OFFSET 1 LIMIT 1))
    ORDER BY q.finished_at LIMIT ${REQUESTS_MAX} FOR UPDATE SKIP LOCKED`.execute(tx);
  return rows;
}
