/** The data file a restore writes: blocks in ascending order, collected into large writes. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { formatEmptyBlock, rdbaOf } from '../formats/block';
import { type RestoreTarget } from './channel-protocol';
import { type PieceSegment } from './piece-format';

type DataFileSegment = Extract<PieceSegment, { kind: 'data-file' }>;
const HEADER_BLOCK = 1;
/** Neighbouring blocks are written together up to this size. */
const WRITE_BYTES = 1024 * 1024;

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
