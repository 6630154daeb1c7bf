// The end of a backup: running → committing by the agent, committing → succeeded by the writer of the manifest. The recovery point,
// its logs, the run's end and the audit row are one transaction, so the point is wholly there or absent.
import {
  reasonOf,
  type ByteTotals,
  type DatabaseRegistration,
  type Reason,
  type RecoveryPointContents,
} from '@adyton/contracts';
import { type RecoveryPointId, type RunId, type RunState } from '@adyton/domain';
import { recordAudit } from './audit-events';
import { inTransaction, readNow, type LedgerSession } from './ledger';
import { readRegistration } from './databases';
import { insertRecoveryPoint } from './insert-recovery-point';
import { addToOutbox } from './outbox';
import { totalsOfHosts } from './pieces';
import { refuse, type Refusal } from './refusal';
import { endRun, isRefusal, lockFencedRun, lockOwnRun, wrongState, type FencedRun } from './runs';
import { now, toJson } from './sql-values';

/** Files that a run's reason names; the recovery point names all. */
const NAMED_FILES_MAX = 5;

export interface CommitToSubmit extends FencedRun {
  readonly contents: RecoveryPointContents;
}

export function submitCommit(session: LedgerSession, input: CommitToSubmit): Promise<Refusal | null> {
  return inTransaction(session, async (tx) => {
    const run = await lockFencedRun(tx, input);
    if (isRefusal(run)) return run;
    if (run.contents !== null && run.state !== 'failed' && run.state !== 'cancelled') return null; // a repeated call
    if (run.state !== 'running' || run.operation !== 'backup') return wrongState(run);
    if (run.cancel_requested_at !== null)
      return refuse('ADY_CANCELLED', `run ${run.id} is being cancelled, and so commits nothing`);
    await tx
      .updateTable('runs')
      .set({
        state: 'committing',
        phase: 'commit',
        contents: toJson(input.contents),
        level: run.level ?? input.contents.level, // a run by hand has no plan
      })
      .where('id', '=', run.id)
      .execute();
    await recordAudit(tx, [
      {
        principal: `host:${input.hostId}`,
        action: 'run.commit-submitted',
        subjectId: run.id,
        databaseId: run.database_id,
      },
    ]);
    await dispatchCommit(tx, run.id);
    return null;
  });
}

/** Rings the dedup-worker's doorbell for a run in committing. */
export async function dispatchCommit(tx: LedgerSession, runId: RunId): Promise<string> {
  const row = await tx
    .updateTable('runs')
    .set((e) => ({ dispatches: e('dispatches', '+', 1), dispatched_at: now }))
    .where('id', '=', runId)
    .returning(['dispatches', 'host_id', 'fence'])
    .executeTakeFirstOrThrow();
  const jobId = commitJobId(runId, row.dispatches);
  await addToOutbox(tx, {
    jobName: 'recovery-point.commit',
    hostId: row.host_id,
    payload: { v: 1, runId, fence: row.fence },
    jobId,
  });
  return jobId;
}

export function commitJobId(runId: RunId, dispatches: number): string {
  return `${runId}.${dispatches}`;
}

export interface CommitOrder {
  readonly kind: 'ordered';
  readonly fence: number;
  readonly state: RunState;
  readonly contents: RecoveryPointContents;
  readonly registration: DatabaseRegistration;
  readonly totalsOfOthers: ByteTotals;
}

export function readCommitOrder(
  session: LedgerSession,
  run: Pick<FencedRun, 'runId' | 'hostId'>,
): Promise<CommitOrder | Refusal> {
  return inTransaction(session, async (tx) => {
    const row = await lockOwnRun(tx, run);
    if (isRefusal(row)) return row;
    if (row.contents === null) return wrongState(row);
    const registration = await readRegistration(tx, row.database_id);
    const totalsOfOthers = await totalsOfHosts(tx, row.id, row.host_id);
    const { fence, state, contents } = row;
    return { kind: 'ordered', fence, state, contents, registration, totalsOfOthers };
  });
}

export interface CommittedManifest extends FencedRun {
  /** Id of the recovery point, used unless the run has one already. */
  readonly recoveryPointId: RecoveryPointId;
  readonly manifestKey: string;
  readonly manifestSha256: string;
  readonly totals: ByteTotals;
}

/** Repeating the call gives the same recovery point. */
export function commitRecoveryPoint(
  session: LedgerSession,
  input: CommittedManifest,
): Promise<{ kind: 'committed'; recoveryPointId: RecoveryPointId } | Refusal> {
  return inTransaction(session, async (tx) => {
    const run = await lockFencedRun(tx, input);
    if (isRefusal(run)) return run;
    const existing = await findPointOfRun(tx, run.id);
    if (existing !== undefined) {
      return existing.manifest_key === input.manifestKey
        ? { kind: 'committed', recoveryPointId: existing.id }
        : refuse('ADY_RUN_STATE', `run ${run.id} was committed with manifest ${existing.manifest_key}`);
    }
    if (run.state !== 'committing' || run.contents === null) return wrongState(run);
    await insertRecoveryPoint(tx, {
      ...input,
      runId: run.id,
      databaseId: run.database_id,
      contents: run.contents,
      startedAt: run.started_at,
      completedAt: await readNow(tx),
    });
    await tx
      .updateTable('runs')
      .set({
        bytes_read: Math.max(run.bytes_read, input.totals.bytesRead),
        bytes_new: Math.max(run.bytes_new, input.totals.bytesNew),
        bytes_stored: Math.max(run.bytes_stored, input.totals.bytesStored),
      })
      .where('id', '=', run.id)
      .execute();
    await endRun(tx, { id: run.id, ...endOf(run.contents), principal: `host:${input.hostId}` });
    return { kind: 'committed', recoveryPointId: input.recoveryPointId };
  });
}

/** A backup that lacks data files, or that lost instances on the way, is none that succeeded, though what it has can be restored. */
function endOf({ leftOut, lostInstances = [] }: RecoveryPointContents): {
  to: 'succeeded' | 'degraded';
  reason: Reason | null;
} {
  const [lost] = lostInstances;
  if (leftOut.length === 0 && lost === undefined) return { to: 'succeeded', reason: null };
  if (leftOut.length === 0 && lost !== undefined) {
    const detail = lostInstances.map((l) => l.detail).join('; ');
    return { to: 'degraded', reason: reasonOf('ADY_INSTANCE_LOST', detail, { instance: lost.instance }) };
  }
  const named = leftOut.slice(0, NAMED_FILES_MAX).map((f) => `${f.file} (${f.name}): ${f.detail}`);
  const more = leftOut.length > named.length ? `; and ${leftOut.length - named.length} more` : '';
  return { to: 'degraded', reason: reasonOf('ADY_FILES_LEFT_OUT', `data file ${named.join('; ')}${more}`) };
}

/** The manifest cannot be made: the only way a run in committing fails. */
export function refuseCommit(
  session: LedgerSession,
  input: FencedRun & { readonly reason: Reason },
): Promise<Refusal | null> {
  return inTransaction(session, async (tx) => {
    const run = await lockFencedRun(tx, input);
    if (isRefusal(run)) return run;
    if (run.state === 'failed') return null; // a repeated call
    if (run.state !== 'committing') return wrongState(run);
    await endRun(tx, {
      id: run.id,
      to: 'failed',
      reason: input.reason,
      principal: `host:${input.hostId}`,
    });
    return null;
  });
}

function findPointOfRun(tx: LedgerSession, runId: RunId) {
  return tx
    .selectFrom('recovery_points')
    .select(['id', 'manifest_key'])
    .where('run_id', '=', runId)
    .executeTakeFirst();
}
