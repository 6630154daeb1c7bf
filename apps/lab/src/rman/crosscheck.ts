/** CROSSCHECK: what the media manager and the disk still have. */
import { existsSync } from 'node:fs';
import { type LogRange, type MaintainObject, type Qualifiers } from './ast';
import { selectCopies } from './find-copies';
import { crosscheckCopies } from './maintain-copies';
import { maintenanceChannel } from './run-channels';
import { logFilter } from './select-files';
import { describePiece, selectPieces } from './select-pieces';
import { type Session } from './session';

export async function crosscheck(
  session: Session,
  { object, qualifiers }: { object: MaintainObject; qualifiers: Qualifiers },
): Promise<void> {
  if (object.kind === 'copies') {
    const controlFile = await session.target.instance.readControlFile({});
    const { dateFormat } = session;
    await crosscheckCopies(session, selectCopies(controlFile, { object, qualifiers, dateFormat }));
  } else if (object.kind === 'archived-logs') await crosscheckLogs(session, object.range);
  else await crosscheckPieces(session, { object, qualifiers });
}

/** A piece the library does not find becomes EXPIRED, one it finds AVAILABLE; a look-up that fails changes nothing. */
async function crosscheckPieces(
  session: Session,
  { object, qualifiers }: { object: MaintainObject; qualifiers: Qualifiers },
): Promise<void> {
  const { instance } = session.target;
  const controlFile = await instance.readControlFile({});
  const { dateFormat } = session;
  const pieces = selectPieces(controlFile, { object, qualifiers, dateFormat }).filter(
    ({ status }) => status !== 'D',
  );
  // Without anything to check the channel is needed all the same.
  if (pieces.length === 0) await maintenanceChannel(session, qualifiers.device ?? 'SBT_TAPE');
  for (const device of ['SBT_TAPE', 'DISK'] as const) {
    const ofDevice = pieces.filter(({ deviceType }) => deviceType === device);
    if (ofDevice.length === 0) continue;
    const channel = await maintenanceChannel(session, device);
    const handles = ofDevice.map(({ handle }) => handle);
    const { found } = await channel.run({ kind: 'info', handles });
    for (const [i, piece] of ofDevice.entries()) {
      const isThere = found[i] === true;
      await instance.setPieceStatus({ handles: [piece.handle], status: isThere ? 'A' : 'X' });
      session.print(
        `crosschecked backup piece: found to be '${isThere ? 'AVAILABLE' : 'EXPIRED'}'`,
        describePiece(piece),
      );
    }
  }
  session.print(`Crosschecked ${pieces.length} objects`, '');
}

async function crosscheckLogs(session: Session, range: LogRange): Promise<void> {
  const { instance } = session.target;
  const fits = logFilter(range, session.dateFormat);
  const logs = (await instance.readControlFile({})).archivedLogs.filter(
    (log) => log.status !== 'D' && log.name !== null && fits(log),
  );
  for (const { recid, stamp, name } of logs) {
    const isThere = name !== null && existsSync(name);
    await instance.setArchivedLogStatus({ recids: [recid], status: isThere ? 'A' : 'X' });
    session.print(
      `validation ${isThere ? 'succeeded' : 'failed'} for archived log`,
      `archived log file name=${name ?? ''} RECID=${recid} STAMP=${stamp}`,
    );
  }
  session.print(`Crosschecked ${logs.length} objects`, '');
}
