/** Reads the records of one redo log file, archived or online, in order and with flat memory. */
import { closeSync, openSync, readSync } from 'node:fs';
import {
  isRedoBlock,
  readRedoLogHeader,
  recordStartsIn,
  REDO_BLOCK_BYTES,
  REDO_BLOCK_HEADER_BYTES,
  REDO_FIRST_RECORD_BLOCK,
  REDO_PAYLOAD_BYTES,
  type RedoLogHeader,
} from '../formats/redo-log';
import { decodeRedoRecord, RECORD_HEADER_BYTES, recordBytes, type RedoRecord } from '../formats/redo-record';

/** One read of the log: holds the longest record with room to spare. */
const READ_BLOCKS = 4096;
/** Blocks of the longest record, rounded up. */
const RECORD_BLOCKS_MAX = 2048;

/** `nextBlock`: where the next record would be written. */
export interface PlacedRecord {
  record: RedoRecord;
  nextBlock: number;
}

/** A closed log that does not hold what its header promises. */
export class RedoCorruptError extends Error {
  constructor(
    readonly path: string,
    readonly block: number,
  ) {
    super(`redo log ${path} is broken at block ${block}`);
    this.name = 'RedoCorruptError';
  }
}

/** Header of a redo log file; undefined when the file is not a redo log. Fails like open(2) when it cannot be read. */
export function readRedoHeaderOf(path: string): RedoLogHeader | undefined {
  const fd = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(2 * REDO_BLOCK_BYTES);
    readSync(fd, bytes, 0, bytes.length, 0);
    const read = readRedoLogHeader(bytes);
    return read.ok ? read.header : undefined;
  } finally {
    closeSync(fd);
  }
}

/**
 * The records of a log. A log still in use ends at the first block that is not its own; a closed one must hold all the
 * blocks its header counts, else RedoCorruptError.
 */
export function* readRedoRecords(path: string): Generator<PlacedRecord> {
  const header = readRedoHeaderOf(path);
  if (header === undefined) throw new RedoCorruptError(path, 1);
  const lastBlock = header.nextScn === undefined ? header.fileBlocks : header.usedBlocks;
  const fd = openSync(path, 'r');
  try {
    const window = Buffer.alloc(READ_BLOCKS * REDO_BLOCK_BYTES);
    let nextBlock = REDO_FIRST_RECORD_BLOCK;
    let windowStart = 0;
    let windowBlocks = 0;
    while (nextBlock <= lastBlock) {
      const wanted = Math.min(nextBlock + RECORD_BLOCKS_MAX, lastBlock + 1);
      if (wanted > windowStart + windowBlocks) {
        windowStart = nextBlock;
        const bytes = readSync(fd, window, 0, window.length, nextBlock * REDO_BLOCK_BYTES);
        windowBlocks = Math.min(Math.floor(bytes / REDO_BLOCK_BYTES), lastBlock - nextBlock + 1);
      }
      const from = (nextBlock - windowStart) * REDO_BLOCK_BYTES;
      const blocks = window.subarray(from, windowBlocks * REDO_BLOCK_BYTES);
      const found = recordAt(blocks, nextBlock, header.sequence);
      if (found === undefined) break;
      nextBlock += found.blocks;
      yield { record: found.record, nextBlock };
    }
    if (header.nextScn !== undefined && nextBlock <= lastBlock) throw new RedoCorruptError(path, nextBlock);
  } finally {
    closeSync(fd);
  }
}

function recordAt(
  blocks: Buffer,
  firstBlock: number,
  sequence: number,
): { record: RedoRecord; blocks: number } | undefined {
  if (blocks.length < REDO_BLOCK_BYTES) return undefined;
  const first = blocks.subarray(0, REDO_BLOCK_BYTES);
  if (!isRedoBlock(first, { block: firstBlock, sequence }) || !recordStartsIn(first)) return undefined;
  const bytes = recordBytes(
    first.subarray(REDO_BLOCK_HEADER_BYTES, REDO_BLOCK_HEADER_BYTES + RECORD_HEADER_BYTES),
  );
  if (bytes === undefined) return undefined;
  const count = Math.ceil(bytes / REDO_PAYLOAD_BYTES);
  if (count * REDO_BLOCK_BYTES > blocks.length) return undefined;
  const out = Buffer.allocUnsafe(count * REDO_PAYLOAD_BYTES);
  for (let i = 0; i < count; i++) {
    const block = blocks.subarray(i * REDO_BLOCK_BYTES, (i + 1) * REDO_BLOCK_BYTES);
    if (!isRedoBlock(block, { block: firstBlock + i, sequence })) return undefined;
    block.copy(out, i * REDO_PAYLOAD_BYTES, REDO_BLOCK_HEADER_BYTES);
  }
  const record = decodeRedoRecord(out.subarray(0, bytes));
  return record === undefined ? undefined : { record, blocks: count };
}
