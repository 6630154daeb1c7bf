/** Copies a closed online log to the recovery area, under its final name only when it is whole; and what is on record of such a log. */
import { closeSync, fsyncSync, mkdirSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type addArchivedLog } from '../control-file/change-records';
import { makeRedoFileHeader, REDO_BLOCK_BYTES, type RedoLogHeader } from '../formats/redo-log';
import { formatScn } from '../formats/scn';
import { dateOfStamp } from '../formats/stamp';

export type NewArchivedLog = Parameters<typeof addArchivedLog>[1];

const COPY_BYTES = 4 * 1024 * 1024;

/** `<thread>_<sequence>_<resetlogs id>.arc`: unique over all incarnations. */
export function archivedLogPath(
  directory: string,
  log: { thread: number; sequence: number; resetlogsId: number },
): string {
  return join(directory, `${log.thread}_${log.sequence}_${log.resetlogsId}.arc`);
}

/** What the control file notes of an archived log, from its own header; undefined while it is written to. */
export function describeArchivedLog(header: RedoLogHeader, name: string): NewArchivedLog | undefined {
  if (header.nextScn === undefined) return undefined;
  return {
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
    name,
  };
}

/** Copies the used blocks of the online log; the copy replaces an older one of the same name. */
export function archiveLog(onlinePath: string, header: RedoLogHeader, target: string): void {
  mkdirSync(dirname(target), { recursive: true });
  const partial = `${target}.partial`;
  const from = openSync(onlinePath, 'r');
  const to = openSync(partial, 'w');
  try {
    writeSync(to, makeRedoFileHeader(header.usedBlocks), 0, REDO_BLOCK_BYTES, 0);
    const end = (header.usedBlocks + 1) * REDO_BLOCK_BYTES;
    const window = Buffer.allocUnsafe(COPY_BYTES);
    for (let at = REDO_BLOCK_BYTES; at < end;) {
      const got = readSync(from, window, 0, Math.min(COPY_BYTES, end - at), at);
      if (got === 0) throw new Error(`${onlinePath} ends at ${at}, before ${end}`);
      at += writeSync(to, window, 0, got, at);
    }
    fsyncSync(to);
  } finally {
    closeSync(from);
    closeSync(to);
  }
  renameSync(partial, target);
}
