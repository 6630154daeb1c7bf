/** CHANGE and CATALOG: what the control file says of pieces and logs, without touching them (CHANGE … DELETE apart). */
import { type BackupPiece } from '../control-file/control-file';
import { type BackupRecords, type NewRecord } from '../instance/instance-port';
import { type DeviceType, type MaintenanceStatement } from './ast';
import { keepUntilOf } from './backup-plan';
import { deletePieces } from './delete';
import { selectCopies } from './find-copies';
import { changeCopies } from './maintain-copies';
import { type PieceHeader } from './piece-format';
import { RmanError } from './rman-error';
import { labLines } from './lab-error';
import { maintenanceChannel } from './run-channels';
import { describePiece, findPiece, isOfSet, selectPieces } from './select-pieces';
import { type Session } from './session';

type ChangeStatement = Extract<MaintenanceStatement, { kind: 'change' }>;

export async function runChange(session: Session, statement: ChangeStatement): Promise<void> {
  const { object, qualifiers, to } = statement;
  if (object.kind === 'archived-logs') throw new RmanError(labLines('CHANGE ARCHIVELOG'));
  const { instance } = session.target;
  const controlFile = await instance.readControlFile({});
  const { dateFormat } = session;
  if (object.kind === 'copies') {
    await changeCopies(session, selectCopies(controlFile, { object, qualifiers, dateFormat }), to);
    return;
  }
  const pieces = selectPieces(controlFile, { object, qualifiers, dateFormat });
  switch (to.kind) {
    case 'DELETE':
      await deletePieces(session, pieces, { expired: false, force: false });
      return;
    case 'UNCATALOG':
      for (const piece of pieces) {
        await instance.uncatalogPiece({ handle: piece.handle });
        session.print('uncataloged backup piece', describePiece(piece));
      }
      session.print(`Uncataloged ${pieces.length} objects`, '');
      return;
    case 'KEEP': {
      const sets = controlFile.backupSets.filter((set) => pieces.some((piece) => isOfSet(piece, set)));
      const keepUntil = keepUntilOf(session, to.keep);
      await instance.setBackupKeep({ recids: sets.map(({ recid }) => recid), keepUntil });
      session.print(`Changed ${sets.length} objects to ${keepUntil === null ? 'NOKEEP' : 'KEEP'} status`, '');
      return;
    }
    case 'AVAILABLE':
    case 'UNAVAILABLE':
      for (const piece of pieces) {
        await instance.setPieceStatus({
          handles: [piece.handle],
          status: to.kind === 'AVAILABLE' ? 'A' : 'U',
        });
        session.print(`changed backup piece ${to.kind.toLowerCase()}`, describePiece(piece));
      }
      session.print(`Changed ${pieces.length} objects to ${to.kind} status`, '');
  }
}

/** Reads the header of each piece and adds what it says. Throws RmanError at the first piece that is none of ours. */
export async function catalogPieces(
  session: Session,
  { handles, device }: { handles: string[]; device: DeviceType | null },
): Promise<void> {
  const channel = await maintenanceChannel(session, device ?? 'DISK');
  const { instance } = session.target;
  for (const handle of handles) {
    const found = await channel.run({ kind: 'inspect', handle });
    if (!found.found) throw pieceNotFound(handle, device ?? 'DISK');
    const { dbid } = await instance.readControlFile({});
    if (found.header.dbid !== dbid) throw pieceOfOtherDatabase(handle, found.header.dbid, dbid);
    await instance.catalogPiece(recordsOf({ handle, device: channel.device }, found));
    const piece = findPiece(await instance.readControlFile({}), handle);
    session.print('cataloged backup piece', describePiece(piece), '');
  }
}

function recordsOf(
  { handle, device }: { handle: string; device: DeviceType },
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
    deviceType: device,
    startedAt: set.startedAt,
    completedAt: set.completedAt,
  };
  return { ...header.records, pieces: [piece] };
}

function pieceNotFound(handle: string, device: DeviceType): RmanError {
  if (device === 'DISK') {
    return new RmanError([
      `ORA-19870: error while restoring backup piece ${handle}`,
      `ORA-19505: failed to identify file "${handle}"`,
      'ORA-27037: unable to obtain file status',
      'Linux-x86_64 Error: 2: No such file or directory',
    ]);
  }
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
