// A restore, from a claimed run to recovered data files in a new directory. RMAN does the work; the dedup-worker serves the pieces.
import { type RunPlan, type RunScript } from '@adyton/contracts';
import { runToken } from '@adyton/domain';
import {
  composeMountScript,
  composeRestoreScript,
  handlePrefix,
  printScript,
  START_SCRIPT,
} from '@adyton/rman';
import { mkdir, readdir } from 'node:fs/promises';
import { channelsOf } from '../backup/backup-run';
import { RunFailure } from '../runs/run-failure';
import { assertNoControlFiles } from './assert-no-control-files';
import { listedBesides, recordsToHeal, type RecordsToHeal } from './records-to-heal';
import { type RestoreRun } from './restore-run';
import { RestoredInstance } from './restored-instance';

/** Nobody but the Oracle user and its group reads what is restored. */
const DIRECTORY_MODE = 0o750;

export async function runRestore(run: RestoreRun): Promise<void> {
  const { claimed, lease } = run;
  const { directory } = claimed.plan.target;
  await lease.enter('checks');
  const identity = identityOf(run);
  await assertEmpty(directory);
  const start: RunScript = { step: 'start', text: printScript(START_SCRIPT) };
  const mount = mountScriptOf(run, identity);
  await storeScripts(run, [start, mount]);
  await using instance = new RestoredInstance(run);
  await instance.start(start);
  await assertNoControlFiles(await instance.controlFiles());

  // From here on something is written.
  await lease.enter('transfer');
  await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
  await instance.runScript(mount);
  const records = await findRecordsToHeal(run, identity, await instance.listedPieces());
  const restore = restoreScriptOf(run, records);
  await storeScripts(run, [start, mount, restore]);
  await instance.runScript(restore);
  await run.controlPlane.finishRestore(claimed);
  run.log.info({ runId: claimed.runId }, 'run.ended');
}

interface KnownIdentity {
  readonly dbid: string;
  readonly dbUniqueName: string;
}

/** @throws RunFailure ADY_NO_RECOVERY_POINT */
function identityOf({ claimed }: RestoreRun): KnownIdentity {
  const { dbid, dbUniqueName, name } = claimed.database;
  if (dbid !== null && dbUniqueName !== null) return { dbid, dbUniqueName };
  throw new RunFailure(
    'ADY_NO_RECOVERY_POINT',
    `database ${name} was never backed up: its DBID is not known`,
  );
}

function mountScriptOf(run: RestoreRun, { dbid }: KnownIdentity): RunScript {
  const { controlFileHandle } = run.claimed.plan;
  const script = composeMountScript({ dbid, channels: channelsOf(run), controlFileHandle });
  return { step: 'mount', text: printScript(script) };
}

/** @param listed handles that the restored control file lists */
async function findRecordsToHeal(
  { claimed, controlPlane }: RestoreRun,
  { dbid, dbUniqueName }: KnownIdentity,
  listed: readonly string[],
): Promise<RecordsToHeal> {
  const prefix = `${handlePrefix(dbid, dbUniqueName)}/`;
  const records = { listed, needed: claimed.plan.handles, prefix };
  const held = await controlPlane.handlesInVault(claimed.database.id, listedBesides(records));
  return recordsToHeal(records, held);
}

function restoreScriptOf(run: RestoreRun, records: RecordsToHeal): RunScript {
  const { plan, runId } = run.claimed;
  const { dataFiles, missingFiles } = plan;
  const only = { files: dataFiles.map((f) => f.file), without: missingFiles.map((f) => f.file) };
  const script = composeRestoreScript({
    ...records,
    channels: channelsOf(run),
    runToken: runToken(runId),
    untilScn: plan.untilScn,
    directory: plan.target.directory,
    ...(missingFiles.length === 0 ? {} : { only }),
  });
  return { step: 'restore', text: printScript(script) };
}

/** What a restore has of a run's plan: how much will be read. */
async function storeScripts({ claimed, controlPlane }: RestoreRun, scripts: RunScript[]): Promise<void> {
  const document: RunPlan = {
    ...{ level: 'level0', levelReason: 'restore', files: [], archivedLogs: [], checks: [] },
    bytesExpected: claimed.plan.bytesToRead,
  };
  await controlPlane.storePlan(claimed, document, scripts);
}

/** A restore never overwrites. @throws RunFailure ADY_TARGET_NOT_EMPTY */
async function assertEmpty(directory: string): Promise<void> {
  const there = await entriesOf(directory);
  if (there.length > 0)
    throw new RunFailure(
      'ADY_TARGET_NOT_EMPTY',
      `${directory} holds ${there.length} entries, e.g. ${there[0] ?? ''}`,
    );
}

/** None of a directory that is still to be made. */
async function entriesOf(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
