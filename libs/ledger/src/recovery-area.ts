// A recovery area that fills up asks for a log backup, as the policy says: through the same door as a schedule, and not again while one
// is open or was asked for a moment ago.
import { type AgentPresence, type DatabaseId, type RequestId } from '@adyton/domain';
import { createRequest, type RequestCreation } from './create-request';
import { lockDatabase } from './databases';
import { inTransaction, readNow, type LedgerSession } from './ledger';
import { readPolicy } from './policies';
import { nowMinus } from './sql-values';

/** A backup of logs frees the area only when somebody deletes them: asking more often would help nobody, seconds. */
const AGAIN_SECONDS = 15 * 60;
const MS_PER_MINUTE = 60_000;

export interface RecoveryAreaReport {
  readonly databaseId: DatabaseId;
  readonly percent: number;
  /** Id of the request to be. */
  readonly requestId: RequestId;
  readonly presence: AgentPresence;
  readonly claimSeconds: number;
}

/** @returns null when nothing was to be asked for. */
export function askForLogsWhenFull(
  session: LedgerSession,
  report: RecoveryAreaReport,
): Promise<RequestCreation | null> {
  const { databaseId, percent, requestId, presence, claimSeconds } = report;
  return inTransaction(session, async (tx) => {
    await lockDatabase(tx, databaseId);
    const policy = await readPolicy(tx, databaseId);
    const limit = policy?.enabled === true ? policy.logWhenRecoveryAreaPercent : null;
    if (policy === undefined || limit === null || percent <= limit) return null;
    if (await askedLately(tx, databaseId)) return null;
    const now = await readNow(tx);
    return createRequest(tx, {
      id: requestId,
      databaseId,
      operation: 'backup',
      trigger: 'scheduled',
      kind: 'archivelog',
      lane: 'log',
      principal: 'system',
      presence,
      claimSeconds,
      expiresAt: new Date(now.getTime() + policy.expiryWindowMinutes * MS_PER_MINUTE),
      note: `the recovery area is ${percent} % full, above ${limit} %`,
    });
  });
}

async function askedLately(tx: LedgerSession, databaseId: DatabaseId): Promise<boolean> {
  const row = await tx
    .selectFrom('requests')
    .select('id')
    .where('database_id', '=', databaseId)
    .where('lane', '=', 'log')
    .where('created_at', '>', nowMinus(AGAIN_SECONDS))
    .executeTakeFirst();
  return row !== undefined;
}
