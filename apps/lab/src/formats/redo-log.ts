/**
 * Redo log files, online and archived alike: 512-byte blocks that each carry their number, log sequence and checksum, so
 * that the end of a log in use is the first block that does not belong. Offsets follow published readers of real logs.
 */
import { xorOfWords } from './block';
import { readScn, writeScn } from './data-file-header';
import { type Scn } from './scn';

export const REDO_BLOCK_BYTES = 512;
export const REDO_BLOCK_HEADER_BYTES = 16;
/** Record bytes one block carries. */
export const REDO_PAYLOAD_BYTES = REDO_BLOCK_BYTES - REDO_BLOCK_HEADER_BYTES;
/** Block 0 is the file header, block 1 the log header; records start here. */
export const REDO_FIRST_RECORD_BLOCK = 2;

const FLAG_IN_USE = 0x01;
const FRMT_512 = 0x22;
const FILE_MAGIC = 0x7a7b7c7d;
const COMPAT_VERSION = 0x13000000;
const CHECKSUM_OFFSET = 14;
/** Set in the first-record field of a block in which a record starts. */
const RECORD_STARTS = 0x8000 | REDO_BLOCK_HEADER_BYTES;
/** What "no next SCN yet" looks like in a log header. */
const SCN_OPEN: Scn = 0xffff_ffff_ffffn;
const DB_NAME_BYTES = 8;
const DESCRIPTION_BYTES = 64;

const AT = {
  compatVersion: 20,
  dbid: 24,
  dbName: 28,
  fileBlocks: 40,
  description: 92,
  usedBlocks: 156,
  resetlogsId: 160,
  resetlogsScn: 164,
  thread: 176,
  firstScn: 180,
  firstStamp: 188,
  nextScn: 192,
  nextStamp: 200,
} as const;

export interface RedoLogHeader {
  dbid: number;
  dbName: string;
  thread: number;
  sequence: number;
  resetlogsScn: Scn;
  resetlogsId: number;
  /** Holds the changes with firstScn <= SCN < nextScn. */
  firstScn: Scn;
  firstStamp: number;
  /** Undefined while the log is being written. */
  nextScn: Scn | undefined;
  nextStamp: number;
  /** Blocks in use without block 0; 0 while the log is being written. */
  usedBlocks: number;
  /** Blocks of the file without block 0. */
  fileBlocks: number;
}

/** Block 0: the file header. */
export function makeRedoFileHeader(fileBlocks: number): Buffer {
  const block = Buffer.alloc(REDO_BLOCK_BYTES);
  block.writeUInt8(FRMT_512, 1);
  block.writeUInt32LE(REDO_BLOCK_BYTES, 20);
  block.writeUInt32LE(fileBlocks, 24);
  block.writeUInt32LE(FILE_MAGIC, 28);
  sealRedoChecksum(block);
  return block;
}

/** Block 1: the log header. */
export function makeRedoLogHeader(header: RedoLogHeader): Buffer {
  const block = Buffer.alloc(REDO_BLOCK_BYTES);
  block.writeUInt32LE(COMPAT_VERSION, AT.compatVersion);
  block.writeUInt32LE(header.dbid, AT.dbid);
  block.write(header.dbName.slice(0, DB_NAME_BYTES), AT.dbName, 'latin1');
  block.writeUInt32LE(header.fileBlocks, AT.fileBlocks);
  block.write(describe(header).slice(0, DESCRIPTION_BYTES), AT.description, 'latin1');
  block.writeUInt32LE(header.usedBlocks, AT.usedBlocks);
  block.writeUInt32LE(header.resetlogsId, AT.resetlogsId);
  writeScn(block, AT.resetlogsScn, header.resetlogsScn);
  block.writeUInt16LE(header.thread, AT.thread);
  writeScn(block, AT.firstScn, header.firstScn);
  block.writeUInt32LE(header.firstStamp, AT.firstStamp);
  writeScn(block, AT.nextScn, header.nextScn ?? SCN_OPEN);
  block.writeUInt32LE(header.nextStamp, AT.nextStamp);
  sealRedoBlock(block, { block: 1, sequence: header.sequence, recordStarts: false });
  return block;
}

export type RedoLogHeaderRead = { ok: true; header: RedoLogHeader } | { ok: false };

/** Reads blocks 0 and 1 (1024 bytes). Not ok: not a redo log, or a broken header. */
export function readRedoLogHeader(bytes: Buffer): RedoLogHeaderRead {
  if (bytes.length < 2 * REDO_BLOCK_BYTES) return { ok: false };
  const fileHeader = bytes.subarray(0, REDO_BLOCK_BYTES);
  if (fileHeader.readUInt32LE(28) !== FILE_MAGIC || xorOfWords(fileHeader) !== 0) return { ok: false };
  const block = bytes.subarray(REDO_BLOCK_BYTES, 2 * REDO_BLOCK_BYTES);
  const sequence = block.readUInt32LE(8);
  if (!isRedoBlock(block, { block: 1, sequence })) return { ok: false };
  const nextScn = readScn(block, AT.nextScn);
  return {
    ok: true,
    header: {
      dbid: block.readUInt32LE(AT.dbid),
      dbName: block.toString('latin1', AT.dbName, AT.dbName + DB_NAME_BYTES).replace(/\0+$/, ''),
      thread: block.readUInt16LE(AT.thread),
      sequence,
      resetlogsScn: readScn(block, AT.resetlogsScn),
      resetlogsId: block.readUInt32LE(AT.resetlogsId),
      firstScn: readScn(block, AT.firstScn),
      firstStamp: block.readUInt32LE(AT.firstStamp),
      nextScn: nextScn === SCN_OPEN ? undefined : nextScn,
      nextStamp: block.readUInt32LE(AT.nextStamp),
      usedBlocks: block.readUInt32LE(AT.usedBlocks),
      fileBlocks: block.readUInt32LE(AT.fileBlocks),
    },
  };
}

/**
 * Lays record bytes out over redo blocks, starting in a fresh one; the rest of the last block is wasted, as LGWR does.
 * `firstBlock` is the number of the first block made.
 */
export function packRecord(record: Buffer, firstBlock: number, sequence: number): Buffer {
  const count = Math.ceil(record.length / REDO_PAYLOAD_BYTES);
  const out = Buffer.alloc(count * REDO_BLOCK_BYTES);
  for (let i = 0; i < count; i++) {
    const block = out.subarray(i * REDO_BLOCK_BYTES, (i + 1) * REDO_BLOCK_BYTES);
    record.copy(block, REDO_BLOCK_HEADER_BYTES, i * REDO_PAYLOAD_BYTES, (i + 1) * REDO_PAYLOAD_BYTES);
    sealRedoBlock(block, { block: firstBlock + i, sequence, recordStarts: i === 0 });
  }
  return out;
}

/** True when the block is whole and is this block of this sequence. */
export function isRedoBlock(block: Buffer, expected: { block: number; sequence: number }): boolean {
  return (
    block.readUInt8(0) === FLAG_IN_USE &&
    block.readUInt8(1) === FRMT_512 &&
    block.readUInt32LE(4) === expected.block &&
    block.readUInt32LE(8) === expected.sequence &&
    xorOfWords(block) === 0
  );
}

/** True when a record starts in the block. */
export function recordStartsIn(block: Buffer): boolean {
  return block.readUInt16LE(12) === RECORD_STARTS;
}

function sealRedoBlock(
  block: Buffer,
  place: { block: number; sequence: number; recordStarts: boolean },
): void {
  block.writeUInt8(FLAG_IN_USE, 0);
  block.writeUInt8(FRMT_512, 1);
  block.writeUInt32LE(place.block, 4);
  block.writeUInt32LE(place.sequence, 8);
  block.writeUInt16LE(place.recordStarts ? RECORD_STARTS : 0, 12);
  sealRedoChecksum(block);
}

function sealRedoChecksum(block: Buffer): void {
  block.writeUInt16LE(0, CHECKSUM_OFFSET);
  block.writeUInt16LE(xorOfWords(block), CHECKSUM_OFFSET);
}

function describe(header: RedoLogHeader): string {
  const number = (value: number, digits: number) => String(value).padStart(digits, '0');
  const next = (header.nextScn ?? SCN_OPEN).toString(16);
  return `Thread ${number(header.thread, 4)}, Seq# ${number(header.sequence, 10)}, SCN 0x${header.firstScn.toString(16)}-0x${next}`;
}
