/** Which of the recorded backups can serve a restore or a recovery. */
import {
  type BackupDataFile,
  type BackupPiece,
  type BackupRedoLog,
  type ControlFile,
} from '../control-file/control-file';
import { parseScn, type Scn } from '../formats/scn';

interface SetKey {
  setStamp: number;
  setCount: number;
}

/** Handles that turned out to be unreadable: other copies and older backups serve instead. */
export type UnreadableHandles = ReadonlySet<string>;
const NONE: UnreadableHandles = new Set();

/** Available pieces of the set, the first usable copy of each, in order; undefined when one is missing. */
export function piecesOf(
  controlFile: ControlFile,
  key: SetKey,
  unreadable: UnreadableHandles = NONE,
): BackupPiece[] | undefined {
  const set = controlFile.backupSets.find((candidate) => isOfSet(candidate, key));
  if (set === undefined) return undefined;
  const byNumber = new Map<number, BackupPiece>();
  for (const piece of controlFile.backupPieces) {
    const isUsable = isOfSet(piece, key) && piece.status === 'A' && !unreadable.has(piece.handle);
    const known = byNumber.get(piece.piece);
    if (isUsable && (known === undefined || piece.copy < known.copy)) byNumber.set(piece.piece, piece);
  }
  if (byNumber.size < set.pieces) return undefined;
  return [...byNumber.values()].sort((a, b) => a.piece - b.piece);
}

export function hasAllPieces(
  controlFile: ControlFile,
  key: SetKey,
  unreadable: UnreadableHandles = NONE,
): boolean {
  return piecesOf(controlFile, key, unreadable) !== undefined;
}

export interface BackupChoice {
  /** Exclusive; undefined: any. */
  until: Scn | undefined;
  tag?: string | undefined;
  unreadable?: UnreadableHandles;
}

function isOfTag(controlFile: ControlFile, key: SetKey, tag: string | undefined): boolean {
  return (
    tag === undefined || controlFile.backupPieces.some((piece) => isOfSet(piece, key) && piece.tag === tag)
  );
}

function isOfSet(record: SetKey, key: SetKey): boolean {
  return record.setStamp === key.setStamp && record.setCount === key.setCount;
}

/** The newest full or level 0 backup of the file that the choice allows. */
export function findBase(
  controlFile: ControlFile,
  file: number,
  { until, tag, unreadable = NONE }: BackupChoice,
): BackupDataFile | undefined {
  return newest(
    controlFile.backupDataFiles.filter(
      (backup) =>
        backup.file === file &&
        backup.level !== 1 &&
        isBefore(backup, until) &&
        isOfTag(controlFile, backup, tag) &&
        hasAllPieces(controlFile, backup, unreadable),
    ),
  );
}

/** The level 1 that carries the file furthest from where it stands. */
export function findIncrement(
  controlFile: ControlFile,
  { file, checkpointScn }: { file: number; checkpointScn: Scn },
  { until, unreadable = NONE }: BackupChoice,
): BackupDataFile | undefined {
  return newest(
    controlFile.backupDataFiles.filter(
      (backup) =>
        backup.file === file &&
        backup.level === 1 &&
        parseScn(backup.incrementalScn) <= checkpointScn &&
        parseScn(backup.checkpointScn) > checkpointScn &&
        isBefore(backup, until) &&
        hasAllPieces(controlFile, backup, unreadable),
    ),
  );
}

function isBefore({ checkpointScn, absoluteFuzzyScn }: BackupDataFile, until: Scn | undefined): boolean {
  return until === undefined || (parseScn(checkpointScn) <= until && parseScn(absoluteFuzzyScn) < until);
}

function newest(backups: BackupDataFile[]): BackupDataFile | undefined {
  return backups.reduce<BackupDataFile | undefined>((best, backup) => {
    return best === undefined || parseScn(backup.checkpointScn) >= parseScn(best.checkpointScn)
      ? backup
      : best;
  }, undefined);
}

/** The newest available backup of each log with changes in `from` <= SCN < `until`. */
export function findLogBackups(
  controlFile: ControlFile,
  { from, until, unreadable = NONE }: { from: Scn } & BackupChoice,
): BackupRedoLog[] {
  const found = new Map<string, BackupRedoLog>();
  for (const log of controlFile.backupRedoLogs) {
    const isNeeded = parseScn(log.nextScn) > from && (until === undefined || parseScn(log.firstScn) < until);
    if (isNeeded && hasAllPieces(controlFile, log, unreadable)) found.set(logKey(log), log);
  }
  return [...found.values()].sort((a, b) => (parseScn(a.firstScn) < parseScn(b.firstScn) ? -1 : 1));
}

/** Thread, sequence and incarnation in one text. */
export function logKey(log: { thread: number; sequence: number; resetlogsScn: string }): string {
  return `${log.resetlogsScn}/${log.thread}/${log.sequence}`;
}
