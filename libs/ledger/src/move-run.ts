// One move of a run from an instance to the next: the record of it, its new host and fence, the doorbell, and who is told.
import { checkCatalog, type Reason, type RunPlan } from '@adyton/contracts';
import { type DatabaseId, type RunId } from '@adyton/domain';
import { sql, type RawBuilder } from 'kysely';
import { raiseAlert } from './alerts';
import { recordAudit } from './audit-events';
import { type LedgerSession } from './ledger';
import { dispatchTakeOver } from './ring-take-over';
import { type OtherInstance } from './run-instances';
import { type RunRow } from './runs';
import { nowPlus, toJson } from './sql-values';

export interface Move {
  readonly from: OtherInstance;
  readonly to: OtherInstance;
  readonly reason: Reason;
  readonly principal: string;
}

/** The agent of the new host has `takeSeconds` to take the run over. */
export async function moveRun(
  tx: LedgerSession,
  run: RunRow,
  { takeSeconds, ...move }: Move & { readonly takeSeconds: number },
): Promise<void> {
  const { fence } = await tx
    .updateTable('runs')
    .set({
      host_id: move.to.hostId,
      fence: sql<number>`nextval('adyton.fences')`,
      phase: 'claimed',
      sbt_token_sha256: null,
      writer_session: null,
      lease_until: nowPlus(takeSeconds),
    })
    .where('id', '=', run.id)
    .returning('fence')
    .executeTakeFirstOrThrow();
  await recordMove(tx, { runId: run.id, databaseId: run.database_id, fence, takenAt: null }, move);
  await dispatchTakeOver(tx, { runId: run.id, fence });
}

export interface MovedRun {
  readonly runId: RunId;
  readonly databaseId: DatabaseId;
  /** Since the move. */
  readonly fence: number;
  /** `now` when the agent of the new host has the run already. */
  readonly takenAt: RawBuilder<Date> | null;
}

/** On record, in the audit trail, and as an alert. */
export async function recordMove(tx: LedgerSession, run: MovedRun, move: Move): Promise<void> {
  const { from, to, reason, principal } = move;
  const { runId, databaseId, fence, takenAt } = run;
  await tx
    .insertInto('run_moves')
    .values({
      run_id: runId,
      fence,
      from_sid: from.sid,
      from_host_id: from.hostId,
      to_sid: to.sid,
      to_host_id: to.hostId,
      to_oracle_home: to.oracleHome,
      to_connect_descriptor: to.connectDescriptor,
      reason: toJson(reason),
      taken_at: takenAt,
    })
    .execute();
  const detail = `run ${runId} left ${from.sid} on ${from.hostName} for ${to.sid} on ${to.hostName}: ${reason.detail}`;
  await recordAudit(tx, [{ principal, action: 'run.moved', subjectId: runId, databaseId, detail }]);
  await raiseAlert(tx, {
    kind: 'backup_moved',
    subject: databaseId,
    databaseId,
    hostId: from.hostId,
    detail,
    reason,
    principal,
    repeat: 'counts',
  });
}

/** It is out for this run, and asked nothing: what it said of itself is why. */
export async function noteIneligible(
  tx: LedgerSession,
  runId: RunId,
  { checks, ...instance }: OtherInstance & { readonly checks: RunPlan['checks'] },
): Promise<void> {
  await tx
    .insertInto('run_instances')
    .values({
      run_id: runId,
      sid: instance.sid,
      host_id: instance.hostId,
      oracle_home: instance.oracleHome,
      connect_descriptor: instance.connectDescriptor,
      state: 'ineligible',
      sbt_token_sha256: null,
      place: null,
      checks: toJson(checks),
      detail: null,
    })
    .execute();
}

/** Its agent did not answer, so the ledger says it for it. */
export function agentCheck(instance: string, evidence: string): RunPlan['checks'][number] {
  return { code: 'agent', verdict: 'ineligible', evidence, hint: checkCatalog.agent.hint, instance };
}
