/** The data file a restore or an image copy writes: blocks in ascending order, collected into large writes; its header last. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { createEmptyDataFile } from '../engine/create-data-file';
import { formatEmptyBlock, rdbaOf } from '../formats/block';
import { type DataFileHeader, makeDataFileHeader, makeFileBlockZero } from '../formats/data-file-header';
import { type Scn } from '../formats/scn';
import { type RestoreTarget } from './channel-protocol';
import { type PieceSegment } from './piece-format';

type DataFileSegment = Pick<Extract<PieceSegment, { kind: 'data-file' }>, 'from' | 'rfile'>;
const HEADER_BLOCK = 1;
/** Neighbouring blocks are written together up to this size. */
const WRITE_BYTES = 1024 * 1024;

/** Block 0 and the full length; no header yet. */
export function createEmptyFile(
  path: string,
  { blockBytes, blocks }: { blockBytes: number; blocks: number },
): void {
  if (!existsSync(dirname(path))) mkdirSync(dirname(path), { recursive: true });
  const fd = openSync(path, 'w');
  try {
    const zero = makeFileBlockZero(blockBytes, blocks);
    if (writeSync(fd, zero, 0, zero.length, 0) !== zero.length) throw new Error(`${path}: short write`);
    ftruncateSync(fd, (blocks + 1) * blockBytes);
  } finally {
    closeSync(fd);
  }
}

/** As ADD DATAFILE made it: the redo since then fills it. */
export async function createAddedFile(path: string, header: DataFileHeader): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  await createEmptyDataFile({ path, header });
}

/** Writes the header as it was when its backup began; it says how far the blocks are ahead of it. Answers what it wrote. */
export function writeFileHeader(path: string, header: DataFileHeader, newest: Scn): DataFileHeader {
  const written = { ...header, absoluteFuzzyScn: newest >= header.checkpointScn ? newest : 0n };
  const bytes = makeDataFileHeader(written);
  const fd = openSync(path, 'r+');
  try {
    if (writeSync(fd, bytes, 0, bytes.length, header.blockBytes) !== bytes.length) {
      throw new Error(`${path}: short write`);
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return written;
}

/** Writes blocks in ascending order; a new file gets formatted-empty blocks where the backup has none. */
export class TargetFile {
  private readonly fd: number;
  private readonly pending: Buffer;
  private pendingStart = 0;
  private pendingBytes = 0;
  /** The next block of a new file. */
  private next: number;

  constructor(
    private readonly target: RestoreTarget,
    private readonly segment: DataFileSegment,
    private readonly blockBytes: number,
  ) {
    this.fd = openSync(target.path, 'r+');
    this.pending = Buffer.alloc(WRITE_BYTES);
    this.next = Math.max(segment.from, HEADER_BLOCK + 1);
  }

  write(number: number, block: Buffer): void {
    this.fillTo(number);
    this.append(number, block);
    this.next = number + 1;
  }

  /** `to`: the last block the piece speaks for. */
  finish(to: number): void {
    this.fillTo(to + 1);
    this.flush();
  }

  close(): void {
    closeSync(this.fd);
  }

  private fillTo(number: number): void {
    if (this.target.mode === 'apply') return;
    const empty = Buffer.alloc(this.blockBytes);
    for (; this.next < number; this.next++) {
      formatEmptyBlock(empty, rdbaOf(this.segment.rfile, this.next));
      this.append(this.next, empty);
    }
  }

  private append(number: number, block: Buffer): void {
    const follows = number === this.pendingStart + this.pendingBytes / this.blockBytes;
    if (!follows || this.pendingBytes === this.pending.length) {
      this.flush();
      this.pendingStart = number;
    }
    block.copy(this.pending, this.pendingBytes);
    this.pendingBytes += block.length;
  }

  private flush(): void {
    if (this.pendingBytes === 0) return;
    const at = this.pendingStart * this.blockBytes;
    const written = writeSync(this.fd, this.pending, 0, this.pendingBytes, at);
    if (written !== this.pendingBytes) throw new Error(`${this.target.path}: short write`);
    this.pendingStart += this.pendingBytes / this.blockBytes;
    this.pendingBytes = 0;
  }
}
