// Runs by hand: a person runs RMAN with a script of their own against our library. Nobody tells when such a run is over, so it ends when
// they say so, or when no channel was open for the agreed time. Then the dedup-worker takes no more pieces (it seals the run), and only
// after that the agent reads what RMAN has recorded: nothing can be closed behind its back.
import { type ExternalRunState, type IngestReport, type Run } from '@adyton/contracts';
import { type RunId } from '@adyton/domain';
import { recordAudit } from './audit-events';
import { inTransaction, readNow, type LedgerSession } from './ledger';
import { refuse, type Refusal } from './refusal';
import { findRun, isRefusal, lockOwnRun, wrongState, type FencedRun, type RunRow } from './runs';
import { now } from './sql-values';

const MS_PER_MINUTE = 60_000;

/** Null for runs of our own scripts. */
export async function externalStateOf(tx: LedgerSession, run: RunRow): Promise<ExternalRunState | null> {
  if (run.lane !== 'external') return null;
  return {
    endAsked: run.close_requested_at !== null || (await isIdle(tx, run)),
    sealed: run.sealed_at !== null,
  };
}

/** By Postgres time, like every lease. */
async function isIdle(tx: LedgerSession, run: RunRow): Promise<boolean> {
  const since = run.channels_seen_at ?? run.started_at;
  const idleMs = (await readNow(tx)).getTime() - since.getTime();
  return idleMs >= (run.idle_minutes ?? 0) * MS_PER_MINUTE;
}

/** What the agent has begun to reconcile must not grow any more. */
export function isSealing(run: RunRow): boolean {
  return run.lane === 'external' && run.phase === 'reconcile';
}

/** Notes what the dedup-worker says of its channels, and that it takes no more pieces. */
export async function recordChannels(
  tx: LedgerSession,
  run: RunRow,
  { channels, sealed }: Pick<IngestReport, 'channels' | 'sealed'>,
): Promise<void> {
  if (run.lane !== 'external' || channels === undefined) return;
  await tx
    .updateTable('runs')
    .set({
      channels_open: channels,
      ...(channels > 0 ? { channels_seen_at: now } : {}),
      ...(sealed === true && isSealing(run) ? { sealed_at: now } : {}),
    })
    .where('id', '=', run.id)
    .execute();
}

/** A person ends the run. Asking twice is harmless. @returns a refusal while channels are open: RMAN would lose them in mid-piece. */
export function requestClose(session: LedgerSession, id: string, principal: string): Promise<Run | Refusal> {
  return inTransaction(session, async (tx) => {
    const run = await tx
      .selectFrom('runs')
      .selectAll()
      .where('id', '=', id as RunId)
      .forUpdate()
      .executeTakeFirst();
    if (run === undefined) return refuse('ADY_NOT_FOUND', `there is no run ${id}`);
    if (run.lane !== 'external')
      return refuse('ADY_RUN_STATE', `run ${id} is not one by hand: it ends by itself`);
    if (run.state !== 'running') return wrongState(run);
    if (run.channels_open > 0)
      return refuse('ADY_CHANNELS_OPEN', `${run.channels_open} channel(s) of run ${id} are open`);
    if (run.close_requested_at === null) await noteClose(tx, run, principal);
    const closing = await findRun(tx, id);
    if (closing === undefined) throw new Error('invariant: a locked run can be read');
    return closing;
  });
}

async function noteClose(tx: LedgerSession, run: RunRow, principal: string): Promise<void> {
  await tx.updateTable('runs').set({ close_requested_at: now }).where('id', '=', run.id).execute();
  await recordAudit(tx, [
    { principal, action: 'run.close-requested', subjectId: run.id, databaseId: run.database_id },
  ]);
}

/** Handles of the pieces the run wrote and RMAN did not delete since. */
export async function listPiecesOfRun(
  session: LedgerSession,
  run: Pick<FencedRun, 'runId' | 'hostId'>,
): Promise<{ kind: 'listed'; handles: string[] } | Refusal> {
  return inTransaction(session, async (tx) => {
    const row = await lockOwnRun(tx, run);
    if (isRefusal(row)) return row;
    const pieces = await tx
      .selectFrom('pieces')
      .select('handle')
      .where('run_id', '=', row.id)
      .orderBy('handle')
      .execute();
    return { kind: 'listed', handles: pieces.map(({ handle }) => handle) };
  });
}
