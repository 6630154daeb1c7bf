/** LIST and REPORT: what the control file knows, as RMAN lays it out. */
import {
  type BackupPiece,
  type BackupSet,
  type ControlFile,
  type RecordStatus,
} from '../control-file/control-file';
import { type MaintenanceStatement } from './ast';
import { formatElapsed } from './elapsed';
import { selectCopies } from './find-copies';
import { listCopies } from './list-copies';
import { formatDate } from './rman-date';
import { logFilter } from './select-files';
import { isOfSet, selectPieces } from './select-pieces';
import { type Session } from './session';

type ListStatement = Extract<MaintenanceStatement, { kind: 'list' }>;

const STATUS: Record<RecordStatus, string> = { A: 'AVAILABLE', D: 'DELETED', X: 'EXPIRED', U: 'UNAVAILABLE' };

export async function runList(session: Session, statement: ListStatement): Promise<void> {
  const controlFile = await session.target.instance.readControlFile({});
  const { object, qualifiers, expired, summary } = statement;
  if (object.kind === 'archived-logs') {
    listLogs(session, controlFile, statement);
    return;
  }
  const { dateFormat } = session;
  const isWanted = ({ status }: { status: RecordStatus }) => (expired ? status === 'X' : status !== 'D');
  if (object.kind === 'copies') {
    const copies = selectCopies(controlFile, { object, qualifiers, dateFormat }).filter(isWanted);
    if (copies.length > 0) listCopies(session, copies);
    else session.print('specification does not match any datafile copy in the repository');
    return;
  }
  const pieces = selectPieces(controlFile, { object, qualifiers, dateFormat }).filter(isWanted);
  if (pieces.length === 0) {
    session.print('specification does not match any backup in the repository');
    return;
  }
  if (object.kind === 'pieces') listPieces(session, controlFile, pieces);
  else if (summary) listSummary(session, controlFile, pieces);
  else listSets(session, controlFile, pieces);
}

function setsOf({ backupSets }: ControlFile, pieces: BackupPiece[]): BackupSet[] {
  return backupSets.filter((set) => pieces.some((piece) => isOfSet(piece, set)));
}

function listPieces(session: Session, controlFile: ControlFile, pieces: BackupPiece[]): void {
  session.print(
    '',
    'List of Backup Pieces',
    'BP Key  BS Key  Pc# Cp# Status      Device Type Piece Name',
    '------- ------- --- --- ----------- ----------- ----------',
  );
  for (const piece of pieces) {
    const set = controlFile.backupSets.find((candidate) => isOfSet(piece, candidate));
    const columns = [
      String(piece.recid).padEnd(7),
      String(set?.recid ?? '').padEnd(7),
      String(piece.piece).padEnd(3),
      String(piece.copy).padEnd(3),
      STATUS[piece.status].padEnd(11),
      piece.deviceType.padEnd(11),
      piece.handle,
    ];
    session.print(columns.join(' '));
  }
}

function typeOf({ type, level }: BackupSet): { ty: string; lv: string; name: string } {
  if (type === 'L') return { ty: 'B', lv: 'A', name: '' };
  if (level === null) return { ty: 'B', lv: 'F', name: 'Full' };
  return { ty: 'B', lv: String(level), name: 'Incr' };
}

export function listSummary(session: Session, controlFile: ControlFile, pieces: BackupPiece[]): void {
  session.print(
    '',
    'List of Backups',
    '===============',
    'Key     TY LV S Device Type Completion Time #Pieces #Copies Compressed Tag',
    '------- -- -- - ----------- --------------- ------- ------- ---------- ---',
  );
  for (const set of setsOf(controlFile, pieces)) {
    const ofSet = pieces.filter((piece) => isOfSet(piece, set));
    const { ty, lv } = typeOf(set);
    const columns = [
      String(set.recid).padEnd(7),
      ty.padEnd(2),
      lv.padEnd(2),
      ofSet[0]?.status ?? 'X',
      (ofSet[0]?.deviceType ?? '').padEnd(11),
      formatDate(new Date(set.completedAt), session.dateFormat).padEnd(15),
      String(set.pieces).padEnd(7),
      String(Math.max(1, ...ofSet.map(({ copy }) => copy))).padEnd(7),
      'NO        ',
      ofSet[0]?.tag ?? '',
    ];
    session.print(columns.join(' '));
  }
}

export function listSets(session: Session, controlFile: ControlFile, pieces: BackupPiece[]): void {
  session.print('', 'List of Backup Sets', '===================');
  for (const set of setsOf(controlFile, pieces)) {
    const ofSet = pieces.filter((piece) => isOfSet(piece, set));
    const isLog = set.type === 'L';
    const at = formatDate(new Date(set.completedAt), session.dateFormat);
    const elapsed = formatElapsed(new Date(set.startedAt), new Date(set.completedAt));
    const size = sizeText(ofSet.reduce((sum, { bytes }) => sum + bytes, 0));
    const device = (ofSet[0]?.deviceType ?? '').padEnd(11);
    const { name, lv } = typeOf(set);
    const key = String(set.recid).padEnd(7);
    session.print(
      '',
      isLog
        ? 'BS Key  Size       Device Type Elapsed Time Completion Time'
        : 'BS Key  Type LV Size       Device Type Elapsed Time Completion Time',
      isLog
        ? '------- ---------- ----------- ------------ ---------------'
        : '------- ---- -- ---------- ----------- ------------ ---------------',
      isLog
        ? `${key} ${size.padEnd(10)} ${device} ${elapsed.padEnd(12)} ${at}`
        : `${key} ${name.padEnd(4)} ${(set.level === null ? '' : lv).padEnd(2)} ${size.padEnd(10)} ${device} ${elapsed.padEnd(12)} ${at}`,
      ...ofSet.flatMap((piece) => pieceLines(piece)),
      ...contentLines(session, controlFile, set),
    );
  }
}

function pieceLines({ recid, status, tag, handle, media, deviceType }: BackupPiece): string[] {
  return [
    `        BP Key: ${recid}   Status: ${STATUS[status]}  Compressed: NO  Tag: ${tag ?? ''}`,
    deviceType === 'DISK'
      ? `        Piece Name: ${handle}`
      : `        Handle: ${handle}   Media: ${media ?? ''}`,
  ];
}

function contentLines(session: Session, controlFile: ControlFile, set: BackupSet): string[] {
  const lines: string[] = [];
  const date = (text: string) => formatDate(new Date(text), session.dateFormat);
  const logs = controlFile.backupRedoLogs.filter((log) => isOfSet(log, set));
  if (logs.length > 0) {
    lines.push('', `  List of Archived Logs in backup set ${set.recid}`);
    lines.push('  Thrd Seq     Low SCN    Next SCN', '  ---- ------- ---------- ----------');
    for (const { thread, sequence, firstScn, nextScn } of logs) {
      lines.push(
        `  ${String(thread).padEnd(4)} ${String(sequence).padEnd(7)} ${firstScn.padEnd(10)} ${nextScn}`,
      );
    }
  }
  const backups = controlFile.backupDataFiles.filter((backup) => isOfSet(backup, set));
  const files = backups.filter(({ file }) => file > 0);
  if (files.length > 0) {
    lines.push(`  List of Datafiles in backup set ${set.recid}`);
    lines.push('  File LV Type Ckp SCN    Ckp Time  Name', '  ---- -- ---- ---------- --------- ----');
    for (const { file, level, checkpointScn, checkpointAt } of files) {
      const name = controlFile.dataFiles.find((known) => known.file === file)?.name ?? '';
      const type = level === null ? 'Full' : 'Incr';
      lines.push(
        `  ${String(file).padEnd(4)} ${String(level ?? '').padEnd(2)} ${type} ${checkpointScn.padEnd(10)} ${date(checkpointAt)} ${name}`,
      );
    }
  }
  for (const { checkpointScn, checkpointAt } of backups.filter(({ file }) => file === 0)) {
    lines.push(`  Control File Included: Ckp SCN: ${checkpointScn}     Ckp time: ${date(checkpointAt)}`);
  }
  if (set.spfileIncluded) lines.push(`  SPFILE Included: Modification time: ${date(set.completedAt)}`);
  return lines;
}

/** 2.25M, 512.00K. */
function sizeText(bytes: number): string {
  const units = ['K', 'M', 'G', 'T'];
  let value = bytes / 1024;
  let at = 0;
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024;
    at++;
  }
  return `${value.toFixed(2)}${units[at] ?? ''}`;
}

function listLogs(session: Session, controlFile: ControlFile, { object, expired }: ListStatement): void {
  if (object.kind !== 'archived-logs') return;
  const fits = logFilter(object.range, session.dateFormat);
  const logs = controlFile.archivedLogs.filter(
    (log) => log.status === (expired ? 'X' : 'A') && log.name !== null && fits(log),
  );
  if (logs.length === 0) {
    session.print('specification does not match any archived log in the repository');
    return;
  }
  session.print(
    `List of Archived Log Copies for database with db_unique_name ${controlFile.dbUniqueName.toUpperCase()}`,
    '=====================================================================',
    '',
    'Key     Thrd Seq     S Low Time',
    '------- ---- ------- - ---------',
  );
  for (const { recid, thread, sequence, status, firstAt, name } of logs) {
    const low = formatDate(new Date(firstAt), session.dateFormat);
    session.print(
      `${String(recid).padEnd(7)} ${String(thread).padEnd(4)} ${String(sequence).padEnd(7)} ${status} ${low}`,
      `        Name: ${name ?? ''}`,
      '',
    );
  }
}

export async function listRestorePoints(session: Session): Promise<void> {
  const { restorePoints = [] } = await session.target.instance.readControlFile({});
  session.print(
    '',
    'SCN              RSP Time  Type       Time      Name',
    '---------------- --------- ---------- --------- ----',
    ...restorePoints.map(({ name, scn, at, guaranteed }) => {
      const time = formatDate(new Date(at), session.dateFormat);
      return `${scn.padEnd(16)}           ${(guaranteed ? 'GUARANTEED' : '').padEnd(10)} ${time} ${name}`;
    }),
    '',
  );
}

export async function listIncarnations(session: Session): Promise<void> {
  const { incarnations, dbName, dbid } = await session.target.instance.readControlFile({});
  session.print(
    '',
    'List of Database Incarnations',
    'DB Key  Inc Key DB Name  DB ID            STATUS  Reset SCN  Reset Time',
    '------- ------- -------- ---------------- --- ---------- ----------',
  );
  for (const { incarnation, status, resetlogsScn } of incarnations) {
    const key = String(incarnation).padEnd(7);
    session.print(
      `${key} ${key} ${dbName.padEnd(8)} ${String(dbid).padEnd(16)} ${status.padEnd(7)} ${resetlogsScn}`,
    );
  }
  session.print('');
}
