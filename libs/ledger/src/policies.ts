// The policy of a database. Storing one replaces the schedules the former one stood for; requests these made stay on record.
import { type BackupPolicy, type DatabaseId, type ScheduleId } from '@adyton/domain';
import { schedulesOfPolicy } from '@adyton/domain';
import { recordAudit } from './audit-events';
import { lockDatabase } from './databases';
import { inTransaction, type LedgerSession } from './ledger';
import { now, toJson } from './sql-values';

export async function readPolicy(
  session: LedgerSession,
  databaseId: DatabaseId,
): Promise<BackupPolicy | undefined> {
  const row = await session
    .selectFrom('policies')
    .select('document')
    .where('database_id', '=', databaseId)
    .executeTakeFirst();
  // a policy of an older release says nothing of logs on disk, nor of roles
  return row === undefined
    ? undefined
    : {
        ...row.document,
        deleteLogsAfterHours: row.document.deleteLogsAfterHours ?? null,
        databaseRoles: row.document.databaseRoles ?? ['primary'],
      };
}

export interface PolicyToStore {
  readonly databaseId: DatabaseId;
  readonly policy: BackupPolicy;
  readonly newScheduleId: () => ScheduleId;
  readonly principal: string;
}

export function storePolicy(session: LedgerSession, input: PolicyToStore): Promise<void> {
  const { databaseId, policy, principal } = input;
  return inTransaction(session, async (tx) => {
    await lockDatabase(tx, databaseId);
    const values = { document: toJson(policy), changed_by: principal };
    await tx
      .insertInto('policies')
      .values({ database_id: databaseId, ...values })
      .onConflict((c) => c.column('database_id').doUpdateSet({ ...values, changed_at: now }))
      .execute();
    await replaceSchedules(tx, input);
    await recordAudit(tx, [
      { principal, action: 'policy.changed', subjectId: databaseId, databaseId, detail: toJson(policy) },
    ]);
  });
}

/** A schedule the new policy names unchanged keeps its row: its next slot is not forgotten. */
async function replaceSchedules(tx: LedgerSession, input: PolicyToStore): Promise<void> {
  const { databaseId, policy } = input;
  const known = await tx
    .selectFrom('schedules')
    .selectAll()
    .where('database_id', '=', databaseId)
    .where('of_policy', '=', true)
    .forUpdate()
    .execute();
  const kept = new Set<ScheduleId>();
  for (const wanted of policy.enabled ? schedulesOfPolicy(policy) : []) {
    const columns = {
      kind: wanted.kind,
      cron: wanted.cron,
      time_zone: wanted.timeZone,
      jitter_seconds: wanted.jitterSeconds,
    };
    const rules = { misfire: wanted.misfire, expiry_window_minutes: wanted.expiryWindowMinutes };
    const same = known.find((row) =>
      Object.entries(columns).every(([name, value]) => row[name as keyof typeof columns] === value),
    );
    const id = same?.id ?? input.newScheduleId();
    kept.add(id);
    if (same === undefined)
      await tx
        .insertInto('schedules')
        .values({
          id,
          database_id: databaseId,
          ...columns,
          ...rules,
          next_at: null,
          last_slot_at: null,
          of_policy: true,
        })
        .execute();
    else await tx.updateTable('schedules').set(rules).where('id', '=', id).execute();
  }
  const gone = known.filter((row) => !kept.has(row.id)).map((row) => row.id);
  if (gone.length > 0) await tx.deleteFrom('schedules').where('id', 'in', gone).execute();
}
