/** What RMAN knows of backup pieces: CATALOG, CROSSCHECK, CHANGE … UNCATALOG, DELETE, LIST. */
import { type BackupPiece, type ControlFile } from '../control-file/control-file';
import { type BackupRecords, type NewRecord } from '../instance/instance-port';
import { type LogRange } from './ast';
import { type PieceHeader } from './piece-format';
import { formatDate } from './rman-date';
import { RmanError } from './rman-error';
import { selectLogs } from './select-files';
import { type Session } from './session';

/** Reads the header of each piece and adds what it says. Throws RmanError at the first piece that is none of ours. */
export async function catalogPieces(session: Session, handles: string[]): Promise<void> {
  const channel = session.maintenanceChannel();
  const { instance } = session.target;
  for (const handle of handles) {
    const found = await channel.run({ kind: 'inspect', handle });
    if (!found.found) throw pieceNotFound(handle);
    const { dbid } = await instance.readControlFile({});
    if (found.header.dbid !== dbid) throw pieceOfOtherDatabase(handle, found.header.dbid, dbid);
    await instance.catalogPiece(recordsOf(handle, found));
    const piece = findPiece(await instance.readControlFile({}), handle);
    session.print('cataloged backup piece', describe(piece), '');
  }
}

function recordsOf(
  handle: string,
  { header, media, comments }: { header: PieceHeader; media: string | null; comments: string | null },
): BackupRecords {
  const { set } = header.records;
  const piece: NewRecord<BackupPiece> = {
    setStamp: set.setStamp,
    setCount: set.setCount,
    piece: header.piece,
    copy: 1,
    handle,
    tag: null,
    media,
    comments,
    bytes: 0,
    status: 'A',
    deviceType: 'SBT_TAPE',
    startedAt: set.startedAt,
    completedAt: set.completedAt,
  };
  return { ...header.records, pieces: [piece] };
}

/** A piece the library does not find becomes EXPIRED, one it finds AVAILABLE. `null`: every SBT piece. */
export async function crosscheckPieces(session: Session, wanted: string[] | null): Promise<void> {
  const channel = session.maintenanceChannel();
  const { instance } = session.target;
  const controlFile = await instance.readControlFile({});
  const handles = wanted ?? controlFile.backupPieces.map(({ handle }) => handle);
  const pieces = handles.map((handle) => findPiece(controlFile, handle));
  const { found } = handles.length === 0 ? { found: [] } : await channel.run({ kind: 'info', handles });
  for (const [i, piece] of pieces.entries()) {
    const isThere = found[i] === true;
    await instance.setPieceStatus({ handles: [piece.handle], status: isThere ? 'A' : 'X' });
    session.print(
      `crosschecked backup piece: found to be '${isThere ? 'AVAILABLE' : 'EXPIRED'}'`,
      describe(piece),
    );
  }
  session.print(`Crosschecked ${pieces.length} objects`, '');
}

export async function uncatalogPieces(session: Session, handles: string[]): Promise<void> {
  const { instance } = session.target;
  const controlFile = await instance.readControlFile({});
  for (const handle of handles) {
    const piece = findPiece(controlFile, handle);
    await instance.uncatalogPiece({ handle });
    session.print('uncataloged backup piece', describe(piece));
  }
  session.print(`Uncataloged ${handles.length} objects`, '');
}

/** FORCE also forgets pieces the library no longer has. */
export async function deletePieces(session: Session, handles: string[], force: boolean): Promise<void> {
  const channel = session.maintenanceChannel();
  const { instance } = session.target;
  const controlFile = await instance.readControlFile({});
  for (const handle of handles) {
    const piece = findPiece(controlFile, handle);
    try {
      await channel.run({ kind: 'remove', handles: [handle] });
    } catch (error) {
      if (!force) throw error;
    }
    await instance.uncatalogPiece({ handle });
    session.print('deleted backup piece', describe(piece));
  }
  session.print(`Deleted ${handles.length} objects`, '');
}

export async function deleteLogs(session: Session, range: LogRange): Promise<void> {
  const { instance } = session.target;
  const logs = selectLogs(await instance.readControlFile({}), range);
  for (const { recid, stamp, name } of logs) {
    await instance.deleteArchivedLog({ recid });
    session.print(
      'deleted archived log',
      `archived log file name=${name ?? ''} RECID=${recid} STAMP=${stamp}`,
    );
  }
  session.print(`Deleted ${logs.length} objects`, '');
}

export async function listBackups(session: Session): Promise<void> {
  const { backupSets, backupPieces } = await session.target.instance.readControlFile({});
  session.print('', 'List of Backups', '===============');
  session.print('Key     TY LV S Device Type Completion Time #Pieces #Copies Compressed Tag');
  session.print('------- -- -- - ----------- --------------- ------- ------- ---------- ---');
  for (const set of backupSets) {
    const pieces = backupPieces.filter(
      ({ setStamp, setCount }) => setStamp === set.setStamp && setCount === set.setCount,
    );
    const columns = [
      String(set.recid).padEnd(7),
      set.type === 'L' ? 'B  A ' : `B  ${set.level ?? 'F'} `,
      pieces[0]?.status ?? 'X',
      'SBT_TAPE   ',
      formatDate(new Date(set.completedAt), session.dateFormat).padEnd(15),
      String(set.pieces).padEnd(7),
      '1      ',
      'NO        ',
      pieces[0]?.tag ?? '',
    ];
    session.print(columns.join(' '));
  }
}

function describe({ handle, recid, stamp }: BackupPiece): string {
  return `backup piece handle=${handle} RECID=${recid} STAMP=${stamp}`;
}

function findPiece({ backupPieces }: ControlFile, handle: string): BackupPiece {
  const piece = backupPieces.find((candidate) => candidate.handle === handle);
  if (piece === undefined) {
    throw new RmanError([
      'RMAN-20260: backup piece not found in the recovery catalog',
      `RMAN-06092: error while looking up backup piece ${handle}`,
    ]);
  }
  return piece;
}

function pieceNotFound(handle: string): RmanError {
  return new RmanError([
    `ORA-19870: error while restoring backup piece ${handle}`,
    `ORA-19507: failed to retrieve sequential file, handle="${handle}", parms=""`,
    'ORA-27206: requested file not found in media management catalog',
  ]);
}

function pieceOfOtherDatabase(handle: string, found: number, wanted: number): RmanError {
  return new RmanError([
    `ORA-19870: error while restoring backup piece ${handle}`,
    `ORA-19691: ${handle} is from different database: id=${found}, not id=${wanted}`,
  ]);
}
