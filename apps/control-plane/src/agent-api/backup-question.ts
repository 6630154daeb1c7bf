// What the level and the logs of a backup are decided from: the database, and what its recovery points hold.
import { type BackupQuestion, type Database } from '@adyton/contracts';
import { type AskedKind } from '@adyton/domain';
import { listOtherInstances, readLastDataPoint, readLastLogs, type LedgerSession } from '@adyton/ledger';

export async function backupQuestionOf(
  session: LedgerSession,
  database: Database,
  kind: AskedKind,
): Promise<BackupQuestion> {
  const lastPoint = await readLastDataPoint(session, database.id);
  const others = await listOtherInstances(session, database);
  return {
    database,
    kind,
    lastPoint,
    lastLogs: await readLastLogs(session, database.id),
    otherInstances: others.map(({ sid, hostName }) => ({ sid, hostName })),
  };
}
