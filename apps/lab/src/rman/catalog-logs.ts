/** CATALOG ARCHIVELOG: files on disk that the control file does not know. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { REDO_BLOCK_BYTES, readRedoLogHeader, type RedoLogHeader } from '../formats/redo-log';
import { formatScn } from '../formats/scn';
import { dateOfStamp } from '../formats/stamp';
import { type InstanceOperations } from '../instance/instance-port';
import { RmanError } from './rman-error';
import { type Session } from './session';

/** Blocks 0 and 1 say what a log is. */
const HEADER_BLOCKS = 2;

type FoundLog = InstanceOperations['catalogArchivedLogs']['args']['logs'][number];

export async function catalogLogs(session: Session, paths: string[]): Promise<void> {
  for (const path of paths) {
    const log = archivedLogAt(path);
    if (log === undefined) throw notALog(path);
    await session.target.instance.catalogArchivedLogs({ logs: [log.record] });
    session.print('cataloged archived log', `archived log file name=${path}`, '');
  }
}

/** Undefined for a file that is none, or that is still written to. Throws RmanError when there is no such file. */
export function archivedLogAt(path: string): { dbid: number; record: FoundLog } | undefined {
  const header = readHeader(path);
  if (header?.nextScn === undefined) return undefined;
  const record: FoundLog = {
    thread: header.thread,
    sequence: header.sequence,
    resetlogsScn: formatScn(header.resetlogsScn),
    resetlogsId: header.resetlogsId,
    firstScn: formatScn(header.firstScn),
    nextScn: formatScn(header.nextScn),
    firstAt: dateOfStamp(header.firstStamp).toISOString(),
    nextAt: dateOfStamp(header.nextStamp).toISOString(),
    blocks: header.usedBlocks,
    blockBytes: REDO_BLOCK_BYTES,
    name: path,
  };
  return { dbid: header.dbid, record };
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
