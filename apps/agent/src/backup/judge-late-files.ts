// Data files that came while a backup was on its way. No piece holds such a file, and none need hold it where the logs of the point have all
// redo since its creation: RESTORE makes it empty, as the control file of the run has it, and RECOVER fills it. What redo did not make - a file
// that was plugged in, or copied for a new pluggable database - only a backup gives back.
import { compareScn, NO_SCN, type Scn } from '@adyton/domain';
import { RunFailure } from '../runs/run-failure';
import { type DataFileFacts, type Identity } from './backup-run';
import { type Consistency, findRedoGap, isWrittenTo } from './judge-consistency';
import { type LogContents, type RecreatedFile } from './point-contents';

/** The database as the plan found it. */
export interface PlannedFrom {
  /** Read before the list of data files: whatever was created later has no lower SCN. 0 when the database was not open. */
  readonly scn: Scn;
  /** By CON_UID, those that were open: one that is still being made is not. */
  readonly openPluggables: ReadonlySet<string>;
}

export function plannedFrom(
  { currentScn }: Pick<Identity, 'currentScn'>,
  dataFiles: readonly DataFileFacts[],
): PlannedFrom {
  const open = dataFiles.flatMap(({ pluggable }) => (pluggable?.isOpen === true ? [pluggable.uid] : []));
  return { scn: currentScn, openPluggables: new Set(open) };
}

/** @throws RunFailure ADY_RECONCILE_FAILED for a file that redo alone does not make */
export function recreatedFile(facts: DataFileFacts, planned: PlannedFrom): RecreatedFile {
  const { file, name, tablespace, bytes, blockBytes, creationScn } = facts;
  const why = whyNotFromRedo(facts, planned);
  if (why === null) return { file, name, tablespace, bytes, blockBytes, creationScn };
  throw new RunFailure(
    'ADY_RECONCILE_FAILED',
    `data file ${file} (${name}) is in no piece that this run has, and redo alone does not make it: ${why}`,
  );
}

/** Null when redo is enough. */
export function whyNotFromRedo(facts: DataFileFacts, { scn, openPluggables }: PlannedFrom): string | null {
  const { creationScn, isPluggedIn, pluggable, unrecoverableScn, status, enabled } = facts;
  if (compareScn(scn, NO_SCN) === 0) return 'the database was not open when the backup was planned';
  if (compareScn(creationScn, scn) < 0)
    return `it was created at SCN ${creationScn}, before the backup was planned`;
  if (isPluggedIn) return 'it was plugged in';
  if (pluggable !== null && !openPluggables.has(pluggable.uid))
    return 'its pluggable database was not there, or not open, when the backup was planned';
  if (compareScn(unrecoverableScn, creationScn) >= 0)
    return `it has changes without redo, the last at SCN ${unrecoverableScn}`;
  // RECOVER passes over files that are read only or offline
  if (!isWrittenTo(facts)) return `it is ${status}, ${enabled}`;
  return null;
}

/** @param logs those in the vault, of one incarnation. @throws RunFailure ADY_RECONCILE_FAILED */
export function assertRedoSinceCreation(
  files: readonly RecreatedFile[],
  logs: readonly LogContents[],
  { consistentScn }: Consistency,
): void {
  for (const { file, name, creationScn } of files) {
    const gap = findRedoGap(logs, creationScn, consistentScn);
    if (gap === null) continue;
    const { thread, reachedScn } = gap;
    throw new RunFailure(
      'ADY_RECONCILE_FAILED',
      `data file ${file} (${name}) was created at SCN ${creationScn}, while the backup was on its way, and the logs of thread ${thread} in the vault lead from there to SCN ${reachedScn}, not to ${consistentScn}; the next backup reads it`,
    );
  }
}
