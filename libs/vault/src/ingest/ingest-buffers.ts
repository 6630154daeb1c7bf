// The large buffers of all pieces of a process, used again and again: all of it memory that threads share: segments that streams are gathered in, and packs.
// A pack buffer for each open piece and a few more for packs that are being uploaded; who finds none waits. That is the back-pressure of
// a slow store, and what keeps memory flat from run to run.
import {
  METADATA_PACK_BYTES_MAX,
  METADATA_SLACK_BYTES,
  PACK_BYTES_MAX,
  PACK_SLACK_BYTES,
  PACKS_IN_FLIGHT_MAX,
  PATCH_ARENA_BYTES,
  PIECES_BUFFERED_MAX,
  SEGMENT_BYTES,
  SEGMENT_UNITS_MAX,
  SEGMENTS_PER_PIECE,
} from '../limits';
import { FINGERPRINT_WORDS, SLOT_TAG_BYTES } from '../compute/slot-marks';
import { DIGEST_BYTES } from '../compute/unit-digests';

/** Memory that threads see too. */
export interface SharedBuffer {
  readonly shared: SharedArrayBuffer;
  readonly bytes: Buffer;
}

/** Bytes of a stream, and what a thread finds out about them. */
export interface Segment extends SharedBuffer {
  /** sha256 of each unit. */
  readonly digests: Buffer;
  /** Of each slot, by the number of its cut. */
  readonly tags: Buffer;
  /** Of each unit, FINGERPRINT_WORDS apiece. */
  readonly fingerprints: Uint32Array;
}

export interface PieceBuffers {
  readonly segments: readonly Segment[];
  /** Changed blocks on their way into patch chunks. */
  readonly patches: SharedBuffer;
  /** The metadata pack being filled: one at a time. */
  readonly metadata: Buffer;
}

export class IngestBuffers {
  private readonly freePacks: Buffer[] = [];
  private readonly freePieces: PieceBuffers[] = [];
  private readonly waiting: ((buffer: Buffer) => void)[] = [];
  private packsAllocated = 0;
  private pieces = 0;

  /** What belongs to one piece until it ends. */
  pieceOpened(): PieceBuffers {
    this.pieces += 1;
    this.serveWaiting();
    return this.freePieces.pop() ?? newPieceBuffers();
  }

  pieceEnded(buffers: PieceBuffers): void {
    this.pieces -= 1;
    if (this.freePieces.length < PIECES_BUFFERED_MAX) this.freePieces.push(buffers);
    while (this.packsAllocated > this.packsKept && this.freePacks.pop() !== undefined)
      this.packsAllocated -= 1;
  }

  async takePack(): Promise<Buffer> {
    const buffer = this.freePacks.pop() ?? this.allocatePack();
    if (buffer !== null) return buffer;
    const { promise, resolve } = Promise.withResolvers<Buffer>();
    this.waiting.push(resolve);
    return promise;
  }

  giveBackPack(buffer: Buffer): void {
    const next = this.waiting.shift();
    if (next !== undefined) next(buffer);
    else if (this.packsAllocated > this.packsKept) this.packsAllocated -= 1;
    else this.freePacks.push(buffer);
  }

  private get packsMax(): number {
    return this.pieces + PACKS_IN_FLIGHT_MAX;
  }

  /** Channels end one piece and begin the next: what they had is kept for a while. */
  private get packsKept(): number {
    return Math.max(this.pieces, PIECES_BUFFERED_MAX) + PACKS_IN_FLIGHT_MAX;
  }

  private allocatePack(): Buffer | null {
    if (this.packsAllocated >= this.packsMax) return null;
    this.packsAllocated += 1;
    return newShared(PACK_BYTES_MAX + PACK_SLACK_BYTES).bytes;
  }

  private serveWaiting(): void {
    const next = this.waiting.shift();
    if (next === undefined) return;
    const buffer = this.allocatePack();
    if (buffer === null) this.waiting.unshift(next);
    else next(buffer);
  }
}

function newPieceBuffers(): PieceBuffers {
  return {
    segments: Array.from({ length: SEGMENTS_PER_PIECE }, newSegment),
    patches: newShared(PATCH_ARENA_BYTES),
    metadata: newShared(METADATA_PACK_BYTES_MAX + METADATA_SLACK_BYTES).bytes,
  };
}

function newSegment(): Segment {
  return {
    ...newShared(SEGMENT_BYTES),
    digests: newShared(SEGMENT_UNITS_MAX * DIGEST_BYTES).bytes,
    tags: newShared(SEGMENT_UNITS_MAX * SLOT_TAG_BYTES).bytes,
    fingerprints: new Uint32Array(SEGMENT_UNITS_MAX * FINGERPRINT_WORDS),
  };
}

function newShared(bytes: number): SharedBuffer {
  const shared = new SharedArrayBuffer(bytes);
  return { shared, bytes: Buffer.from(shared) };
}
