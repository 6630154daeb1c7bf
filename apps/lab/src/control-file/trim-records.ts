/** A control file's record sections are circular: past these bounds the oldest records go, so that the file stays bounded. */
import { type ControlFile } from './control-file';

/** Most records kept of each kind; about 15 MiB of JSON in all. */
export const RECORDS_MAX = {
  archivedLogs: 8000,
  backupSets: 10000,
  backupPieces: 10000,
  backupDataFiles: 20000,
  backupRedoLogs: 20000,
  rmanStatus: 2000,
} as const;

/** Drops the oldest records of the sections that are over their bound. */
export function trimRecords(controlFile: ControlFile): void {
  trim(controlFile.archivedLogs, RECORDS_MAX.archivedLogs);
  trim(controlFile.backupSets, RECORDS_MAX.backupSets);
  trim(controlFile.backupPieces, RECORDS_MAX.backupPieces);
  trim(controlFile.backupDataFiles, RECORDS_MAX.backupDataFiles);
  trim(controlFile.backupRedoLogs, RECORDS_MAX.backupRedoLogs);
  trim(controlFile.rmanStatus, RECORDS_MAX.rmanStatus);
}

function trim(records: unknown[], max: number): void {
  if (records.length > max) records.splice(0, records.length - max);
}
