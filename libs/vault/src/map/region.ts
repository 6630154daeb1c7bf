// One region of a data file while a piece of it comes in: which chunk holds each block. It begins with what earlier backups left, one tier
// per map chunk, the newest winning, and takes what this piece places.
import { FINGERPRINT_WORDS, SLOT_TAG_WORDS } from '../compute/slot-marks';
import { freeAtOnce } from '../format/free-at-once';
import { GrowingColumn } from '../format/growing-column';
import { MAP_ROW_FIELDS, type MapRows, type RegionName } from '../format/map-chunk';
import { MAPPED_SLOT_BYTES, REGION_BYTES } from '../limits';
import { SlotTags } from './slot-tags';
import { ABSENT, OWN, type Tier } from './tier';

/** The blocks of a slot of the stream, by their numbers in the region. */
export interface SlotBlocks {
  readonly slot: number;
  readonly units: number;
  /** The first `units` of them. */
  readonly blocks: Uint32Array;
}

export class Region {
  private readonly fingerprints: Uint32Array;
  private readonly chunks: Uint32Array;
  private readonly units: Uint8Array;
  private readonly tierOf: Uint8Array;
  private readonly slotTags = new SlotTags(REGION_BYTES / MAPPED_SLOT_BYTES);
  /** The tag at hand, bound to what the map holds. */
  private readonly bound = new Uint32Array(SLOT_TAG_WORDS);
  private changed = 0;

  /** @param tiers newest first, at most TIERS_MAX */
  constructor(
    readonly name: RegionName,
    readonly tiers: readonly Tier[],
  ) {
    const blocks = blocksPerRegion(name.blockBytes);
    this.fingerprints = new Uint32Array(blocks * FINGERPRINT_WORDS);
    this.chunks = new Uint32Array(blocks);
    this.units = new Uint8Array(blocks);
    this.tierOf = new Uint8Array(blocks).fill(ABSENT);
    for (let tier = tiers.length - 1; tier >= 0; tier -= 1) this.lay(tier);
  }

  /** Row of the chunk that holds the block with this fingerprint, or -1. @param at where the fingerprint begins in `words` */
  find(block: number, words: Uint32Array, at: number): number {
    const tier = this.tierOf[block] ?? ABSENT;
    if (tier === ABSENT) return -1;
    const mine = block * FINGERPRINT_WORDS;
    for (let i = 0; i < FINGERPRINT_WORDS; i += 1)
      if (this.fingerprints[mine + i] !== words[at + i]) return -1;
    return this.rowAt(block, tier);
  }

  /** Row of the chunk that holds the block, or -1. */
  rowOf(block: number): number {
    const tier = this.tierOf[block] ?? ABSENT;
    return tier === ABSENT ? -1 : this.rowAt(block, tier);
  }

  /** Whether these blocks are, byte for byte, those that the map holds of the slot. @param at where the slot's tag begins in `words` */
  recognises(slot: SlotBlocks, words: Uint32Array, at: number): boolean {
    return this.bind(slot, words, at) && this.slotTags.has(slot.slot, this.bound);
  }

  /** The slot has this tag from now on; the map holds its blocks. */
  setTag(slot: SlotBlocks, words: Uint32Array, at: number): void {
    if (this.bind(slot, words, at)) this.slotTags.set(slot.slot, this.bound);
  }

  unitOf(block: number): number {
    return this.units[block] ?? 0;
  }

  set(block: number, words: Uint32Array, at: number, place: { row: number; unit: number }): void {
    if (this.tierOf[block] !== OWN) this.changed += 1;
    for (let i = 0; i < FINGERPRINT_WORDS; i += 1)
      this.fingerprints[block * FINGERPRINT_WORDS + i] = words[at + i] ?? 0;
    this.chunks[block] = place.row;
    this.units[block] = place.unit;
    this.tierOf[block] = OWN;
  }

  /** Rows and tags this piece changed. */
  get changes(): number {
    return this.changed + this.slotTags.changes;
  }

  /** This piece's rows, with those of the newest `merged` tiers that still hold; chunk numbers are rows of the piece. */
  rows(merged: number): MapRows {
    const rows = new GrowingColumn();
    const fingerprints = new GrowingColumn();
    for (let block = 0; block < this.tierOf.length; block += 1) {
      const tier = this.tierOf[block] ?? ABSENT;
      if (tier === ABSENT || (tier !== OWN && tier >= merged)) continue;
      const row = this.rowAt(block, tier);
      if (row < 0) continue;
      rows.push([block, row, this.unitOf(block)]);
      fingerprints.push(
        this.fingerprints.subarray(block * FINGERPRINT_WORDS, (block + 1) * FINGERPRINT_WORDS),
      );
    }
    return {
      ...this.name,
      rows: rows.take(),
      fingerprints: fingerprints.take(),
      ...this.slotTags.rows(merged),
    };
  }

  /** It has left: hundreds of them pass by in a large file, and nobody looks at it any more. */
  free(): void {
    for (const column of [this.fingerprints, this.chunks, this.units, this.tierOf]) freeAtOnce(column);
    this.slotTags.free();
    for (const { map } of this.tiers)
      for (const column of [map.rows, map.fingerprints, map.tags, map.ids, map.locations]) freeAtOnce(column);
  }

  /** A tag with the fingerprints of its blocks folded in, into `bound`. @returns false where the map lacks one of them */
  private bind({ units, blocks }: SlotBlocks, words: Uint32Array, at: number): boolean {
    const { bound } = this;
    for (let word = 0; word < SLOT_TAG_WORDS; word += 1) bound[word] = words[at + word] ?? 0;
    for (let i = 0; i < units; i += 1) {
      const block = blocks[i] ?? 0;
      if (this.tierOf[block] === ABSENT) return false;
      for (let word = 0; word < FINGERPRINT_WORDS; word += 1)
        bound[word] = (bound[word] ?? 0) ^ (this.fingerprints[block * FINGERPRINT_WORDS + word] ?? 0);
    }
    return true;
  }

  private rowAt(block: number, tier: number): number {
    const chunk = this.chunks[block] ?? 0;
    return tier === OWN ? chunk : (this.tiers[tier]?.rowOf(chunk) ?? -1);
  }

  private lay(tier: number): void {
    const map = this.tiers[tier]?.map;
    if (map === undefined) return;
    const { rows, fingerprints } = map;
    for (let i = 0; i < rows.length / MAP_ROW_FIELDS; i += 1) {
      const block = rows[i * MAP_ROW_FIELDS] ?? 0;
      if (block >= this.tierOf.length) continue;
      for (let word = 0; word < FINGERPRINT_WORDS; word += 1)
        this.fingerprints[block * FINGERPRINT_WORDS + word] = fingerprints[i * FINGERPRINT_WORDS + word] ?? 0;
      this.chunks[block] = rows[i * MAP_ROW_FIELDS + 1] ?? 0;
      this.units[block] = rows[i * MAP_ROW_FIELDS + 2] ?? 0;
      this.tierOf[block] = tier;
    }
    this.slotTags.lay(tier, map);
  }
}

export function blocksPerRegion(blockBytes: number): number {
  return REGION_BYTES / blockBytes;
}

export function slotInRegion(block: number, blockBytes: number): number {
  return Math.floor((block * blockBytes) / MAPPED_SLOT_BYTES);
}
