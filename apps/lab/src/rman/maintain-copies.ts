/** CROSSCHECK, DELETE, CHANGE and CATALOG of image copies: files on disk, which the server process looks for itself. */
import { existsSync, rmSync } from 'node:fs';
import { type DataFileCopy } from '../control-file/control-file';
import { closeDataFile, openDataFile } from '../engine/data-file-handle';
import { type MaintenanceStatement } from './ast';
import { describeCopyRecord } from './find-copies';
import { describeCopy } from './image-copy';
import { labLines } from './lab-error';
import { RmanError } from './rman-error';
import { maintenanceChannel } from './run-channels';
import { type Session } from './session';

export async function crosscheckCopies(session: Session, copies: DataFileCopy[]): Promise<void> {
  await maintenanceChannel(session, 'DISK');
  for (const copy of copies.filter(({ status }) => status !== 'D')) {
    const isThere = existsSync(copy.name);
    await session.target.instance.setCopyStatus({ recids: [copy.recid], status: isThere ? 'A' : 'X' });
    session.print(
      `validation ${isThere ? 'succeeded' : 'failed'} for datafile copy`,
      describeCopyRecord(copy),
    );
  }
  session.print(`Crosschecked ${copies.length} objects`, '');
}

/** A copy whose record and file do not agree stays, as a piece does, unless FORCE is given. */
export async function deleteCopies(
  session: Session,
  copies: DataFileCopy[],
  { expired, force }: { expired: boolean; force: boolean },
): Promise<void> {
  await maintenanceChannel(session, 'DISK');
  const agreeing = copies.filter(({ name }) => force || existsSync(name) !== expired);
  for (const copy of agreeing) {
    rmSync(copy.name, { force: true });
    await session.target.instance.setCopyStatus({ recids: [copy.recid], status: null });
    session.print('deleted datafile copy', describeCopyRecord(copy));
  }
  session.print(`Deleted ${agreeing.length}${expired ? ' EXPIRED' : ''} objects`, '');
  const mismatched = copies.length - agreeing.length;
  if (mismatched === 0) return;
  session.print(
    `RMAN-06207: warning: ${mismatched} objects could not be deleted for DISK channel(s) due`,
    'RMAN-06208: to mismatched status.  Use CROSSCHECK command to fix status',
  );
}

type ChangeTo = Extract<MaintenanceStatement, { kind: 'change' }>['to'];

export async function changeCopies(session: Session, copies: DataFileCopy[], to: ChangeTo): Promise<void> {
  const { instance } = session.target;
  switch (to.kind) {
    case 'DELETE':
      await deleteCopies(session, copies, { expired: false, force: false });
      return;
    case 'KEEP':
      throw new RmanError(labLines('CHANGE COPY ... KEEP'));
    default: {
      const statuses = { UNCATALOG: null, AVAILABLE: 'A', UNAVAILABLE: 'U' } as const;
      await instance.setCopyStatus({ recids: copies.map(({ recid }) => recid), status: statuses[to.kind] });
      const done =
        to.kind === 'UNCATALOG'
          ? 'uncataloged datafile copy'
          : `changed datafile copy ${to.kind.toLowerCase()}`;
      for (const copy of copies) session.print(done, describeCopyRecord(copy));
      session.print(`${to.kind === 'UNCATALOG' ? 'Uncataloged' : 'Changed'} ${copies.length} objects`, '');
    }
  }
}

/** Throws RmanError at the first file that is no data file of this database. */
export async function catalogCopies(
  session: Session,
  { paths, level, tag }: Extract<MaintenanceStatement, { kind: 'catalog-copies' }>,
): Promise<void> {
  const { instance } = session.target;
  const { dbid } = await instance.readControlFile({});
  for (const path of paths) {
    const opening = openDataFile(path);
    if (!opening.ok) throw notCataloged(path, 'ORA-27037: unable to obtain file status');
    closeDataFile(opening.handle);
    const { header } = opening;
    if (header.dbid !== dbid) throw notCataloged(path, `its DBID is ${header.dbid}, not ${dbid}`);
    const completedAt = session.now().toISOString();
    const copy = await instance.recordDataFileCopy({
      ...describeCopy(header, path),
      level,
      tag,
      completedAt,
    });
    session.print('cataloged datafile copy', describeCopyRecord(copy), '');
  }
}

function notCataloged(path: string, reason: string): RmanError {
  return new RmanError([`ORA-19625: error identifying file ${path}`, reason]);
}
