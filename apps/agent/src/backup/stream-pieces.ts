// Step 5: RMAN runs three times - data files, archived logs, control file - and streams its pieces to the dedup-worker. The logs are
// switched and chosen after the data files, so that they cover every block that was read.
import { composeLogScript, printScript, type ChannelSettings, type LogRange } from '@adyton/rman';
import { type DatabaseFacts } from '@adyton/oracle';
import { type RunInstances } from '../instances/run-instances';
import { RunFailure } from '../runs/run-failure';
import { type ArchivedLogFacts, type BackupRun, channelsOf } from './backup-run';
import { chooseLogRanges, logsInRanges, rangesWithout } from './choose-log-ranges';
import { type BackupPlan, controlFileScriptOf, dataScriptOf, scriptsOf } from './compose-plan';
import { nameCorruptBlocks } from './name-corrupt-blocks';
import { ownPieces } from './own-pieces';
import { ringDedupWorker } from './ring-dedup-worker';
import { runStep } from './run-step';

/** @returns handles of the pieces that RMAN said it had finished. @throws RunFailure */
export async function streamPieces(
  run: BackupRun,
  database: DatabaseFacts,
  plan: BackupPlan,
  instances: RunInstances,
): Promise<readonly string[]> {
  const planned = channelsOf(run, instances.places);
  await ringDedupWorker(run, 'begin');
  const ofData = await backUpDataFiles(run, database, plan, instances);
  await database.archiveLogCurrent();
  const ofLogs = await runStep(run, instances, {
    name: 'logs',
    names: plan.names,
    compose: async (channels) =>
      composeLogs(run, plan, { channels, planned }, await logsToTake(run, database, plan)),
  });
  const ofControlFile = await runStep(run, instances, {
    name: 'control-file',
    names: plan.names,
    compose: async (channels) => controlFileScriptOf(plan, channels),
  });
  return [...ofData, ...ofLogs, ...ofControlFile];
}

async function backUpDataFiles(
  run: BackupRun,
  database: DatabaseFacts,
  plan: BackupPlan,
  instances: RunInstances,
): Promise<readonly string[]> {
  try {
    return await runStep(run, instances, {
      name: 'data',
      names: plan.names,
      compose: async (channels) => dataScriptOf(plan, channels, await filesDone(run, database, plan)),
    });
  } catch (error) {
    throw await nameCorruptBlocks(run, database, error);
  }
}

/** Data files with a set of this run whose pieces the vault holds. */
async function filesDone(
  run: BackupRun,
  database: DatabaseFacts,
  plan: BackupPlan,
): Promise<ReadonlySet<number>> {
  const { held } = await ownPieces(run, database, plan.names);
  if (held.size === 0) return new Set();
  const sets = await database.backupDataFiles();
  return new Set(
    sets.filter((s) => s.level !== null && s.handles.every((h) => held.has(h))).map((s) => s.file),
  );
}

interface LogsToTake {
  readonly onDisk: readonly ArchivedLogFacts[];
  readonly ranges: readonly LogRange[];
}

async function logsToTake(run: BackupRun, database: DatabaseFacts, plan: BackupPlan): Promise<LogsToTake> {
  const { held } = await ownPieces(run, database, plan.names);
  const done = held.size === 0 ? [] : (await database.backupRedoLogs()).filter((l) => held.has(l.handle));
  const onDisk = await database.archivedLogs();
  const choice = chooseLogRanges({
    onDisk,
    lastInVault: run.claimed.lastLogs,
    resetlogsScn: plan.identity.resetlogsScn,
    acrossGaps: plan.decision.level === 'level0',
  });
  if (choice.kind === 'ranges') return { onDisk, ranges: rangesWithout(choice.ranges, done) };
  throw new RunFailure(
    'ADY_LOG_GAP',
    `archived log thread ${choice.thread} sequence ${choice.missingSequence} is neither in the vault nor on disk`,
  );
}

/** @param planned the channels that the data files were begun with: their script stays on record as it was sent */
async function composeLogs(
  run: BackupRun,
  plan: BackupPlan,
  { channels, planned }: { readonly channels: ChannelSettings; readonly planned: ChannelSettings },
  { onDisk, ranges }: LogsToTake,
): Promise<string | null> {
  const script =
    ranges.length === 0 ? null : printScript(composeLogScript({ names: plan.names, channels, ranges }));
  const archivedLogs = logsInRanges(onDisk, ranges).map(({ thread, sequence, bytes }) => ({
    thread,
    sequence,
    bytes,
  }));
  const bytesExpected = plan.dataBytesExpected + archivedLogs.reduce((sum, l) => sum + l.bytes, 0);
  await run.controlPlane.storePlan(
    run.claimed,
    { ...plan.document, archivedLogs, bytesExpected },
    scriptsOf(plan, planned, script),
  );
  return script;
}
