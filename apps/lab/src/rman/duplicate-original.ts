/** The database that DUPLICATE copies, as a control file: the target's own, or one found among the backups of a directory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catalogPiece } from '../control-file/change-records';
import { type ControlFile } from '../control-file/control-file';
import { readControlFile } from '../control-file/control-file-store';
import { type DuplicateSource, type DuplicateStatement } from './ast';
import { type InspectedPiece, inspectIfPiece, recordsOf } from './catalog-pieces';
import { type Channel } from './channel';
import { filesBelow } from './files-below';
import { refusedLines } from './lab-error';
import { RmanError } from './rman-error';
import { type Session } from './session';

export async function readOriginal(session: Session, { source }: DuplicateStatement): Promise<ControlFile> {
  if (source.kind !== 'location') return session.target.instance.readControlFile({});
  const channel = session.auxiliaries.find(({ device, isDead }) => device === 'DISK' && !isDead);
  if (channel === undefined) {
    throw new RmanError([
      'RMAN-05503: at least one auxiliary channel must be allocated to execute this command',
    ]);
  }
  return findInDirectory(session, channel, source);
}

type Location = Extract<DuplicateSource, { kind: 'location' }>;

interface FoundPiece {
  handle: string;
  inspected: InspectedPiece;
}

/** The newest control file, with records of the pieces in the directory and of nothing else. Throws RMAN-05579 when there is none. */
async function findInDirectory(session: Session, channel: Channel, location: Location): Promise<ControlFile> {
  const pieces = await findPieces(channel, location);
  const newest = pieces
    .filter(({ inspected }) => inspected.header.records.set.controlFileIncluded)
    .reduce<FoundPiece | undefined>((best, piece) => (isNewer(piece, best) ? piece : best), undefined);
  if (newest === undefined)
    throw new RmanError([`RMAN-05579: CONTROLFILE backup not found in ${location.directory}`]);
  const controlFile: ControlFile = {
    ...(await restoreControlFile(channel, newest.handle)),
    ...{ archivedLogs: [], backupSets: [], backupPieces: [], backupDataFiles: [], backupRedoLogs: [] },
    dataFileCopies: [],
  };
  for (const { handle, inspected } of pieces)
    catalogPiece(controlFile, recordsOf({ handle, device: 'DISK' }, inspected), session.now());
  return controlFile;
}

function isNewer(piece: FoundPiece, best: FoundPiece | undefined): boolean {
  if (best === undefined) return true;
  const orderOf = ({ inspected }: FoundPiece) => inspected.header.records.set;
  const [a, b] = [orderOf(piece), orderOf(best)];
  return a.setStamp > b.setStamp || (a.setStamp === b.setStamp && a.setCount > b.setCount);
}

/** What is no backup piece is passed over. Throws RmanError for pieces of several databases. */
async function findPieces(channel: Channel, { directory, dbName, dbid }: Location): Promise<FoundPiece[]> {
  const pieces: FoundPiece[] = [];
  for (const handle of filesBelow(directory)) {
    const inspected = await inspectIfPiece(channel, handle);
    if (inspected === undefined) continue;
    const { header } = inspected;
    const isMeant = (dbName === null || header.dbName === dbName) && (dbid === null || header.dbid === dbid);
    if (isMeant) pieces.push({ handle, inspected });
  }
  const databases = new Set(pieces.map(({ inspected }) => inspected.header.dbid));
  if (databases.size > 1)
    throw new RmanError(
      refusedLines(`${directory} holds backups of several databases: name one, or its DBID`),
    );
  return pieces;
}

async function restoreControlFile(channel: Channel, handle: string): Promise<ControlFile> {
  const directory = mkdtempSync(join(tmpdir(), 'rman-'));
  try {
    const path = join(directory, 'original.ctl');
    await channel.run({ kind: 'restore-whole', handle, which: 'control-file', path });
    return readControlFile(path);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
