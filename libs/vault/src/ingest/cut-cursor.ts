// Goes through the cuts of a segment, one after the other, in the same memory: no object per cut.
import { CUT_FIELDS, type CutResult } from '../chunking/cut-stream';
import { type ChunkShape } from '../compute/unit-digests';
import { CHUNK_KINDS } from '../format/chunk-kinds';
import { DATA_BLOCK_BYTES_MIN, MAPPED_SLOT_BYTES } from '../limits';
import { blocksPerRegion, slotInRegion, type SlotBlocks } from '../map/region';

export const BLOCKS_PER_SLOT_MAX = MAPPED_SLOT_BYTES / DATA_BLOCK_BYTES_MIN;

export class CutCursor implements SlotBlocks, ChunkShape {
  number = -1;
  offset = 0;
  length = 0;
  kind = 0;
  units = 0;
  /** Number of its first unit in the segment. */
  firstUnit = 0;
  /** These, and what SlotBlocks says, of a slot only. */
  blockBytes = 0;
  region = 0;
  slot = 0;
  readonly blocks = new Uint32Array(BLOCKS_PER_SLOT_MAX);

  constructor(private readonly cut: CutResult) {}

  /** Another one that stands where this does. */
  copy(): CutCursor {
    return Object.assign(new CutCursor(this.cut), { ...this, blocks: this.blocks.slice() });
  }

  /** Goes to the next cut. @returns false when there is none */
  next(): boolean {
    const { cuts } = this.cut;
    this.number += 1;
    this.firstUnit += this.units;
    const at = this.number * CUT_FIELDS;
    if (at >= cuts.length) return false;
    this.offset = cuts[at] ?? 0;
    this.length = cuts[at + 1] ?? 0;
    this.kind = cuts[at + 2] ?? 0;
    this.units = cuts[at + 3] ?? 1;
    if (this.kind === CHUNK_KINDS.slot) this.takeBlocks();
    return true;
  }

  private takeBlocks(): void {
    const { addresses } = this.cut;
    this.blockBytes = this.length / this.units;
    const perRegion = blocksPerRegion(this.blockBytes);
    this.region = Math.floor((addresses[this.firstUnit] ?? 0) / perRegion);
    for (let unit = 0; unit < this.units; unit += 1)
      this.blocks[unit] = (addresses[this.firstUnit + unit] ?? 0) - this.region * perRegion;
    this.slot = slotInRegion(this.blocks[0] ?? 0, this.blockBytes);
  }
}
