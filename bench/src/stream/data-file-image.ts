// What a benchmark knows of a data file: for each block, how often it was changed; 0 for one no segment ever used. The bytes follow from it.
import { mixSeed, nextRandom } from '../../../apps/lab/src/engine/fill-block';
import { rdbaOf } from '../../../apps/lab/src/formats/block';

/** Changed blocks stand together as a batch leaves them, or anywhere as single-row updates do. */
export type Spread = 'clustered' | 'uniform';

/** Blocks of an extent, and longest run of changed blocks. */
const EXTENT_BLOCKS = 8;
const RUN_BLOCKS_MAX = 32;
/** One extent in so many was never used when the file is new: where later blocks are inserted into the stream. */
const UNUSED_EXTENT_EVERY = 24;
/** Block 0 is not in the stream, block 1 is the file header. */
const FIRST_TABLE_BLOCK = 2;

export class DataFileImage {
  /** By block number. */
  readonly versions: Uint16Array;
  private state: number;

  constructor(
    readonly file: { readonly seed: number; readonly fileNumber: number; readonly blocks: number },
  ) {
    this.versions = new Uint16Array(file.blocks).fill(1);
    this.versions.fill(0, 0, FIRST_TABLE_BLOCK);
    this.state = mixSeed(file.seed, file.fileNumber);
    for (let at = EXTENT_BLOCKS; at + EXTENT_BLOCKS <= file.blocks; at += EXTENT_BLOCKS)
      if (this.random(UNUSED_EXTENT_EVERY) === 0) this.versions.fill(0, at, at + EXTENT_BLOCKS);
  }

  get usedBlocks(): number {
    let used = 0;
    for (const version of this.versions) if (version > 0) used += 1;
    return used;
  }

  rdbaOf(block: number): number {
    return rdbaOf(this.file.fileNumber, block);
  }

  /** Changes exactly this share of the used blocks, each once. @returns how many. */
  change(share: number, spread: Spread): number {
    const wanted = Math.round(this.usedBlocks * share);
    const before = Uint16Array.from(this.versions);
    let changed = 0;
    while (changed < wanted) {
      const run = spread === 'clustered' ? 1 + this.random(RUN_BLOCKS_MAX) : 1;
      let block = this.random(this.versions.length);
      for (let i = 0; i < run && changed < wanted && block < this.versions.length; i += 1, block += 1)
        changed += this.bump(block, before[block] ?? 0);
    }
    return changed;
  }

  /** Uses this share (of the used blocks) of blocks that were never used, from the start of free extents on. @returns how many. */
  allocate(share: number): number {
    const wanted = Math.min(Math.round(this.usedBlocks * share), this.versions.length - this.usedBlocks);
    let allocated = 0;
    while (allocated < wanted) {
      const extent = this.random(Math.floor(this.versions.length / EXTENT_BLOCKS)) * EXTENT_BLOCKS;
      const run = 1 + this.random(EXTENT_BLOCKS);
      for (let block = extent; block < extent + run && allocated < wanted; block += 1) {
        if (block < FIRST_TABLE_BLOCK || this.versions[block] !== 0) continue;
        this.versions[block] = 1;
        allocated += 1;
      }
    }
    return allocated;
  }

  private bump(block: number, before: number): number {
    if (before === 0 || this.versions[block] !== before) return 0;
    this.versions[block] = before + 1;
    return 1;
  }

  private random(below: number): number {
    this.state = nextRandom(this.state);
    return (this.state >>> 3) % below;
  }
}
