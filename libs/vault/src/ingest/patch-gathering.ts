// Changed blocks of many slots, gathered into patch chunks in shared memory until a thread seals them.
import { chunkIdOf, DIGEST_BYTES } from '../compute/unit-digests';
import { CHUNK_KINDS } from '../format/chunk-kinds';
import { DATA_BLOCK_BYTES_MIN, PATCH_ARENA_BYTES, PATCH_CHUNK_BYTES_MAX } from '../limits';
import { type SharedBuffer } from './ingest-buffers';
import { type FreshChunks } from './pack-writer';
import { type PieceChunks } from './piece-chunks';

/** Where a block went. */
export interface PatchedBlock {
  readonly row: number;
  readonly unit: number;
}

interface Gathering {
  readonly row: number;
  readonly from: number;
  readonly blockBytes: number;
  units: number;
}

export class PatchGathering {
  private used = 0;
  private gathering: Gathering | null = null;
  private readonly digests = Buffer.alloc((PATCH_CHUNK_BYTES_MAX / DATA_BLOCK_BYTES_MIN) * DIGEST_BYTES);
  private closed: { cuts: number[]; ids: Uint8Array[]; rows: number[] } = { cuts: [], ids: [], rows: [] };

  constructor(
    private readonly arena: SharedBuffer,
    private readonly chunks: PieceChunks,
    private readonly idKey: Uint8Array,
  ) {}

  get memory(): SharedArrayBuffer {
    return this.arena.shared;
  }

  hasRoomFor(bytes: number): boolean {
    return this.used + bytes <= PATCH_ARENA_BYTES;
  }

  /** Copies a block. @param digest its sha256 */
  add(block: Uint8Array, digest: Uint8Array): PatchedBlock {
    const into = this.chunkFor(block.length);
    this.arena.bytes.set(block, this.used);
    this.digests.set(digest, into.units * DIGEST_BYTES);
    this.used += block.length;
    into.units += 1;
    return { row: into.row, unit: into.units - 1 };
  }

  /** All that was gathered; what is added next overwrites it. */
  take(): FreshChunks {
    this.close();
    const taken = this.closed;
    this.closed = { cuts: [], ids: [], rows: [] };
    this.used = 0;
    return taken;
  }

  private chunkFor(blockBytes: number): Gathering {
    const going = this.gathering;
    if (going?.blockBytes === blockBytes && (going.units + 1) * blockBytes <= PATCH_CHUNK_BYTES_MAX)
      return going;
    this.close();
    return (this.gathering = { row: this.chunks.reserve(), from: this.used, blockBytes, units: 0 });
  }

  private close(): void {
    if (this.gathering === null) return;
    const { row, from, blockBytes, units } = this.gathering;
    const shape = { kind: CHUNK_KINDS.patch, length: units * blockBytes, units };
    const id = chunkIdOf(this.idKey, shape, this.digests.subarray(0, units * DIGEST_BYTES));
    this.chunks.describe(row, id, shape);
    this.closed.cuts.push(from, shape.length, shape.kind, units);
    this.closed.ids.push(id);
    this.closed.rows.push(row);
    this.gathering = null;
  }
}
