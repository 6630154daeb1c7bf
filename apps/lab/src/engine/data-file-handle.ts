/** An open data file: its geometry and its descriptor. Input and output are synchronous: the engine works in short slices. */
import { closeSync, fstatSync, openSync, readSync, writevSync } from 'node:fs';
import { FRMT_BY_BLOCK_BYTES } from '../formats/block';
import {
  type DataFileHeader,
  type DataFileHeaderRead,
  readDataFileHeader,
} from '../formats/data-file-header';

import { OraError } from '../instance/ora-error';
import { beforeRead, beforeWrite } from './disk-faults';

/** Smallest block: enough of block 0 to learn the block size. */
const PROBE_BYTES = 2048;
const BLOCK_BYTES_OFFSET = 20;
const BLOCK_COUNT_OFFSET = 24;

export interface DataFileHandle {
  file: number;
  rfile: number;
  blockBytes: number;
  /** Without block 0. */
  blocks: number;
  path: string;
  fd: number;
}

export type DataFileOpening =
  | { ok: true; handle: DataFileHandle; header: DataFileHeader }
  | { ok: false; reason: 'missing' | 'not-a-data-file' | 'broken-header' | 'short' };

/** Opens a data file for reading and writing; what is wrong with it is an answer, not an exception. */
export function openDataFile(path: string): DataFileOpening {
  let fd: number;
  try {
    fd = openSync(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { ok: false, reason: 'missing' };
    throw error;
  }
  const opened = readGeometry(path, fd);
  if (!opened.ok) closeSync(fd);
  return opened;
}

function readGeometry(path: string, fd: number): DataFileOpening {
  const probe = Buffer.alloc(PROBE_BYTES);
  readSync(fd, probe, 0, PROBE_BYTES, 0);
  const blockBytes = probe.readUInt32LE(BLOCK_BYTES_OFFSET);
  const blocks = probe.readUInt32LE(BLOCK_COUNT_OFFSET);
  if (!FRMT_BY_BLOCK_BYTES.has(blockBytes)) return { ok: false, reason: 'not-a-data-file' };
  if (fstatSync(fd).size < (blocks + 1) * blockBytes) return { ok: false, reason: 'short' };
  const read = readHeader(fd, blockBytes);
  if (!read.ok) return { ok: false, reason: 'broken-header' };
  const { file, rfile } = read.header;
  return { ok: true, header: read.header, handle: { file, rfile, blockBytes, blocks, path, fd } };
}

/** Reads block 1 as it is on disk. */
function readHeader(fd: number, blockBytes: number): DataFileHeaderRead {
  const block = Buffer.alloc(blockBytes);
  readSync(fd, block, 0, blockBytes, blockBytes);
  return readDataFileHeader(block);
}

/** Reads block `block` into `bytes`. Throws when the file ends before it. */
export function readBlock(handle: DataFileHandle, block: number, bytes: Buffer): void {
  if (beforeRead(handle.file, block, 1) !== undefined) {
    throw new OraError(
      1115,
      `IO error reading block from file ${handle.file} (block # ${block})\nORA-27072: File I/O error\nLinux-x86_64 Error: 5: Input/output error`,
    );
  }
  const got = readSync(handle.fd, bytes, 0, handle.blockBytes, block * handle.blockBytes);
  if (got !== handle.blockBytes) throw new RangeError(`${handle.path} ends before block ${block}`);
}

/** Writes neighbouring blocks, the first at `block`, completely. */
export function writeRun(handle: DataFileHandle, block: number, run: Buffer[]): void {
  const expected = run.length * handle.blockBytes;
  beforeWrite();
  const written = writevSync(handle.fd, run, block * handle.blockBytes);
  if (written !== expected) throw new Error(`${handle.path}: wrote ${written} of ${expected} bytes`);
}

export function closeDataFile(handle: DataFileHandle): void {
  closeSync(handle.fd);
}
