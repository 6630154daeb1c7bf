// What RMAN printed in a run: the end of it, at most RUN_LOG_CHARS_MAX characters.
import { RUN_LOG_CHARS_MAX } from '@adyton/contracts';
import { type RunId } from '@adyton/domain';
import { sql } from 'kysely';
import { inTransaction, type LedgerSession } from './ledger';
import { type Refusal } from './refusal';
import { isRefusal, lockFencedRun, type FencedRun } from './runs';

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

/** Empty when nothing was printed; undefined when there is no such run. */
export async function readLog(session: LedgerSession, runId: string): Promise<string | undefined> {
  const row = await session
    .selectFrom('runs')
    .leftJoin('run_logs', 'run_logs.run_id', 'runs.id')
    .select('run_logs.text')
    .where('runs.id', '=', runId as RunId)
    .executeTakeFirst();
  return row === undefined ? undefined : (row.text ?? '');
}
