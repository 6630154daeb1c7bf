// What the level, the logs and the pre-checks of a backup are decided from: the database, its policy, and what its recovery points hold.
import { type BackupQuestion, type Database } from '@adyton/contracts';
import { daysBetweenFulls, type AskedKind } from '@adyton/domain';
import {
  listOtherInstances,
  readKeystoreBackups,
  readLastDataPoint,
  readLastLogs,
  readNow,
  readPolicy,
  type LedgerSession,
} from '@adyton/ledger';

export async function backupQuestionOf(
  session: LedgerSession,
  database: Database,
  kind: AskedKind,
): Promise<BackupQuestion> {
  const lastPoint = await readLastDataPoint(session, database.id);
  const others = await listOtherInstances(session, database);
  const policy = await readPolicy(session, database.id);
  const { keys } = await readKeystoreBackups(session, database.id);
  return {
    database,
    kind,
    lastPoint,
    lastLogs: await readLastLogs(session, database.id),
    daysBetweenFulls: policy === undefined ? null : daysBetweenFulls(policy, await readNow(session)),
    keystoreKeys: keys.map(({ keyId }) => keyId),
    otherInstances: others.map(({ sid, hostName }) => ({ sid, hostName })),
  };
}
