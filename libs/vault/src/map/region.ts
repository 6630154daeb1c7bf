// One region of a data file while a piece of it comes in: which chunk holds each block. It begins with what earlier backups left, one tier
// per map chunk, the newest winning, and takes what this piece places.
import { freeAtOnce } from '../format/free-at-once';
import { GrowingColumn } from '../format/growing-column';
import {
  FINGERPRINT_WORDS,
  MAP_ROW_FIELDS,
  type MapChunk,
  type MapRows,
  type RegionName,
} from '../format/map-chunk';
import { REGION_BYTES } from '../limits';

/** A map chunk of an earlier backup that could be read. */
export interface Tier {
  readonly map: MapChunk;
  /** Row of the map chunk itself in the piece. */
  readonly row: number;
  /** Row in the piece of one of its chunks; -1 when that must not be used. */
  rowOf(chunk: number): number;
}

/** Rows of this piece, rather than of a tier. */
const OWN = 254;
const ABSENT = 255;
/** Tier numbers fit a byte beside the two above. */
export const TIERS_MAX = 8;

export class Region {
  private readonly fingerprints: Uint32Array;
  private readonly chunks: Uint32Array;
  private readonly units: Uint8Array;
  private readonly tierOf: Uint8Array;
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

  /** Rows this piece changed. */
  get changes(): number {
    return this.changed;
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
    return { ...this.name, rows: rows.all(), fingerprints: fingerprints.all() };
  }

  /** It has left: hundreds of them pass by in a large file, and nobody looks at it any more. */
  free(): void {
    for (const column of [this.fingerprints, this.chunks, this.units, this.tierOf]) freeAtOnce(column);
    for (const { map } of this.tiers)
      for (const column of [map.rows, map.fingerprints, map.ids, map.locations]) freeAtOnce(column);
  }

  private rowAt(block: number, tier: number): number {
    const chunk = this.chunks[block] ?? 0;
    return tier === OWN ? chunk : (this.tiers[tier]?.rowOf(chunk) ?? -1);
  }

  private lay(tier: number): void {
    const { rows, fingerprints } = this.tiers[tier]?.map ?? { rows: [], fingerprints: new Uint32Array() };
    for (let i = 0; i < rows.length / MAP_ROW_FIELDS; i += 1) {
      const block = rows[i * MAP_ROW_FIELDS] ?? 0;
      if (block >= this.tierOf.length) continue;
      const from = i * FINGERPRINT_WORDS;
      for (let word = 0; word < FINGERPRINT_WORDS; word += 1)
        this.fingerprints[block * FINGERPRINT_WORDS + word] = fingerprints[from + word] ?? 0;
      this.chunks[block] = rows[i * MAP_ROW_FIELDS + 1] ?? 0;
      this.units[block] = rows[i * MAP_ROW_FIELDS + 2] ?? 0;
      this.tierOf[block] = tier;
    }
  }
}

export function blocksPerRegion(blockBytes: number): number {
  return REGION_BYTES / blockBytes;
}
