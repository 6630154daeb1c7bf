// What RMAN printed in a run: the end of it, at most RUN_LOG_CHARS_MAX characters, for its time. Of what went since it is known until when it was
// there.
import { RUN_LOG_CHARS_MAX } from '@adyton/contracts';
import { type RunId } from '@adyton/domain';
import { sql } from 'kysely';
import { instantBefore, inTransaction, rowsAffected, type LedgerSession } from './ledger';
import { type Refusal } from './refusal';
import { isRefusal, lockFencedRun, type FencedRun } from './runs';
import { now, toInstantOrNull } from './sql-values';

/** Postgres text cannot hold NUL; RMAN never prints one on purpose. */
const NUL = /\0/g;

export function appendLog(
  session: LedgerSession,
  input: FencedRun & { readonly text: string },
): Promise<Refusal | null> {
  return inTransaction(session, async (tx) => {
    const run = await lockFencedRun(tx, input);
    if (isRefusal(run)) return run;
    const text = input.text.replace(NUL, '').slice(-RUN_LOG_CHARS_MAX);
    await tx
      .insertInto('run_logs')
      .values({ run_id: run.id, text })
      .onConflict((c) =>
        c.column('run_id').doUpdateSet({
          text: sql<string>`right(run_logs.text || excluded.text, ${RUN_LOG_CHARS_MAX})`,
        }),
      )
      .execute();
    return null;
  });
}

export interface KeptLog {
  /** Empty when nothing was printed, and when it is not kept any more. */
  readonly text: string;
  readonly keptUntil: string | null;
}

/** Undefined when there is no such run. */
export async function readLog(session: LedgerSession, runId: string): Promise<KeptLog | undefined> {
  const row = await session
    .selectFrom('runs')
    .leftJoin('run_logs', 'run_logs.run_id', 'runs.id')
    .select(['run_logs.text', 'run_logs.pruned_at'])
    .where('runs.id', '=', runId as RunId)
    .executeTakeFirst();
  return row === undefined ? undefined : { text: row.text ?? '', keptUntil: toInstantOrNull(row.pruned_at) };
}

/** Of one batch, each up to a megabyte. The oldest that is kept is a run that ended long ago, or one of the few that took as long as that. */
const LOGS_MAX = 500;

/** @returns how many went, but for their marks */
export async function pruneRunLogs(session: LedgerSession, olderThanSeconds: number): Promise<number> {
  const before = await instantBefore(session, olderThanSeconds);
  return rowsAffected(
    session,
    sql`UPDATE adyton.run_logs l SET text = '', pruned_at = ${now} FROM (
      SELECT run_id FROM adyton.run_logs WHERE pruned_at IS NULL ORDER BY run_id LIMIT ${LOGS_MAX}) oldest
    JOIN adyton.runs r ON r.id = oldest.run_id
    WHERE l.run_id = oldest.run_id AND r.finished_at < ${before}`,
  );
}
