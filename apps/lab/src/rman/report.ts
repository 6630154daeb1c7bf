/** REPORT: schema, obsolete backups, files that need a backup. */
import { type MaintenanceStatement, type Retention } from './ast';
import { filesNeedingBackup, obsoleteCopies, obsoleteSets, policyLines, policyOf } from './obsolete';
import { formatDate } from './rman-date';
import { isOfSet } from './select-pieces';
import { tablespaceOf } from './select-files';
import { type Session } from './session';

const MIB = 1024 * 1024;

export async function reportSchema(session: Session): Promise<void> {
  const controlFile = await session.target.instance.readControlFile({});
  const { dataFiles, tempFiles, dbUniqueName } = controlFile;
  session.print(
    `Report of database schema for database with db_unique_name ${dbUniqueName.toUpperCase()}`,
    '',
    'List of Permanent Datafiles',
    '===========================',
    'File Size(MB) Tablespace           RB segs Datafile Name',
    '---- -------- -------------------- ------- ------------------------',
  );
  for (const dataFile of dataFiles) {
    const { file, blocks, blockBytes, name } = dataFile;
    const megabytes = String(Math.round((blocks * blockBytes) / MIB)).padEnd(8);
    const tablespace = tablespaceOf(controlFile, dataFile).padEnd(20);
    session.print(`${String(file).padEnd(4)} ${megabytes} ${tablespace} ***     ${name}`);
  }
  session.print(
    '',
    'List of Temporary Files',
    '=======================',
    'File Size(MB) Tablespace           Maxsize(MB) Tempfile Name',
    '---- -------- -------------------- ----------- --------------------',
  );
  for (const { file, bytes, name } of tempFiles) {
    session.print(
      `${String(file).padEnd(4)} ${String(Math.round(bytes / MIB)).padEnd(8)} ${'TEMP'.padEnd(20)} ${''.padEnd(11)} ${name}`,
    );
  }
  session.print('');
}

export async function reportObsolete(
  session: Session,
  { retention, device }: Extract<MaintenanceStatement, { kind: 'report-obsolete' }>,
): Promise<void> {
  const controlFile = await session.target.instance.readControlFile({});
  const policy = policyOf(controlFile, retention);
  session.print(...policyLines(policy, retention));
  const sets = obsoleteSets(controlFile, policy, session.now());
  const rows = sets.flatMap((set) =>
    controlFile.backupPieces
      .filter((piece) => isOfSet(piece, set) && (device === null || piece.deviceType === device))
      .map((piece) => ({ set, piece })),
  );
  const copies = device === 'SBT_TAPE' ? [] : obsoleteCopies(controlFile, policy, session.now());
  if (rows.length + copies.length === 0) {
    session.print('no obsolete backups found');
    return;
  }
  session.print(
    'Report of obsolete backups and copies',
    'Type                 Key    Completion Time    Filename/Handle',
    '-------------------- ------ ------------------ --------------------',
  );
  const date = (text: string) => formatDate(new Date(text), session.dateFormat).padEnd(18);
  for (const { recid, completedAt, name } of copies) {
    session.print(`${'Datafile Copy'.padEnd(20)} ${String(recid).padEnd(6)} ${date(completedAt)} ${name}`);
  }
  for (const { set, piece } of rows) {
    session.print(
      `${'Backup Set'.padEnd(20)} ${String(set.recid).padEnd(6)} ${date(set.completedAt)}`.trimEnd(),
      `${'  Backup Piece'.padEnd(20)} ${String(piece.recid).padEnd(6)} ${date(piece.completedAt)} ${piece.handle}`,
    );
  }
}

export async function reportNeedBackup(session: Session, retention: Retention): Promise<void> {
  const controlFile = await session.target.instance.readControlFile({});
  const policy = policyOf(controlFile, retention);
  session.print(...policyLines(policy, retention));
  session.print(
    policy.kind === 'redundancy'
      ? `Report of files with less than ${policy.copies} redundant backups`
      : `Report of files that must be backed up to satisfy ${policy.days} days recovery window`,
    'File #bkps Name',
    '---- ----- -----------------------------------------------------',
  );
  for (const { file, name, backups } of filesNeedingBackup(controlFile, policy, session.now())) {
    session.print(`${String(file).padEnd(4)} ${String(backups).padEnd(5)} ${name}`);
  }
}

export async function reportUnrecoverable(session: Session): Promise<void> {
  const { dataFiles } = await session.target.instance.readControlFile({});
  session.print(
    'Report of files that need backup due to unrecoverable operations',
    'File Type of Backup Required Name',
    '---- ----------------------- -----------------------------------',
  );
  for (const { file, name, unrecoverableScn } of dataFiles) {
    if (unrecoverableScn !== '0')
      session.print(`${String(file).padEnd(4)} ${'full or incremental'.padEnd(23)} ${name}`);
  }
}
