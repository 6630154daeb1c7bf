/** Writes the current online log: one record, one write. A record is in the log before any data file sees its changes. */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { type RedoLog } from '../control-file/control-file';
import {
  makeRedoFileHeader,
  makeRedoLogHeader,
  packRecord,
  REDO_BLOCK_BYTES,
  REDO_FIRST_RECORD_BLOCK,
  REDO_PAYLOAD_BYTES,
  readRedoLogHeader,
  type RedoLogHeader,
} from '../formats/redo-log';
import { type Scn } from '../formats/scn';

/** An online log big enough for the longest record. */
export const REDO_LOG_BYTES_MIN = 1024 * 1024;

export class RedoWriter {
  private constructor(
    readonly log: RedoLog,
    private header: RedoLogHeader,
    private readonly fd: number,
    private nextBlock: number,
  ) {}

  /** Makes `log` the current log: its old contents are gone. */
  static begin(
    log: RedoLog,
    header: Omit<RedoLogHeader, 'fileBlocks' | 'usedBlocks' | 'nextScn' | 'nextStamp'>,
  ): RedoWriter {
    const fd = openSync(log.path, 'r+');
    const fileBlocks = log.bytes / REDO_BLOCK_BYTES - 1;
    const full = { ...header, fileBlocks, usedBlocks: 0, nextScn: undefined, nextStamp: 0 };
    writeExactly(fd, Buffer.concat([makeRedoFileHeader(fileBlocks), makeRedoLogHeader(full)]), 0);
    return new RedoWriter(log, full, fd, REDO_FIRST_RECORD_BLOCK);
  }

  /** Goes on with a log after a restart; `nextBlock` is where recovery found its end. */
  static resume(log: RedoLog, nextBlock: number): RedoWriter {
    const fd = openSync(log.path, 'r+');
    const bytes = Buffer.alloc(2 * REDO_BLOCK_BYTES);
    readSync(fd, bytes, 0, bytes.length, 0);
    const read = readRedoLogHeader(bytes);
    if (!read.ok) throw new Error(`online log ${log.path} has no header`);
    return new RedoWriter(log, read.header, fd, nextBlock);
  }

  /** False when the record does not fit: switch first. */
  fits(record: Buffer): boolean {
    return this.nextBlock + Math.ceil(record.length / REDO_PAYLOAD_BYTES) - 1 <= this.header.fileBlocks;
  }

  /** Appends one record. Returned = in the log. */
  append(record: Buffer): void {
    if (!this.fits(record)) throw new RangeError(`record of ${record.length} bytes does not fit the log`);
    const blocks = packRecord(record, this.nextBlock, this.header.sequence);
    writeExactly(this.fd, blocks, this.nextBlock * REDO_BLOCK_BYTES);
    this.nextBlock += blocks.length / REDO_BLOCK_BYTES;
  }

  /** Closes the log: its header now says where it ends. Nothing can be appended afterwards. */
  finish(nextScn: Scn, nextStamp: number): RedoLogHeader {
    const usedBlocks = this.nextBlock - 1;
    this.header = { ...this.header, nextScn, nextStamp, usedBlocks };
    writeExactly(this.fd, makeRedoLogHeader(this.header), REDO_BLOCK_BYTES);
    this.close();
    return this.header;
  }

  usedBytes(): number {
    return this.nextBlock * REDO_BLOCK_BYTES;
  }

  close(): void {
    closeSync(this.fd);
  }
}

/** Makes an empty online log file of `bytes` bytes: a file header, no log header. */
export function createRedoLogFile(path: string, bytes: number): void {
  const fd = openSync(path, 'w');
  try {
    const fileBlocks = bytes / REDO_BLOCK_BYTES - 1;
    writeExactly(fd, makeRedoFileHeader(fileBlocks), 0);
    writeExactly(fd, Buffer.alloc(REDO_BLOCK_BYTES), bytes - REDO_BLOCK_BYTES);
    if (fstatSync(fd).size !== bytes) throw new RangeError(`log size ${bytes} is not a number of blocks`);
  } finally {
    closeSync(fd);
  }
}

function writeExactly(fd: number, bytes: Buffer, at: number): void {
  const written = writeSync(fd, bytes, 0, bytes.length, at);
  if (written !== bytes.length) throw new Error(`redo: wrote ${written} of ${bytes.length} bytes`);
}
