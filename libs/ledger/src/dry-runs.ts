// Dry runs: what a backup would do, asked of the agents of the database through the outbox and answered once. Nothing else is touched by them.
import { type Reason, type RunPlan, type RunScript } from '@adyton/contracts';
import { type AskedKind, type DatabaseId, type DryRunId, type HostId } from '@adyton/domain';
import { type Selectable } from 'kysely';
import { askDryRunInstances } from './dry-run-instances';
import { keptSeconds } from './keep-times';
import { inTransaction, type LedgerSession } from './ledger';
import { addToOutbox } from './outbox';
import { refuse, type Refusal } from './refusal';
import { now, nowMinus, toJson } from './sql-values';
import { type DryRunsTable } from './tables';

export type DryRunRow = Selectable<DryRunsTable>;

export interface DryRunToAsk {
  readonly id: DryRunId;
  readonly databaseId: DatabaseId;
  readonly hostId: HostId;
  readonly kind: AskedKind;
}

export function askDryRun(session: LedgerSession, ask: DryRunToAsk): Promise<void> {
  return inTransaction(session, async (tx) => {
    await tx
      .deleteFrom('dry_runs')
      .where('created_at', '<', nowMinus(keptSeconds('dry_runs')))
      .execute();
    await tx
      .insertInto('dry_runs')
      .values({
        id: ask.id,
        database_id: ask.databaseId,
        kind: ask.kind,
        plan: null,
        scripts: null,
        reason: null,
        answered_at: null,
      })
      .execute();
    await addToOutbox(tx, {
      jobName: 'backup.plan',
      hostId: ask.hostId,
      payload: { v: 1, dryRunId: ask.id },
      jobId: `${ask.id}.1`,
    });
    // a backup of archived logs works on the instance it is on, and asks no other
    if (ask.kind !== 'archivelog')
      await askDryRunInstances(tx, ask.id, { id: ask.databaseId, hostId: ask.hostId });
  });
}

export function findDryRun(session: LedgerSession, id: DryRunId): Promise<DryRunRow | undefined> {
  return session.selectFrom('dry_runs').selectAll().where('id', '=', id).executeTakeFirst();
}

/** For host tokens: another host's dry run is refused. */
export async function findDryRunOfHost(
  session: LedgerSession,
  id: string,
  hostId: HostId,
): Promise<DryRunRow | Refusal> {
  const row = await session
    .selectFrom('dry_runs')
    .innerJoin('databases', 'databases.id', 'dry_runs.database_id')
    .selectAll('dry_runs')
    .select('databases.host_id')
    .where('dry_runs.id', '=', id as DryRunId)
    .executeTakeFirst();
  if (row === undefined) return refuse('ADY_NOT_FOUND', `there is no dry run ${id}`);
  if (row.host_id !== hostId) return refuse('ADY_FORBIDDEN', `dry run ${id} belongs to another host`);
  return row;
}

export type DryRunAnswer =
  { readonly plan: RunPlan; readonly scripts: readonly RunScript[] } | { readonly reason: Reason };

/** The first answer counts. */
export async function answerDryRun(
  session: LedgerSession,
  id: DryRunId,
  answer: DryRunAnswer,
): Promise<void> {
  const values =
    'reason' in answer
      ? { reason: toJson(answer.reason) }
      : { plan: toJson(answer.plan), scripts: toJson(answer.scripts) };
  await session
    .updateTable('dry_runs')
    .set({ ...values, answered_at: now })
    .where('id', '=', id)
    .where('answered_at', 'is', null)
    .execute();
}
