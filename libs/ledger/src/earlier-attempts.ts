// Interrupted attempts at what a run is to back up: earlier runs of the same request, and those that it replays, however many replays lie in
// between. What they finished need not be read again.
import { EARLIER_ATTEMPTS_MAX } from '@adyton/contracts';
import { type Lane, type RequestId, type RunId } from '@adyton/domain';
import { sql } from 'kysely';
import { type LedgerSession } from './ledger';

export interface EarlierAttempt {
  readonly runId: RunId;
  readonly fence: number;
}

/** What was read longer ago needs so much redo that reading it again is better, hours. */
const RESUME_WITHIN_HOURS = 24;

/** Newest first. @param of the run that asks, which is none of them */
export async function listEarlierAttempts(
  session: LedgerSession,
  of: { readonly runId: RunId; readonly requestId: RequestId; readonly lane: Lane },
): Promise<EarlierAttempt[]> {
  const { rows } = await sql<EarlierAttempt>`
    WITH RECURSIVE chain AS (
      SELECT id, replay_of FROM adyton.requests WHERE id = ${of.requestId}
      UNION
      SELECT replayed.id, replayed.replay_of FROM chain
      JOIN adyton.runs ON runs.id = chain.replay_of
      JOIN adyton.requests replayed ON replayed.id = runs.request_id)
    SELECT runs.id AS "runId", runs.fence FROM adyton.runs JOIN chain ON chain.id = runs.request_id
    WHERE runs.id <> ${of.runId} AND runs.operation = 'backup' AND runs.lane = ${of.lane}
      AND runs.state IN ('failed', 'cancelled')
      AND runs.started_at > adyton.now() - make_interval(hours => ${RESUME_WITHIN_HOURS})
    ORDER BY runs.id DESC LIMIT ${EARLIER_ATTEMPTS_MAX}`.execute(session);
  return rows;
}
