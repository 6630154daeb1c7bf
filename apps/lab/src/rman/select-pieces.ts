/** Which backup pieces or sets a maintenance command means. */
import { type BackupPiece, type BackupSet, type ControlFile } from '../control-file/control-file';
import { type BackupWhat, type MaintainObject, type Qualifiers } from './ast';
import { RmanError } from './rman-error';
import { logFilter, qualifierFilter, selectDataFiles } from './select-files';

interface SetKey {
  setStamp: number;
  setCount: number;
}

export function isOfSet(record: SetKey, key: SetKey): boolean {
  return record.setStamp === key.setStamp && record.setCount === key.setCount;
}

/** Throws RMAN-20260 or RMAN-20215 for a piece or set the control file does not know. */
export function selectPieces(
  controlFile: ControlFile,
  { object, qualifiers, dateFormat }: { object: MaintainObject; qualifiers: Qualifiers; dateFormat: string },
): BackupPiece[] {
  const isMeant = qualifierFilter(qualifiers, dateFormat);
  return piecesOfObject(controlFile, object, dateFormat).filter((piece) =>
    isMeant({ ...piece, name: piece.handle }),
  );
}

function piecesOfObject(controlFile: ControlFile, object: MaintainObject, dateFormat: string): BackupPiece[] {
  const { backupPieces } = controlFile;
  switch (object.kind) {
    case 'pieces':
      return object.pieces === null
        ? backupPieces
        : object.pieces.map((wanted) => findPiece(controlFile, wanted));
    case 'backupset': {
      if (object.keys === null) return backupPieces;
      const sets = object.keys.map((key) => findSet(controlFile, key));
      return backupPieces.filter((piece) => sets.some((set) => isOfSet(piece, set)));
    }
    case 'backup': {
      const { of } = object;
      if (of === null) return backupPieces;
      const holds = setFilter(controlFile, of, dateFormat);
      const sets = controlFile.backupSets.filter(holds);
      return backupPieces.filter((piece) => sets.some((set) => isOfSet(piece, set)));
    }
    case 'archived-logs':
    case 'copies':
      return [];
  }
}

/** Whether a set holds something of what is meant. */
function setFilter(
  controlFile: ControlFile,
  of: BackupWhat,
  dateFormat: string,
): (set: BackupSet) => boolean {
  switch (of.kind) {
    case 'control-file':
      return (set) => set.controlFileIncluded;
    case 'spfile':
      return (set) => set.spfileIncluded;
    case 'archived-logs': {
      const fits = logFilter(of.range, dateFormat);
      return (set) => controlFile.backupRedoLogs.some((log) => isOfSet(log, set) && fits(log));
    }
    default: {
      const files = selectDataFiles(controlFile, of).map(({ file }) => file);
      return (set) =>
        controlFile.backupDataFiles.some((backup) => isOfSet(backup, set) && files.includes(backup.file));
    }
  }
}

/** By handle, or by record id. */
export function findPiece({ backupPieces }: ControlFile, wanted: number | string): BackupPiece {
  const piece = backupPieces.find(({ handle, recid }) => handle === wanted || recid === wanted);
  if (piece === undefined) {
    throw new RmanError([
      'RMAN-20260: backup piece not found in the recovery catalog',
      `RMAN-06092: error while looking up backup piece ${wanted}`,
    ]);
  }
  return piece;
}

export function findSet({ backupSets }: ControlFile, key: number): BackupSet {
  const set = backupSets.find(({ recid }) => recid === key);
  if (set === undefined) {
    throw new RmanError([
      'RMAN-20215: backup set not found in the recovery catalog',
      `RMAN-06159: error while looking up backup set ${key}`,
    ]);
  }
  return set;
}

export function describePiece({ handle, recid, stamp }: BackupPiece): string {
  return `backup piece handle=${handle} RECID=${recid} STAMP=${stamp}`;
}
