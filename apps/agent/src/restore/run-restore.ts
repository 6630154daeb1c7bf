// A restore, from a claimed run to recovered data files in a new directory. RMAN does the work; the dedup-worker serves the pieces.
import { type ClaimedRestore, type RunPlan } from '@adyton/contracts';
import { runToken } from '@adyton/domain';
import { composeRestoreScript, printScript, type RestoreScriptInput } from '@adyton/rman';
import { mkdir, readdir } from 'node:fs/promises';
import { channelsOf, type AgentTools } from '../backup/backup-run';
import { fenceRun } from '../rman/fence-run';
import { runScript } from '../rman/run-script';
import { type RunFiles } from '../rman/token-file';
import { RunFailure } from '../runs/run-failure';
import { type RunLease } from '../runs/run-lease';

export interface RestoreRun extends AgentTools {
  readonly claimed: ClaimedRestore;
  readonly lease: RunLease;
  readonly files: RunFiles;
}

export async function runRestore(run: RestoreRun): Promise<void> {
  const { claimed, controlPlane, files, lease } = run;
  const { plan, database } = claimed;
  await lease.enter('checks');
  await makeEmptyDirectory(plan.target.directory);

  await lease.enter('script');
  const script = composeRestoreScript({
    ...plan,
    ...withoutFiles(plan),
    dbid: dbidOf(run),
    channels: channelsOf(run),
    runToken: runToken(claimed.runId),
    directory: plan.target.directory,
  });
  const text = printScript(script);
  await controlPlane.storePlan(claimed, planDocument(plan.bytesToRead), [{ step: 'restore', text }]);

  await lease.enter('transfer');
  await runScript(claimed, controlPlane, files, {
    name: 'restore',
    text,
    oracleHome: database.oracleHome,
    oracleSid: plan.target.oracleSid,
    target: null,
    signal: lease.signal,
    ending: { runId: claimed.runId, log: run.log, fence: () => fenceRun(run, claimed), target: null },
  });
  await controlPlane.finishRestore(claimed);
  run.log.info({ runId: claimed.runId }, 'run.ended');
}

function withoutFiles({ dataFiles, missingFiles }: ClaimedRestore['plan']): Pick<RestoreScriptInput, 'only'> {
  if (missingFiles.length === 0) return {};
  return { only: { files: dataFiles.map((f) => f.file), without: missingFiles.map((f) => f.file) } };
}

/** What a restore has of a run's plan: how much will be read. */
function planDocument(bytesExpected: number): RunPlan {
  return { level: 'level0', levelReason: 'restore', files: [], archivedLogs: [], bytesExpected, checks: [] };
}

/** A restore never overwrites. @throws RunFailure ADY_TARGET_NOT_EMPTY */
async function makeEmptyDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o750 });
  const there = await readdir(directory);
  if (there.length > 0)
    throw new RunFailure(
      'ADY_TARGET_NOT_EMPTY',
      `${directory} holds ${there.length} entries, e.g. ${there[0] ?? ''}`,
    );
}

function dbidOf({ claimed }: RestoreRun): string {
  const { dbid, name } = claimed.database;
  if (dbid === null)
    throw new RunFailure(
      'ADY_NO_RECOVERY_POINT',
      `database ${name} was never backed up: its DBID is not known`,
    );
  return dbid;
}
