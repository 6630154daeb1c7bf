// From which SCN a recovery point is consistent, and whether the vault has the redo for it. Files that nobody can have written to since their
// checkpoint - read only, or of a tablespace taken offline - need none, however old their checkpoint is.
import { compareScn, maxScn, NO_SCN, scnBehind, type Scn } from '@adyton/domain';
import { RunFailure } from '../runs/run-failure';
import { type DataFileFacts } from './backup-run';
import { type FileContents, type LogContents, type RecreatedFile } from './point-contents';

export interface ReconciledFile {
  readonly facts: DataFileFacts;
  readonly contents: FileContents;
}

/** What a point gives back of the database: files that its pieces hold, and files that its logs do. */
export interface PointFiles {
  readonly files: readonly ReconciledFile[];
  readonly recreated: readonly RecreatedFile[];
}

export interface Consistency {
  readonly consistentScn: Scn;
  readonly redoFromScn: Scn;
}

/** Taken offline by itself: it comes back only when redo has been applied from its checkpoint on. */
export function needsRecovery({ facts }: ReconciledFile): boolean {
  return facts.status === 'RECOVER';
}

export function needsRedo({ status, enabled }: Pick<DataFileFacts, 'status' | 'enabled'>): boolean {
  return status !== 'OFFLINE' && enabled !== 'READ ONLY';
}

/** Online, and so in what RECOVER DATABASE recovers. */
export function isWrittenTo({ status, enabled }: Pick<DataFileFacts, 'status' | 'enabled'>): boolean {
  return (status === 'ONLINE' || status === 'SYSTEM') && enabled === 'READ WRITE';
}

/** Of an archived-log run, which has no files, the logs say it. */
export function consistencyOf({ files, recreated }: PointFiles, logs: readonly LogContents[]): Consistency {
  if (files.length === 0) {
    const ends = logs.map((l) => l.nextScn).sort(compareScn);
    const starts = logs.map((l) => l.firstScn).sort(compareScn);
    return { consistentScn: ends[0] ?? NO_SCN, redoFromScn: starts[0] ?? NO_SCN };
  }
  const written = files.filter((f) => needsRedo(f.facts)).map((f) => f.contents);
  const creations = recreated.map((f) => f.creationScn);
  const starts = [...written.map((f) => f.checkpointScn), ...creations].sort(compareScn);
  return {
    consistentScn: maxScn(
      ...files.flatMap((f) => [f.contents.checkpointScn, f.contents.absoluteFuzzyScn]),
      ...creations.map(scnBehind), // before that the control file lists a file that is not there yet
    ),
    redoFromScn: starts[0] ?? NO_SCN,
  };
}

export interface RedoGap {
  readonly thread: number;
  readonly reachedScn: Scn;
}

/** The first thread whose logs do not lead without a gap from one SCN to the other; null when all do. @param logs of one incarnation */
export function findRedoGap(logs: readonly LogContents[], from: Scn, to: Scn): RedoGap | null {
  for (const thread of new Set(logs.map((l) => l.thread))) {
    let reachedScn = from;
    for (const log of logs
      .filter((l) => l.thread === thread)
      .sort((a, b) => compareScn(a.firstScn, b.firstScn))) {
      if (compareScn(log.firstScn, reachedScn) <= 0) reachedScn = maxScn(reachedScn, log.nextScn);
    }
    if (compareScn(reachedScn, to) < 0) return { thread, reachedScn };
  }
  return null;
}

/**
 * Per thread the logs must lead without a gap from the first checkpoint to the last block that was read.
 * @param logs those in the vault, of one incarnation
 * @throws RunFailure ADY_LOG_GAP
 */
export function assertCovered(
  { consistentScn, redoFromScn }: Consistency,
  logs: readonly LogContents[],
): void {
  const gap = findRedoGap(logs, redoFromScn, consistentScn);
  if (gap !== null)
    throw new RunFailure(
      'ADY_LOG_GAP',
      `thread ${gap.thread}: the logs in the vault reach SCN ${gap.reachedScn}, the data files need ${consistentScn}`,
    );
  if (logs.length === 0)
    throw new RunFailure('ADY_LOG_GAP', 'no archived log of this incarnation is in the vault');
}
