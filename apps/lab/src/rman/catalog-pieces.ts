/** CATALOG BACKUPPIECE: pieces the control file does not know, told by their own headers. */
import { type BackupPiece } from '../control-file/control-file';
import { type BackupRecords, type NewRecord } from '../instance/instance-port';
import { type DeviceType } from './ast';
import { type Channel, ChannelError } from './channel';
import { type JobResult } from './channel-protocol';
import { RmanError } from './rman-error';
import { maintenanceChannel } from './run-channels';
import { describePiece, findPiece } from './select-pieces';
import { type Session } from './session';

export type InspectedPiece = Extract<JobResult<'inspect'>, { found: true }>;

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

/** Undefined for a file that is no backup piece. */
export async function inspectIfPiece(channel: Channel, handle: string): Promise<InspectedPiece | undefined> {
  try {
    const answer = await channel.run({ kind: 'inspect', handle });
    return answer.found ? answer : undefined;
  } catch (error) {
    if (error instanceof ChannelError && !channel.isDead) return undefined;
    throw error;
  }
}

/** What its header says of a piece, as records of the control file. */
export function recordsOf(
  { handle, device }: { handle: string; device: DeviceType },
  { header, media, comments }: InspectedPiece,
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
