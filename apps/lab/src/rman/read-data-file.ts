/**
 * Reads a data file the database is writing at the same time: 1 MiB at once, every block checked, a torn one read again.
 * Yields runs of neighbouring blocks that belong into the backup.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { beforeRead } from '../engine/disk-faults';
import { type CorruptBlock } from '../control-file/control-file';
import {
  type BlockRange,
  blockScn,
  checkBlock,
  checkUsable,
  isNeverUsed,
  markCorrupt,
  rdbaOf,
} from '../formats/block';
import { type Scn } from '../formats/scn';
import { blocksIn, noteBlock } from './corrupt-blocks';
import { RmanError } from './rman-error';

export interface DataFileRead {
  path: string;
  file: number;
  rfile: number;
  blockBytes: number;
  /** What is read, in ascending order, block 1 (the header) not included. */
  ranges: BlockRange[];
  /** Only blocks changed at this SCN or later; 0: all that were ever used. */
  incrementalScn: Scn;
  /** Corrupt blocks that are marked and taken along. */
  corruptMax: number;
}

/** Neighbouring blocks, valid until the next run is asked for. */
export interface ReadRun {
  blocks: Buffer;
  /** Number of the first. */
  first: number;
}

/** Totals, filled while the blocks are taken. */
export interface DataFileProgress {
  newestScn: Scn;
  blocksRead: number;
  /** Never used ones among them. */
  empty: number;
  examined: BlockRange[];
  corrupt: CorruptBlock[];
}

const READ_BYTES = 1024 * 1024;
/** The engine writes a block within microseconds; one that stays torn this long is broken. */
const REREADS_MAX = 200;
const REREAD_PAUSE_MS = 2;

/** Buffers are valid until the next one is asked for. Throws RmanError with ORA-19566 at one corrupt block too many. */
export function* readChangedBlocks(read: DataFileRead, progress: DataFileProgress): Generator<ReadRun> {
  const { blockBytes } = read;
  const window = Buffer.allocUnsafeSlow(READ_BYTES);
  const fd = openSync(read.path, 'r');
  try {
    for (const { first, count } of windowsOf(read.ranges, READ_BYTES / blockBytes)) {
      const blocks = window.subarray(0, count * blockBytes);
      const bad = beforeRead(read.file, first, count);
      if (bad !== undefined) throw shortFile(read, bad);
      const got = readSync(fd, blocks, 0, blocks.length, first * blockBytes);
      if (got !== blocks.length) throw shortFile(read, first);
      progress.blocksRead += count;
      progress.examined.push({ from: first, to: first + count - 1 });
      yield* wantedRuns({ read, fd, first, blocks }, progress);
    }
  } finally {
    closeSync(fd);
  }
}

function* windowsOf(ranges: BlockRange[], perRead: number): Generator<{ first: number; count: number }> {
  for (const { from, to } of ranges)
    for (let first = from; first <= to; first += perRead)
      yield { first, count: Math.min(perRead, to - first + 1) };
}

interface Window {
  read: DataFileRead;
  fd: number;
  first: number;
  blocks: Buffer;
}

function* wantedRuns(window: Window, progress: DataFileProgress): Generator<ReadRun> {
  const { read, blocks, first } = window;
  const { blockBytes, incrementalScn } = read;
  let start = 0;
  const runOf = (from: number, to: number) => ({
    blocks: blocks.subarray(from, to),
    first: first + from / blockBytes,
  });
  for (let at = 0; at < blocks.length; at += blockBytes) {
    const block = blocks.subarray(at, at + blockBytes);
    if (!makeWhole(window, block, { number: first + at / blockBytes, progress })) continue;
    const scn = blockScn(block);
    if (scn > progress.newestScn) progress.newestScn = scn;
    if (isNeverUsed(block)) progress.empty++;
    else if (scn >= incrementalScn) continue;
    if (at > start) yield runOf(start, at);
    start = at + blockBytes;
  }
  if (blocks.length > start) yield runOf(start, blocks.length);
}

/** False: the block is corrupt; it is marked now, and belongs into the backup. */
function makeWhole(
  { read, fd }: Window,
  block: Buffer,
  { number, progress }: { number: number; progress: DataFileProgress },
): boolean {
  const rdba = rdbaOf(read.rfile, number);
  for (let attempt = 0; attempt <= REREADS_MAX; attempt++) {
    const check = checkUsable(block, rdba);
    if (check.ok) return true;
    if (attempt === REREADS_MAX || check.fault === 'marked') {
      noteBlock(progress.corrupt, { file: read.file, block: number, bytes: block, fault: check.fault });
      if (blocksIn(progress.corrupt) > read.corruptMax) throw corruptBlock(read.path, read.corruptMax);
      markCorrupt(block, rdba);
      return false;
    }
    if (attempt > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, REREAD_PAUSE_MS);
    readSync(fd, block, 0, block.length, number * block.length);
  }
  return true;
}

/** Reads block 1 whole. */
export function readHeaderBlock(path: string, blockBytes: number): Buffer {
  const block = Buffer.alloc(blockBytes);
  const fd = openSync(path, 'r');
  try {
    for (let attempt = 0; attempt <= REREADS_MAX; attempt++) {
      readSync(fd, block, 0, blockBytes, blockBytes);
      if (checkBlock(block).ok) return block;
    }
  } finally {
    closeSync(fd);
  }
  throw corruptBlock(path, 0);
}

function corruptBlock(path: string, max: number): RmanError {
  return new RmanError([`ORA-19566: exceeded limit of ${max} corrupt blocks for file ${path}`]);
}

function shortFile({ path }: DataFileRead, block: number): RmanError {
  return new RmanError([
    `ORA-19501: read error on file "${path}", block number ${block}`,
    'ORA-27072: File I/O error',
  ]);
}
