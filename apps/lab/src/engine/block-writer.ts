/**
 * Writes changed blocks to data files. A process killed in the middle of a write may leave a block half old, half new, and
 * redo patches cannot repair that; so the engine first writes every batch to a side file, from which a torn block is put
 * right at the next start. (A simulated host loses its processes, never its power: nothing waits for the disk here.)
 */
import { closeSync, existsSync, openSync, readFileSync, writevSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { checkBlock } from '../formats/block';
import { type DataFileHandle, readBlock, writeRun } from './data-file-handle';

export interface BlockToWrite {
  file: number;
  block: number;
  bytes: Buffer;
}

/** One batch of the side file, and the longest run given to one system call. */
const BATCH_BLOCKS_MAX = 512;
const HEADER_BYTES = 12;
const ENTRY_BYTES = 12;

/** Of a database whose files lie in that directory. */
export function sideFilePath(oradata: string): string {
  return join(oradata, '.block-writer.side');
}

export interface BlockWriterOptions {
  files: ReadonlyMap<number, DataFileHandle>;
  /** Absent: no protection (files that can be restored again). */
  sideFile?: string;
  /** Writes every block in two halves, so that readers meet torn blocks often. For tests of hot backups. */
  splitWrites?: boolean;
}

export class BlockWriter {
  private sideFd: number | undefined;

  constructor(private readonly options: BlockWriterOptions) {
    if (options.sideFile !== undefined) this.sideFd = openSync(options.sideFile, 'w', 0o600);
  }

  /** Writes the blocks, in order of file and block. */
  write(blocks: BlockToWrite[]): void {
    const sorted = [...blocks].sort((a, b) => a.file - b.file || a.block - b.block);
    for (let i = 0; i < sorted.length; i += BATCH_BLOCKS_MAX) {
      const batch = sorted.slice(i, i + BATCH_BLOCKS_MAX);
      this.writeSideFile(batch);
      this.writeBatch(batch);
    }
  }

  close(): void {
    if (this.sideFd !== undefined) closeSync(this.sideFd);
    this.sideFd = undefined;
  }

  private writeBatch(batch: BlockToWrite[]): void {
    for (let start = 0; start < batch.length;) {
      const first = batch[start] as BlockToWrite;
      let end = start + 1;
      while (batch[end]?.file === first.file && batch[end]?.block === first.block + end - start) end++;
      const handle = this.handleOf(first.file);
      const run = batch.slice(start, end);
      if (this.options.splitWrites === true) this.writeHalves(handle, run);
      else
        writeRun(
          handle,
          first.block,
          run.map((item) => item.bytes),
        );
      start = end;
    }
  }

  private writeHalves(handle: DataFileHandle, run: BlockToWrite[]): void {
    const half = handle.blockBytes / 2;
    for (const item of run) {
      const at = item.block * handle.blockBytes;
      writevSync(handle.fd, [item.bytes.subarray(half)], at + half);
      writevSync(handle.fd, [item.bytes.subarray(0, half)], at);
    }
  }

  private handleOf(file: number): DataFileHandle {
    const handle = this.options.files.get(file);
    if (handle === undefined) throw new Error(`data file ${file} is not open`);
    return handle;
  }

  private writeSideFile(batch: BlockToWrite[]): void {
    if (this.sideFd === undefined) return;
    const entries = Buffer.alloc(batch.length * ENTRY_BYTES);
    batch.forEach((item, i) => {
      entries.writeUInt32LE(item.file, i * ENTRY_BYTES);
      entries.writeUInt32LE(item.block, i * ENTRY_BYTES + 4);
      entries.writeUInt32LE(item.bytes.length, i * ENTRY_BYTES + 8);
    });
    const body = [entries, ...batch.map((item) => item.bytes)];
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32LE(batch.length, 0);
    header.writeUInt32LE(
      body.reduce((sum, part) => sum + part.length, 0),
      4,
    );
    header.writeUInt32LE(
      body.reduce((crc, part) => crc32(part, crc), 0),
      8,
    );
    const expected = HEADER_BYTES + header.readUInt32LE(4);
    const written = writevSync(this.sideFd, [header, ...body], 0);
    if (written !== expected) throw new Error(`side file: wrote ${written} of ${expected} bytes`);
  }
}

/**
 * Puts blocks right that were torn when the process died: those on disk that fail their check, from the side file's last
 * batch. A side file that was cut itself needs nothing: its batch had not reached the data files. Answers the number repaired.
 */
export function repairTornBlocks(sideFile: string, files: ReadonlyMap<number, DataFileHandle>): number {
  if (!existsSync(sideFile)) return 0;
  const batch = readSideFile(readFileSync(sideFile));
  let repaired = 0;
  for (const item of batch) {
    const handle = files.get(item.file);
    if (handle === undefined) continue;
    const found = Buffer.alloc(handle.blockBytes);
    readBlock(handle, item.block, found);
    if (checkBlock(found).ok) continue;
    writeRun(handle, item.block, [item.bytes]);
    repaired++;
  }
  return repaired;
}

function readSideFile(bytes: Buffer): BlockToWrite[] {
  if (bytes.length < HEADER_BYTES) return [];
  const count = bytes.readUInt32LE(0);
  const body = bytes.subarray(HEADER_BYTES, HEADER_BYTES + bytes.readUInt32LE(4));
  if (body.length < count * ENTRY_BYTES || crc32(body) !== bytes.readUInt32LE(8)) return [];
  const blocks: BlockToWrite[] = [];
  let at = count * ENTRY_BYTES;
  for (let i = 0; i < count; i++) {
    const blockBytes = body.readUInt32LE(i * ENTRY_BYTES + 8);
    blocks.push({
      file: body.readUInt32LE(i * ENTRY_BYTES),
      block: body.readUInt32LE(i * ENTRY_BYTES + 4),
      bytes: body.subarray(at, at + blockBytes),
    });
    at += blockBytes;
  }
  return blocks;
}
