/** CATALOG START WITH, CATALOG RECOVERY AREA: files whose names begin so and that nobody knows, told by what stands in them. */
import { dirname, join } from 'node:path';
import { type ControlFile } from '../control-file/control-file';
import { closeDataFile, openDataFile } from '../engine/data-file-handle';
import { archivedLogAt } from './catalog-logs';
import { inspectIfPiece, recordsOf } from './catalog-pieces';
import { type Channel } from './channel';
import { filesBelow } from './files-below';
import { describeCopy } from './image-copy';
import { maintenanceChannel } from './run-channels';
import { type Session } from './session';

const NO_HEADER = 'RMAN-07517: Reason: The file header is corrupted';

/** `prefix` null: the recovery area. */
export async function catalogFiles(session: Session, prefix: string | null): Promise<void> {
  const { instance, base } = session.target;
  const pattern = prefix ?? join(base, 'fra', '/');
  session.print(`searching for all files that match the pattern ${pattern}`, '');
  const controlFile = await instance.readControlFile({});
  const known = await knownNames(session, controlFile);
  const directory = pattern.endsWith('/') ? pattern : dirname(pattern);
  const unknown = filesBelow(directory).filter((path) => path.startsWith(pattern) && !known.has(path));
  if (unknown.length === 0) {
    session.print('no files found to be unknown to the database', '');
    return;
  }
  printFiles(session, 'List of Files Unknown to the Database', unknown);
  session.print('cataloging files...');
  const channel = await maintenanceChannel(session, 'DISK');
  const cataloged: string[] = [];
  const left: string[] = [];
  for (const path of unknown) {
    const reason = await catalogFile(session, { path, channel, dbid: controlFile.dbid });
    if (reason === null) cataloged.push(path);
    else left.push(`${path}\n  ${reason}`);
  }
  session.print('cataloging done', '');
  if (cataloged.length > 0) printFiles(session, 'List of Cataloged Files', cataloged);
  if (left.length > 0) printFiles(session, 'List of Files Which Were Not Cataloged', left);
}

function printFiles(session: Session, title: string, files: string[]): void {
  session.print(title, '='.repeat(title.length));
  session.print(...files.flatMap((file) => `File Name: ${file}`.split('\n')), '');
}

async function knownNames({ target }: Session, controlFile: ControlFile): Promise<Set<string>> {
  const { dataFiles, tempFiles, redoLogs, archivedLogs, backupPieces, dataFileCopies = [] } = controlFile;
  const { rows } = await target.instance.query({ sql: 'SELECT name FROM v$controlfile' });
  const recorded = [...archivedLogs, ...dataFileCopies].filter(({ status }) => status !== 'D');
  const pieces = backupPieces.filter(({ deviceType, status }) => deviceType === 'DISK' && status !== 'D');
  return new Set([
    ...[...dataFiles, ...tempFiles, ...recorded].map(({ name }) => name ?? ''),
    ...redoLogs.map(({ path }) => path),
    ...pieces.map(({ handle }) => handle),
    ...rows.map(([name]) => name ?? ''),
  ]);
}

interface UnknownFile {
  path: string;
  channel: Channel;
  dbid: number;
}

/** Null, or why it was left out. */
async function catalogFile(session: Session, { path, channel, dbid }: UnknownFile): Promise<string | null> {
  const { instance } = session.target;
  const piece = await inspectIfPiece(channel, path);
  if (piece !== undefined) {
    if (piece.header.dbid !== dbid) return foreign(piece.header);
    await instance.catalogPiece(recordsOf({ handle: path, device: 'DISK' }, piece));
    return null;
  }
  const log = archivedLogAt(path);
  if (log !== undefined) {
    if (log.dbid !== dbid) return foreign(log);
    await instance.catalogArchivedLogs({ logs: [log.record] });
    return null;
  }
  const opening = openDataFile(path);
  if (!opening.ok) return NO_HEADER;
  closeDataFile(opening.handle);
  if (opening.header.dbid !== dbid) return foreign(opening.header);
  const completedAt = session.now().toISOString();
  await instance.recordDataFileCopy({
    ...describeCopy(opening.header, path),
    ...{ level: null, tag: null, completedAt },
  });
  return null;
}

function foreign({ dbid, dbName = '' }: { dbid: number; dbName?: string }): string {
  return `RMAN-07518: Reason: Foreign database file DBID: ${dbid}  Database Name: ${dbName}`;
}
