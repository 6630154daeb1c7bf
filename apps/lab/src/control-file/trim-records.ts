/**
 * A control file's record sections are circular. A full section gives up its oldest record when that is older than
 * CONTROL_FILE_RECORD_KEEP_TIME, and grows when it is not; past a hard bound the oldest goes whatever its age.
 */
import { type ControlFile } from './control-file';

/** Records a section holds before it looks for one to reuse, and the most it can grow to; about 15 MiB of JSON in all. */
export const RECORD_SLOTS = {
  archivedLogs: { first: 1000, max: 8000 },
  backupSets: { first: 1000, max: 10000 },
  backupPieces: { first: 1000, max: 10000 },
  backupDataFiles: { first: 2000, max: 20000 },
  backupRedoLogs: { first: 2000, max: 20000 },
  dataFileCopies: { first: 1000, max: 10000 },
  rmanStatus: { first: 500, max: 2000 },
} as const;

/** Oracle's default. */
const KEEP_DAYS_DEFAULT = 7;
const DAY_MS = 86_400_000;

/** Reuses what may be reused at `now`. */
export function trimRecords(controlFile: ControlFile, now: Date): void {
  const keepDays = controlFile.recordKeepDays ?? KEEP_DAYS_DEFAULT;
  const oldest = new Date(now.getTime() - keepDays * DAY_MS).toISOString();
  const { archivedLogs, backupSets, backupPieces, backupDataFiles, backupRedoLogs, rmanStatus } = controlFile;
  const timeOfSet = ({ setStamp, setCount }: { setStamp: number; setCount: number }) =>
    backupSets.find((set) => set.setCount === setCount && set.setStamp === setStamp)?.completedAt ?? '';
  trim(archivedLogs, RECORD_SLOTS.archivedLogs, (log) => log.completedAt < oldest);
  trim(backupDataFiles, RECORD_SLOTS.backupDataFiles, (file) => file.completedAt < oldest);
  trim(backupRedoLogs, RECORD_SLOTS.backupRedoLogs, (log) => timeOfSet(log) < oldest);
  trim(controlFile.dataFileCopies ?? [], RECORD_SLOTS.dataFileCopies, (copy) => copy.completedAt < oldest);
  trim(backupSets, RECORD_SLOTS.backupSets, (set) => set.completedAt < oldest);
  trim(backupPieces, RECORD_SLOTS.backupPieces, (piece) => piece.completedAt < oldest);
  trim(rmanStatus, RECORD_SLOTS.rmanStatus, (row) => (row.endedAt ?? row.startedAt) < oldest);
}

/** Records lie in the order they were made: reuse begins at the oldest and ends at the first that must stay. */
function trim<T>(records: T[], slots: { first: number; max: number }, isOld: (record: T) => boolean): void {
  let dropped = Math.max(0, records.length - slots.max);
  while (records.length - dropped > slots.first) {
    const record = records[dropped];
    if (record === undefined || !isOld(record)) break;
    dropped++;
  }
  if (dropped > 0) records.splice(0, dropped);
}
