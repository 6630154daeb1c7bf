/**
 * Reads a data file the database is writing at the same time: 1 MiB at once, every block checked, a torn one read again.
 * Yields runs of neighbouring blocks that belong into the backup.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { beforeRead } from '../engine/disk-faults';
import { blockScn, checkBlock, isNeverUsed, rdbaOf } from '../formats/block';
import { type Scn } from '../formats/scn';
import { RmanError } from './rman-error';

export interface DataFileRead {
  path: string;
  file: number;
  rfile: number;
  blockBytes: number;
  /** First and last block, block 1 (the header) not included. */
  from: number;
  to: number;
  /** Only blocks changed at this SCN or later; 0: all that were ever used. */
  incrementalScn: Scn;
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
}

const READ_BYTES = 1024 * 1024;
/** The engine writes a block within microseconds; one that stays torn this long is broken. */
const REREADS_MAX = 200;
const REREAD_PAUSE_MS = 2;

/** Buffers are valid until the next one is asked for. Throws RmanError with ORA-19566 at a block that stays broken. */
export function* readChangedBlocks(read: DataFileRead, progress: DataFileProgress): Generator<ReadRun> {
  const { blockBytes } = read;
  const window = Buffer.allocUnsafeSlow(READ_BYTES);
  const perRead = READ_BYTES / blockBytes;
  const fd = openSync(read.path, 'r');
  try {
    for (let first = read.from; first <= read.to; first += perRead) {
      const count = Math.min(perRead, read.to - first + 1);
      const blocks = window.subarray(0, count * blockBytes);
      const bad = beforeRead(read.file, first, count);
      if (bad !== undefined) throw shortFile(read, bad);
      const got = readSync(fd, blocks, 0, blocks.length, first * blockBytes);
      if (got !== blocks.length) throw shortFile(read, first);
      progress.blocksRead += count;
      yield* wantedRuns({ read, fd, first, blocks }, progress);
    }
  } finally {
    closeSync(fd);
  }
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
    makeWhole(window, block, first + at / blockBytes);
    const scn = blockScn(block);
    if (scn > progress.newestScn) progress.newestScn = scn;
    if (!isNeverUsed(block) && scn >= incrementalScn) continue;
    if (at > start) yield runOf(start, at);
    start = at + blockBytes;
  }
  if (blocks.length > start) yield runOf(start, blocks.length);
}

function makeWhole({ read, fd }: Window, block: Buffer, number: number): void {
  const rdba = rdbaOf(read.rfile, number);
  for (let attempt = 0; !checkBlock(block, { rdba }).ok; attempt++) {
    if (attempt === REREADS_MAX) throw corruptBlock(read.path);
    if (attempt > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, REREAD_PAUSE_MS);
    readSync(fd, block, 0, block.length, number * block.length);
  }
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
  throw corruptBlock(path);
}

function corruptBlock(path: string): RmanError {
  return new RmanError([`ORA-19566: exceeded limit of 0 corrupt blocks for file ${path}`]);
}

function shortFile({ path }: DataFileRead, block: number): RmanError {
  return new RmanError([
    `ORA-19501: read error on file "${path}", block number ${block}`,
    'ORA-27072: File I/O error',
  ]);
}
