// After the commit, and only then: archived logs that recovery points hold go from disk where the policy says so. The run has ended well by then. What
// does not go - a deletion policy or a standby keeps it, RMAN fails - stands in the log of the run, and the next run tries it again.
import { compareScn } from '@adyton/domain';
import { type DatabaseFacts } from '@adyton/oracle';
import { composeDeleteLogsScript, printScript } from '@adyton/rman';
import { type BackupRun } from './backup-run';
import { logsInRanges, rangesOf } from './choose-log-ranges';
import { type BackupPlan } from './compose-plan';
import { runRecordsScript } from './run-records-script';

export async function deleteLogs(run: BackupRun, database: DatabaseFacts, plan: BackupPlan): Promise<void> {
  const { log, claimed } = run;
  const { runId } = claimed;
  try {
    const logs = await logsToDelete(run, database, plan);
    if (logs.length === 0) return;
    const text = printScript(composeDeleteLogsScript(rangesOf(logs)));
    const failure = await runRecordsScript(run, { step: 'delete-logs', text }, plan.names);
    log.info({ runId, logs: logs.length, failure }, 'logs.deleted');
  } catch (err) {
    log.warn({ runId, err }, 'logs.not-deleted'); // of a run that has its recovery point
  }
}

async function logsToDelete(run: BackupRun, database: DatabaseFacts, { identity }: BackupPlan) {
  const { olderThanHours, ranges } = await run.controlPlane.deletableLogs(run.claimed);
  if (olderThanHours === null) return [];
  const ofIncarnation = (await database.archivedLogs()).filter(
    (log) => compareScn(log.resetlogsScn, identity.resetlogsScn) === 0,
  );
  return logsInRanges(ofIncarnation, ranges).filter((log) => log.ageHours >= olderThanHours);
}
