// Where a stream is cut. Data-file blocks are cut by their address: all blocks of one size of one slot that stand together, so that a newly
// used block shifts nothing. Archived logs are cut at multiples of 1 MiB of the log's own block numbers, anything else where its
// content says so (FastCDC) and where it turns into zeros: RMAN fills a piece up with them behind bookkeeping that differs every time, and
// a content-defined cut inside zeros would come either never or at every smallest size. A pure function over the bytes of one segment;
// what is not finished is carried into the next.
import { CHUNK_KINDS, type ChunkKind } from '../format/chunk-kinds';
import { CUT_BYTES, SLOT_BYTES } from '../limits';
import { findCut, type GearTable } from './gear';
import {
  announcedBlockBytes,
  blockAddress,
  continuesRedo,
  DATA_BLOCK_BYTES_MAX,
  hasTailCheck,
  REDO_BLOCK_BYTES,
  redoBlockAt,
  type RedoBlock,
} from './oracle-block';

/** Offset, length, kind and units of each cut, four numbers apiece: no object per cut. A unit is a block of a slot; anything else is one unit. */
export const CUT_FIELDS = 4;

export interface CutResult {
  readonly cuts: Uint32Array;
  /** Address of each unit in the order of the cuts; 0 for what is no data-file block. */
  readonly addresses: Uint32Array;
  /** Bytes from here on belong to a chunk that is not finished. */
  readonly carriedFrom: number;
  /** `gridFrom` of the next segment, which begins with the carried bytes. */
  readonly nextGridFrom: number;
}

export interface CutOptions {
  /** Address space of a slot. */
  readonly slotBytes: number;
  readonly gear: GearTable;
  /** True when no more bytes follow, so that nothing is carried. */
  readonly last: boolean;
  /** The first byte at which a block may begin: blocks lie at multiples of 512 of the stream, a segment may begin elsewhere. */
  readonly gridFrom: number;
}

const REDO_BLOCKS_PER_CUT = CUT_BYTES / REDO_BLOCK_BYTES;
/** Where no block was recognised, the next place to look; every block size is a multiple of it. */
const STEP_BYTES = 512;
/** Fewer zeros than this are not worth a chunk of their own; no more than what is always in sight. */
const ZERO_RUN_BYTES_MIN = DATA_BLOCK_BYTES_MAX;
const ZEROS = Buffer.alloc(ZERO_RUN_BYTES_MIN);

export function cutStream(bytes: Buffer, options: CutOptions): CutResult {
  const cutter = new Cutter(bytes, options);
  cutter.run();
  return {
    cuts: Uint32Array.from(cutter.cuts),
    addresses: Uint32Array.from(cutter.addresses),
    carriedFrom: cutter.open,
    nextGridFrom: (STEP_BYTES - ((cutter.open - options.gridFrom) % STEP_BYTES)) % STEP_BYTES,
  };
}

class Cutter {
  readonly cuts: number[] = [];
  readonly addresses: number[] = [];
  /** Where the chunk that is being gathered begins. */
  open = 0;
  private at = 0;
  private kind: ChunkKind = CHUNK_KINDS.raw;
  private slot = -1;
  private blockBytes = 0;
  /** Of the blocks of the slot that is being gathered. */
  private gathered: number[] = [];
  private redo: RedoBlock | null = null;
  private inZeros = false;
  private readonly gearState = { hash: 0 };

  constructor(
    private readonly bytes: Buffer,
    private readonly options: CutOptions,
  ) {}

  run(): void {
    const end = this.bytes.length;
    while (this.at < end) {
      if (!this.options.last && end - this.at < DATA_BLOCK_BYTES_MAX) return;
      if (this.at < this.options.gridFrom || (!this.takeDataBlock(end) && !this.takeRedoBlock(end)))
        this.takeRaw(end);
    }
    if (this.options.last) this.cut();
  }

  private takeDataBlock(end: number): boolean {
    const blockBytes = announcedBlockBytes(this.bytes, this.at);
    if (blockBytes === 0 || this.at + blockBytes > end || !hasTailCheck(this.bytes, this.at, blockBytes))
      return false;
    const address = blockAddress(this.bytes, this.at);
    const slot = Math.floor(address / (this.options.slotBytes / blockBytes));
    const goesOn =
      slot === this.slot && blockBytes === this.blockBytes && address > (this.gathered.at(-1) ?? -1);
    if (!goesOn) this.begin(CHUNK_KINDS.slot);
    this.slot = slot;
    this.blockBytes = blockBytes;
    this.gathered.push(address);
    this.at += blockBytes;
    return true;
  }

  private takeRedoBlock(end: number): boolean {
    if (this.at + REDO_BLOCK_BYTES > end) return false;
    const previous = this.kind === CHUNK_KINDS.log ? this.redo : null;
    const continued = previous !== null && continuesRedo(this.bytes, this.at, previous);
    const block = continued
      ? { blockNumber: previous.blockNumber + 1, sequence: previous.sequence }
      : redoBlockAt(this.bytes, this.at);
    if (block === null) return false;
    if (!continued || block.blockNumber % REDO_BLOCKS_PER_CUT === 0) this.begin(CHUNK_KINDS.log);
    this.redo = block;
    this.at += REDO_BLOCK_BYTES;
    return true;
  }

  private takeRaw(end: number): void {
    const zeros = this.isZero(this.inZeros ? STEP_BYTES : ZERO_RUN_BYTES_MIN);
    const isFull = zeros && this.at - this.open >= SLOT_BYTES;
    if (this.kind !== CHUNK_KINDS.raw || zeros !== this.inZeros || isFull) {
      this.begin(CHUNK_KINDS.raw);
      this.inZeros = zeros;
    }
    const from = this.at;
    this.at = Math.min(from < this.options.gridFrom ? this.options.gridFrom : from + STEP_BYTES, end);
    if (!zeros) this.cutByContent(from);
  }

  private cutByContent(from: number): void {
    const to = this.at;
    const cutAt = findCut(this.bytes, { open: this.open, from, to }, this.options.gear, this.gearState);
    if (cutAt < 0) return;
    this.at = cutAt;
    this.begin(CHUNK_KINDS.raw);
    this.at = to;
  }

  private isZero(length: number): boolean {
    const end = Math.min(this.at + length, this.bytes.length);
    return this.bytes.compare(ZEROS, 0, end - this.at, this.at, end) === 0;
  }

  private begin(kind: ChunkKind): void {
    this.cut();
    this.kind = kind;
    this.slot = -1;
    this.redo = null;
    this.inZeros = false;
    this.gearState.hash = 0;
  }

  private cut(): void {
    if (this.at > this.open) {
      const units = this.kind === CHUNK_KINDS.slot ? this.gathered : [0];
      this.cuts.push(this.open, this.at - this.open, this.kind, units.length);
      this.addresses.push(...units);
    }
    this.gathered = [];
    this.open = this.at;
  }
}
