// What a backup piece looks like from outside: its length, whether Oracle's own blocks stand in it unmodified and in which order, and
// how much of it another piece holds too. The bytes themselves are not kept, only the first and the last of them.
import { createHash } from 'node:crypto';

/** Size by the format byte of a data-file block. */
const SIZE_OF_FORMAT: Readonly<Record<number, number>> = {
  0x62: 2048,
  0x82: 4096,
  0xa2: 8192,
  0xc2: 16_384,
  0xe2: 32_768,
};
const REDO_FORMAT = 0x22;
const REDO_BLOCK_BYTES = 512;
/** Kept of both ends, for the eye. */
const EDGE_BYTES = 64 * 1024;
const HASH_BYTES = 8;
const BLOCK_NUMBER_BITS = 22;

export interface PieceFacts {
  readonly handle: string;
  readonly bytes: number;
  /** The size RMAN announced in sbtbackup. */
  readonly sbtBlockBytes: number;
  /** Blocks of the unit size whose header and tail check agree. */
  readonly oracleBlocks: number;
  /** Of those, how many have a higher number than the one before. */
  readonly ascendingBlocks: number;
  /** Whole units at multiples of the unit size. */
  readonly units: number;
  readonly head: Buffer;
  readonly tail: Buffer;
  /** One per unit. */
  readonly hashes: readonly string[];
}

export class PieceObserver {
  private readonly units: string[] = [];
  private readonly pending: Buffer;
  private filled = 0;
  private bytes = 0;
  private oracleBlocks = 0;
  private ascendingBlocks = 0;
  private lastBlock = -1;
  private head = Buffer.alloc(0);
  private tail = Buffer.alloc(0);

  /** @param unitBytes block size of the data file; 512 for archived logs */
  constructor(
    private readonly handle: string,
    private readonly sbtBlockBytes: number,
    unitBytes: number,
  ) {
    this.pending = Buffer.alloc(unitBytes);
  }

  add(bytes: Uint8Array): void {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.bytes += chunk.length;
    if (this.head.length < EDGE_BYTES)
      this.head = Buffer.concat([this.head, chunk.subarray(0, EDGE_BYTES - this.head.length)]);
    this.tail = Buffer.from(Buffer.concat([this.tail, chunk.subarray(-EDGE_BYTES)]).subarray(-EDGE_BYTES));
    for (let at = 0; at < chunk.length;) {
      const copied = chunk.copy(this.pending, this.filled, at);
      at += copied;
      this.filled += copied;
      if (this.filled === this.pending.length) this.endUnit();
    }
  }

  facts(): PieceFacts {
    const { handle, bytes, sbtBlockBytes, oracleBlocks, ascendingBlocks, head, tail } = this;
    const units = this.units.length;
    return {
      handle,
      bytes,
      sbtBlockBytes,
      oracleBlocks,
      ascendingBlocks,
      units,
      head,
      tail,
      hashes: this.units,
    };
  }

  private endUnit(): void {
    this.filled = 0;
    this.units.push(
      createHash('sha256')
        .update(this.pending)
        .digest('hex')
        .slice(0, 2 * HASH_BYTES),
    );
    const number = blockNumber(this.pending);
    if (number === null) return;
    this.oracleBlocks += 1;
    if (number > this.lastBlock) this.ascendingBlocks += 1;
    this.lastBlock = number;
  }
}

/** The number of an Oracle block whose own marks agree; null for anything else. */
function blockNumber(unit: Buffer): number | null {
  if (unit.length === REDO_BLOCK_BYTES) return unit[1] === REDO_FORMAT ? unit.readUInt32LE(4) : null;
  if (SIZE_OF_FORMAT[unit[1] ?? 0] !== unit.length) return null;
  const expected = ((unit.readUInt16LE(8) << 16) | ((unit[0] ?? 0) << 8) | (unit[14] ?? 0)) >>> 0;
  if (unit.readUInt32LE(unit.length - 4) !== expected) return null;
  return unit.readUInt32LE(4) & (2 ** BLOCK_NUMBER_BITS - 1);
}

/** Share of the units of `second` that `first` holds too, 0 to 1, wherever they stand. */
export function commonShare(first: PieceFacts, second: PieceFacts): number {
  if (second.hashes.length === 0) return 0;
  const known = new Set(first.hashes);
  return second.hashes.filter((hash) => known.has(hash)).length / second.hashes.length;
}
