// Restore plans: made once, never changed. The run that carried one out is found through its request.
import { type RestorePlan } from '@adyton/contracts';
import { type DatabaseId, type RecoveryPointId, type RestorePlanId, type Scn } from '@adyton/domain';
import { recordAudit } from './audit-events';
import { inTransaction, type LedgerSession } from './ledger';
import { toInstant, toJson } from './sql-values';
import { type RestorePlanDocument } from './tables';

export interface NewRestorePlan {
  readonly id: RestorePlanId;
  readonly databaseId: DatabaseId;
  readonly basePoint: RecoveryPointId;
  readonly untilScn: Scn;
  readonly target: { readonly directory: string; readonly oracleSid: string };
  readonly document: RestorePlanDocument;
  readonly principal: string;
}

export function storeRestorePlan(session: LedgerSession, plan: NewRestorePlan): Promise<RestorePlan> {
  return inTransaction(session, async (tx) => {
    await tx
      .insertInto('restore_plans')
      .values({
        id: plan.id,
        database_id: plan.databaseId,
        base_point_id: plan.basePoint,
        until_scn: plan.untilScn,
        directory: plan.target.directory,
        oracle_sid: plan.target.oracleSid,
        document: toJson(plan.document),
      })
      .execute();
    await recordAudit(tx, [
      {
        principal: plan.principal,
        action: 'restore-plan.created',
        subjectId: plan.id,
        databaseId: plan.databaseId,
      },
    ]);
    const stored = await findRestorePlan(tx, plan.id);
    if (stored === undefined) throw new Error('invariant: an inserted restore plan can be read');
    return stored;
  });
}

export async function findRestorePlan(session: LedgerSession, id: string): Promise<RestorePlan | undefined> {
  const row = await session
    .selectFrom('restore_plans')
    .innerJoin('databases', 'databases.id', 'restore_plans.database_id')
    .leftJoin('requests', 'requests.restore_plan_id', 'restore_plans.id')
    .leftJoin('runs', 'runs.request_id', 'requests.id')
    .selectAll('restore_plans')
    .select(['databases.name as database_name', 'runs.id as run_id'])
    .where('restore_plans.id', '=', id as RestorePlanId)
    .orderBy('runs.id', (o) => o.desc().nullsLast())
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    id: row.id,
    databaseId: row.database_id,
    databaseName: row.database_name,
    untilScn: row.until_scn,
    target: { directory: row.directory, oracleSid: row.oracle_sid },
    basePoint: row.base_point_id,
    ...row.document,
    missingFiles: row.document.missingFiles ?? [],
    recreatedFiles: row.document.recreatedFiles ?? [],
    createdAt: toInstant(row.created_at),
    runId: row.run_id,
  };
}
