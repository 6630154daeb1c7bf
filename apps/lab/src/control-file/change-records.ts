/** RMAN's record keeping: pure changes of a control file, each one transaction of ControlFileStore.update. */
import { stampOf } from '../formats/stamp';
import {
  type BackupRecords,
  type InstanceOperations,
  type NewRecord,
  type RmanJobStart,
  type RmanJobUpdate,
} from '../instance/instance-port';
import { type ArchivedLog, type ControlFile, type RecordStatus, type RmanStatus } from './control-file';

/** The next record id; ids only grow. */
function takeRecid(controlFile: ControlFile): number {
  return controlFile.nextRecid++;
}

/** Set stamp and count of a new backup set. */
export function beginBackupSet(controlFile: ControlFile, now: Date): { setStamp: number; setCount: number } {
  return { setStamp: stampOf(now), setCount: controlFile.nextSetCount++ };
}

/** The next number of an autobackup on its day. It is never given again, whatever becomes of the backup. */
export function takeAutobackupNumber(controlFile: ControlFile, now: Date): number {
  const day = now.toISOString().slice(0, 10).replaceAll('-', '');
  const { autobackups } = controlFile;
  const taken = autobackups?.day === day ? autobackups.taken : 0;
  controlFile.autobackups = { day, taken: taken + 1 };
  return taken;
}

/** Adds a finished backup set with its pieces and contents, and counts the backups of its archived logs. */
export function recordBackup(
  controlFile: ControlFile,
  records: BackupRecords,
  now: Date,
): { setRecid: number } {
  const stamp = stampOf(now);
  const numbered = <T>(record: NewRecord<T>) => ({ ...record, recid: takeRecid(controlFile), stamp });
  const set = numbered(records.set);
  controlFile.backupSets.push(set);
  for (const piece of records.pieces) controlFile.backupPieces.push(numbered(piece));
  for (const file of records.dataFiles) {
    controlFile.backupDataFiles.push({ ...file, recid: takeRecid(controlFile) });
  }
  for (const log of records.redoLogs) {
    controlFile.backupRedoLogs.push({ ...log, recid: takeRecid(controlFile) });
    for (const archived of controlFile.archivedLogs) {
      if (isSameLog(archived, log)) archived.backupCount++;
    }
  }
  return { setRecid: set.recid };
}

/** Sets the status of the pieces with these handles; answers how many there were. */
export function setPieceStatus(controlFile: ControlFile, handles: string[], status: RecordStatus): number {
  const wanted = new Set(handles);
  const pieces = controlFile.backupPieces.filter((piece) => wanted.has(piece.handle));
  for (const piece of pieces) piece.status = status;
  return pieces.length;
}

/** Forgets a piece; with its last piece a set goes too. False when there is no such handle. */
export function uncatalogPiece(controlFile: ControlFile, handle: string): boolean {
  const piece = controlFile.backupPieces.find((candidate) => candidate.handle === handle);
  if (piece === undefined) return false;
  controlFile.backupPieces = controlFile.backupPieces.filter((candidate) => candidate !== piece);
  const ofSet = (record: { setStamp: number; setCount: number }) =>
    record.setStamp === piece.setStamp && record.setCount === piece.setCount;
  if (controlFile.backupPieces.some(ofSet)) return true;
  controlFile.backupSets = controlFile.backupSets.filter((record) => !ofSet(record));
  controlFile.backupDataFiles = controlFile.backupDataFiles.filter((record) => !ofSet(record));
  controlFile.backupRedoLogs = controlFile.backupRedoLogs.filter((record) => !ofSet(record));
  return true;
}

/** Adds what piece headers say; a piece already known becomes available again. */
export function catalogPiece(
  controlFile: ControlFile,
  records: BackupRecords,
  now: Date,
): { added: boolean } {
  const { setStamp, setCount } = records.set;
  const ofSet = (record: { setStamp: number; setCount: number }) =>
    record.setStamp === setStamp && record.setCount === setCount;
  const known = new Set(controlFile.backupPieces.map((piece) => piece.handle));
  const fresh = records.pieces.filter((piece) => !known.has(piece.handle));
  setPieceStatus(
    controlFile,
    records.pieces.map((piece) => piece.handle),
    'A',
  );
  const knownSet = controlFile.backupSets.find(ofSet);
  if (knownSet === undefined) {
    recordBackup(controlFile, { ...records, pieces: fresh, redoLogs: [] }, now);
    for (const log of records.redoLogs) {
      controlFile.backupRedoLogs.push({ ...log, recid: takeRecid(controlFile) });
    }
    return { added: true };
  }
  // The header of a later piece knows of more pieces than that of an earlier one.
  knownSet.pieces = Math.max(knownSet.pieces, records.set.pieces);
  const stamp = stampOf(now);
  for (const piece of fresh) {
    controlFile.backupPieces.push({ ...piece, recid: takeRecid(controlFile), stamp });
  }
  addMissingContents(controlFile, records, ofSet);
  return { added: fresh.length > 0 };
}

function addMissingContents(
  controlFile: ControlFile,
  records: BackupRecords,
  ofSet: (record: { setStamp: number; setCount: number }) => boolean,
): void {
  for (const file of records.dataFiles) {
    const known = controlFile.backupDataFiles.some((record) => ofSet(record) && record.file === file.file);
    if (!known) controlFile.backupDataFiles.push({ ...file, recid: takeRecid(controlFile) });
  }
  for (const log of records.redoLogs) {
    const known = controlFile.backupRedoLogs.some((record) => ofSet(record) && isSameLog(record, log));
    if (!known) controlFile.backupRedoLogs.push({ ...log, recid: takeRecid(controlFile) });
  }
}

type CatalogArguments = InstanceOperations['catalogArchivedLogs']['args']['logs'];

/** Adds records of archived logs that lie on disk; one already known under its name stays. Answers the record ids. */
export function catalogArchivedLogs(controlFile: ControlFile, logs: CatalogArguments, now: Date): number[] {
  return logs.map((log) => {
    const known = controlFile.archivedLogs.find(
      (archived) => archived.name === log.name && archived.status === 'A' && isSameLog(archived, log),
    );
    return known?.recid ?? addArchivedLog(controlFile, log, now).recid;
  });
}

/** Adds one archived log, available and not backed up. */
export function addArchivedLog(
  controlFile: ControlFile,
  log: CatalogArguments[number],
  now: Date,
): ArchivedLog {
  const record: ArchivedLog = {
    ...log,
    recid: takeRecid(controlFile),
    stamp: stampOf(now),
    status: 'A',
    backupCount: 0,
    completedAt: now.toISOString(),
  };
  controlFile.archivedLogs.push(record);
  return record;
}

/** Sets the status of archived logs; a deleted one loses its name. Answers how many changed. */
export function setArchivedLogStatus(
  controlFile: ControlFile,
  recids: number[],
  status: RecordStatus,
): number {
  const wanted = new Set(recids);
  const logs = controlFile.archivedLogs.filter((log) => wanted.has(log.recid));
  for (const log of logs) {
    log.status = status;
    if (status === 'D') log.name = null;
  }
  return logs.length;
}

/** Opens a row of RMAN status; the session's own row points to itself. */
export function beginRmanJob(
  controlFile: ControlFile,
  job: RmanJobStart,
  now: Date,
): { recid: number; stamp: number } {
  const recid = takeRecid(controlFile);
  const stamp = stampOf(now);
  const row: RmanStatus = {
    recid,
    stamp,
    sessionRecid: job.session?.recid ?? recid,
    sessionStamp: job.session?.stamp ?? stamp,
    commandId: job.commandId,
    operation: job.operation,
    status: 'RUNNING',
    startedAt: now.toISOString(),
    endedAt: null,
    inputBytes: 0,
    outputBytes: 0,
    objectType: job.objectType,
  };
  controlFile.rmanStatus.push(row);
  return { recid, stamp };
}

/** Changes a row of RMAN status; with `ended` it is closed. Rows already dropped are nobody's business. */
export function updateRmanJob(
  controlFile: ControlFile,
  update: RmanJobUpdate,
  ended?: { status: string; at: Date },
): void {
  const row = controlFile.rmanStatus.find((candidate) => candidate.recid === update.recid);
  if (row === undefined) return;
  if (update.inputBytes !== undefined) row.inputBytes = update.inputBytes;
  if (update.outputBytes !== undefined) row.outputBytes = update.outputBytes;
  if (update.commandId !== undefined) row.commandId = update.commandId;
  if (update.objectType !== undefined) row.objectType = update.objectType;
  if (ended !== undefined) {
    row.status = ended.status;
    row.endedAt = ended.at.toISOString();
  }
}

/**
 * CONFIGURE: sets or clears one setting. Some names occur once per device, channel or tablespace, which stands at the head of
 * their value: those replace only their like. To clear one of them, `name` is the name and that head.
 */
export function setRmanConfiguration(controlFile: ControlFile, name: string, value: string | null): void {
  const key = value === null ? name : configurationKey(name, value);
  const kept = controlFile.rmanConfiguration.filter(
    (setting) => configurationKey(setting.name, setting.value) !== key,
  );
  const last = controlFile.rmanConfiguration.reduce((max, setting) => Math.max(max, setting.conf), 0);
  if (value !== null) kept.push({ conf: last + 1, name, value });
  controlFile.rmanConfiguration = kept;
}

const REPEATED_SETTINGS =
  /^(?:(?:AUXILIARY )?CHANNEL|DEVICE TYPE|EXCLUDE FOR TABLESPACE|.* FOR DEVICE TYPE)$/;

function configurationKey(name: string, value: string): string {
  const head = REPEATED_SETTINGS.test(name) ? /^(?:\d+ )?(?:DEVICE TYPE )?'[^']*'/.exec(value) : null;
  return head === null ? name : `${name} ${head[0]}`;
}

/** CHANGE … KEEP: how long the sets with these record ids are kept; null: as the retention policy says. */
export function setBackupKeep(controlFile: ControlFile, recids: number[], keepUntil: string | null): void {
  for (const set of controlFile.backupSets) if (recids.includes(set.recid)) set.keepUntil = keepUntil;
}

interface LogKey {
  thread: number;
  sequence: number;
  resetlogsScn: string;
}

function isSameLog(a: LogKey, b: LogKey): boolean {
  return a.thread === b.thread && a.sequence === b.sequence && a.resetlogsScn === b.resetlogsScn;
}
