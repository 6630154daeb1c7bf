/** CATALOG ARCHIVELOG: files on disk that the control file does not know. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { describeArchivedLog, type NewArchivedLog } from '../engine/archive-log';
import { REDO_BLOCK_BYTES, readRedoLogHeader, type RedoLogHeader } from '../formats/redo-log';
import { RmanError } from './rman-error';
import { type Session } from './session';

/** Blocks 0 and 1 say what a log is. */
const HEADER_BLOCKS = 2;

export async function catalogLogs(session: Session, paths: string[]): Promise<void> {
  for (const path of paths) {
    const log = archivedLogAt(path);
    if (log === undefined) throw notALog(path);
    await session.target.instance.catalogArchivedLogs({ logs: [log.record] });
    session.print('cataloged archived log', `archived log file name=${path}`, '');
  }
}

/** Undefined for a file that is none, or that is still written to. Throws RmanError when there is no such file. */
export function archivedLogAt(path: string): { dbid: number; record: NewArchivedLog } | undefined {
  const header = readHeader(path);
  if (header === undefined) return undefined;
  const record = describeArchivedLog(header, path);
  return record === undefined ? undefined : { dbid: header.dbid, record };
}

function readHeader(path: string): RedoLogHeader | undefined {
  if (!existsSync(path)) {
    throw new RmanError([
      `ORA-19625: error identifying file ${path}`,
      'ORA-27037: unable to obtain file status',
      'Linux-x86_64 Error: 2: No such file or directory',
    ]);
  }
  const bytes = Buffer.alloc(HEADER_BLOCKS * REDO_BLOCK_BYTES);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, bytes, 0, bytes.length, 0);
  } finally {
    closeSync(fd);
  }
  const read = readRedoLogHeader(bytes);
  return read.ok ? read.header : undefined;
}

function notALog(path: string): RmanError {
  return new RmanError([`ORA-19731: cannot apply change to unverified log file ${path}`]);
}
