// Step 5: RMAN runs three times - data files, archived logs, control file - and streams its pieces to the dedup-worker. The logs are
// switched and chosen after the data files, so that they cover every block that was read.
import { composeLogScript, printScript } from '@adyton/rman';
import { type DatabaseFacts } from '@adyton/oracle';
import { runScript } from '../rman/run-script';
import { RunFailure } from '../runs/run-failure';
import { type ArchivedLogFacts, type BackupRun, channelsOf } from './backup-run';
import { chooseLogRanges, logsInRanges, type LogRange } from './choose-log-ranges';
import { type BackupPlan, scriptsOf } from './compose-plan';
import { endingOf } from './ending-of-backup';
import { nameCorruptBlocks } from './name-corrupt-blocks';
import { ringDedupWorker } from './ring-dedup-worker';

/** @throws RunFailure */
export async function streamPieces(run: BackupRun, database: DatabaseFacts, plan: BackupPlan): Promise<void> {
  await ringDedupWorker(run, 'begin');
  if (plan.dataScript !== null) await backUpDataFiles(run, database, plan, plan.dataScript);
  await database.archiveLogCurrent();
  const onDisk = await database.archivedLogs();
  const ranges = rangesOf(run, plan, onDisk);
  const logScript =
    ranges.length === 0
      ? null
      : printScript(composeLogScript({ names: plan.names, channels: channelsOf(run), ranges }));
  await recordLogs(run, plan, { onDisk, ranges, logScript });
  if (logScript !== null) await runStep(run, plan, 'logs', logScript);
  await runStep(run, plan, 'control-file', plan.controlFileScript);
}

async function backUpDataFiles(
  run: BackupRun,
  database: DatabaseFacts,
  plan: BackupPlan,
  script: string,
): Promise<void> {
  try {
    await runStep(run, plan, 'data', script);
  } catch (error) {
    throw await nameCorruptBlocks(run, database, error);
  }
}

function rangesOf(
  run: BackupRun,
  plan: BackupPlan,
  onDisk: readonly ArchivedLogFacts[],
): readonly LogRange[] {
  const choice = chooseLogRanges({
    onDisk,
    lastInVault: run.claimed.lastLogs,
    resetlogsScn: plan.identity.resetlogsScn,
    acrossGaps: plan.decision.level === 'level0',
  });
  if (choice.kind === 'ranges') return choice.ranges;
  throw new RunFailure(
    'ADY_LOG_GAP',
    `archived log thread ${choice.thread} sequence ${choice.missingSequence} is neither in the vault nor on disk`,
  );
}

async function recordLogs(
  run: BackupRun,
  plan: BackupPlan,
  logs: { onDisk: readonly ArchivedLogFacts[]; ranges: readonly LogRange[]; logScript: string | null },
): Promise<void> {
  const archivedLogs = logsInRanges(logs.onDisk, logs.ranges).map(({ thread, sequence, bytes }) => ({
    thread,
    sequence,
    bytes,
  }));
  const bytesExpected = plan.dataBytesExpected + archivedLogs.reduce((sum, l) => sum + l.bytes, 0);
  await run.controlPlane.storePlan(
    run.claimed,
    { ...plan.document, archivedLogs, bytesExpected },
    scriptsOf(plan, logs.logScript),
  );
}

async function runStep(run: BackupRun, plan: BackupPlan, name: string, text: string): Promise<void> {
  const { claimed, controlPlane, files, lease } = run;
  await runScript(claimed, controlPlane, files, {
    name,
    text,
    oracleHome: claimed.database.oracleHome,
    oracleSid: claimed.database.oracleSid,
    signal: lease.signal,
    ending: endingOf(run, plan.names),
  });
}
