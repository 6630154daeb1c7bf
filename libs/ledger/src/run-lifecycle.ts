// What the agent may do to a run it claimed, each step under the run's fence and answered the same when it is repeated.
import {
  type ExternalRunState,
  type Reason,
  type Run,
  type RunPlan,
  type RunScript,
} from '@adyton/contracts';
import { isTerminal, runTransitions, type RunId, type RunPhase, type RunState } from '@adyton/domain';
import { recordAudit } from './audit-events';
import { externalStateOf } from './external-runs';
import { inTransaction, type LedgerSession } from './ledger';
import { followUpLostRun } from './next-attempt';
import { addToOutbox } from './outbox';
import { noteRecords } from './record-alerts';
import { refuse, type Refusal } from './refusal';
import {
  ACTIVE_RUN_STATES,
  endRun,
  findRun,
  isRefusal,
  lockFencedRun,
  lockOwnRun,
  wrongState,
  type FencedRun,
  type RunRow,
} from './runs';
import { now, nowPlus, toJson } from './sql-values';

export interface Heartbeat extends FencedRun {
  readonly phase: RunPhase;
  readonly bytesExpected?: number | null | undefined;
  readonly leaseSeconds: number;
}

export interface HeartbeatAnswer {
  readonly kind: 'answered';
  readonly answer: 'continue' | 'cancel' | 'fenced';
  readonly state: RunState;
  readonly reason: Reason | null;
  readonly external: ExternalRunState | null;
}

/** Extends the lease of a live run. `fenced` tells an agent to stop: another attempt owns the run, or it ended without it. */
export async function recordHeartbeat(
  session: LedgerSession,
  beat: Heartbeat,
): Promise<HeartbeatAnswer | Refusal> {
  const goesOn = await extendLease(session, beat);
  if (goesOn !== undefined) return { kind: 'answered', answer: 'continue', ...goesOn, external: null };
  return inTransaction(session, async (tx) => {
    const run = await lockOwnRun(tx, beat);
    return isRefusal(run) ? run : answerUnderLock(tx, run, beat);
  });
}

/** The beat of a run that just goes on is one statement: every run sends one each few seconds. @returns nothing when there is more to say. */
function extendLease(
  session: LedgerSession,
  beat: Heartbeat,
): Promise<Pick<RunRow, 'state' | 'reason'> | undefined> {
  return session
    .updateTable('runs')
    .set(extension(beat))
    .where('id', '=', beat.runId as RunId)
    .where('host_id', '=', beat.hostId)
    .where('fence', '=', beat.fence)
    .where('lane', '<>', 'external')
    .where('state', 'in', [...ACTIVE_RUN_STATES])
    .where('cancel_requested_at', 'is', null)
    .returning(['state', 'reason'])
    .executeTakeFirst();
}

const extension = ({ leaseSeconds, phase, bytesExpected }: Heartbeat) => ({
  lease_until: nowPlus(leaseSeconds),
  phase,
  ...(typeof bytesExpected === 'number' ? { bytes_expected: bytesExpected } : {}),
});

async function answerUnderLock(tx: LedgerSession, run: RunRow, beat: Heartbeat): Promise<HeartbeatAnswer> {
  const external = await externalStateOf(tx, run);
  const answer = (word: HeartbeatAnswer['answer']): HeartbeatAnswer => ({
    kind: 'answered',
    answer: word,
    state: run.state,
    reason: run.reason,
    external,
  });
  if (run.fence !== beat.fence || run.state === 'failed' || run.state === 'cancelled')
    return answer('fenced');
  if (isTerminal(runTransitions, run.state)) return answer('continue');
  await tx.updateTable('runs').set(extension(beat)).where('id', '=', run.id).execute();
  return answer(run.cancel_requested_at !== null && run.state !== 'committing' ? 'cancel' : 'continue');
}

export interface PlanToStore extends FencedRun {
  /** Null for a run by hand: only what it leaves tells what it is. */
  readonly plan: RunPlan | null;
  readonly scripts: readonly RunScript[];
}

/** Plan and scripts are on record before a byte moves; then the run goes to running. Scripts composed later (the logs') replace the list. */
export function storePlan(session: LedgerSession, input: PlanToStore): Promise<Refusal | null> {
  return inTransaction(session, async (tx) => {
    const run = await lockFencedRun(tx, input);
    if (isRefusal(run)) return run;
    if (run.state !== 'planning' && run.state !== 'running') return wrongState(run);
    await tx
      .updateTable('runs')
      .set({
        state: 'running',
        plan: input.plan === null ? null : toJson(input.plan),
        scripts: toJson(input.scripts),
        level: input.plan?.level ?? null,
        level_reason: input.plan?.levelReason ?? null,
        bytes_expected: input.plan?.bytesExpected ?? null,
      })
      .where('id', '=', run.id)
      .execute();
    await noteRecords(tx, run, input.plan);
    return null;
  });
}

export interface RunFailure extends FencedRun {
  readonly outcome: 'failed' | 'cancelled';
  readonly reason: Reason;
}

/** The agent ends its run. A run in committing is the manifest's to end, not the agent's. */
export function failRun(session: LedgerSession, failure: RunFailure): Promise<Refusal | null> {
  return inTransaction(session, async (tx) => {
    const run = await lockFencedRun(tx, failure);
    if (isRefusal(run)) return run;
    if (run.state === 'failed' || run.state === 'cancelled') return null; // a repeated call, or the sweeper was first
    if (run.state === 'committing') return wrongState(run);
    const ended = await endRun(tx, {
      id: run.id,
      to: failure.outcome,
      reason: failure.reason,
      principal: `host:${failure.hostId}`,
    });
    if (ended && failure.reason.code === 'ADY_AGENT_LOST')
      await followUpLostRun(tx, run, `host:${failure.hostId}`); // the agent was asked to end, and says so itself
    return ended ? null : wrongState(run);
  });
}

/** A restore ends well without a commit. */
export function finishRestore(session: LedgerSession, input: FencedRun): Promise<Refusal | null> {
  return inTransaction(session, async (tx) => {
    const run = await lockFencedRun(tx, input);
    if (isRefusal(run)) return run;
    if (run.operation !== 'restore') return refuse('ADY_RUN_STATE', `run ${run.id} is a ${run.operation}`);
    if (run.state === 'succeeded') return null;
    const ended = await endRun(tx, {
      id: run.id,
      to: 'succeeded',
      reason: null,
      principal: `host:${input.hostId}`,
    });
    return ended ? null : wrongState(run);
  });
}

/**
 * Notes the wish. The agent is rung, and learns it with its next heartbeat if the bell is not heard; the dedup-worker learns it with its next
 * report. From here on the run cannot commit. Asking twice is harmless.
 */
export function requestCancel(session: LedgerSession, id: string, principal: string): Promise<Run | Refusal> {
  return inTransaction(session, async (tx) => {
    const run = await findRun(tx, id);
    if (run === undefined) return refuse('ADY_NOT_FOUND', `there is no run ${id}`);
    const marked = await tx
      .updateTable('runs')
      .set((e) => ({ cancel_requested_at: e.fn.coalesce('cancel_requested_at', now) }))
      .where('id', '=', run.id)
      .where('state', 'in', ['planning', 'running'])
      .returning(['id', 'host_id', 'fence'])
      .executeTakeFirst();
    if (marked === undefined) {
      const current = (await findRun(tx, id)) ?? run;
      return wrongState(current);
    }
    await recordAudit(tx, [
      { principal, action: 'run.cancel-requested', subjectId: run.id, databaseId: run.databaseId },
    ]);
    const { id: runId, host_id: hostId, fence } = marked;
    const payload = { v: 1 as const, runId, fence };
    await addToOutbox(tx, { jobName: 'run.cancel', hostId, payload, jobId: `${runId}.${fence}.cancel` });
    return (await findRun(tx, id)) ?? run;
  });
}
