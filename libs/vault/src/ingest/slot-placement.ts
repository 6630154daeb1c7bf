// Where the bytes of a segment go: into chunks the vault holds, into new chunks, or block by block between old chunks and patches.
import { CUT_FIELDS, type CutResult } from '../chunking/cut-stream';
import { chunkIdOf, DIGEST_BYTES } from '../compute/chunk-operations';
import { CHUNK_KINDS } from '../format/chunk-kinds';
import { CHUNKS_PER_SLOT_MAX, SEGMENT_BYTES, SLOT_BYTES, SLOT_CHUNK_BYTES_MIN } from '../limits';
import { type BlockMap } from '../map/block-map';
import { blocksPerRegion, Region } from '../map/region';
import { type Segment } from './ingest-buffers';
import { type IngestContext } from './ingest-context';
import { type PackWriter } from './pack-writer';
import { type PatchGathering } from './patch-gathering';
import { type PieceChunks } from './piece-chunks';

const DIGEST_WORDS = DIGEST_BYTES / 4;

export interface PlacementParts {
  readonly context: IngestContext;
  readonly chunks: PieceChunks;
  readonly packs: PackWriter;
  readonly patches: PatchGathering;
  /** Null for a stream without one. */
  readonly map: BlockMap | null;
}

/** One cut of a segment; its memory is used again for the next. */
interface Cut {
  offset: number;
  length: number;
  kind: number;
  units: number;
  /** Number of its first unit in the segment. */
  firstUnit: number;
  /** Of a slot: size of its blocks, and address of the first block of their region. */
  blockBytes: number;
  firstOfRegion: number;
}

/** A segment with what was found out about it. */
interface SegmentFacts {
  readonly bytes: Uint8Array;
  readonly digests: Uint8Array;
  /** The same, four bytes a number. */
  readonly digestWords: Uint32Array;
  readonly addresses: Uint32Array;
}

export class SlotPlacement {
  private bytesNewTotal = 0;
  private fresh: { cuts: number[]; ids: Uint8Array[]; rows: number[] } = { cuts: [], ids: [], rows: [] };
  /** Row that holds each block of the slot at hand, -1 where it changed. */
  private readonly found = new Int32Array(SLOT_BYTES / 2048);

  constructor(private readonly parts: PlacementParts) {}

  /** Bytes in chunks the vault did not hold. */
  get bytesNew(): number {
    return this.bytesNewTotal;
  }

  /** Places every cut of the segment in order; its new chunks are in packs when the promise settles. */
  async place(segment: Segment, { cuts, addresses }: CutResult): Promise<void> {
    const { digests } = segment;
    const facts: SegmentFacts = {
      bytes: segment.bytes,
      digests,
      digestWords: new Uint32Array(digests.buffer, digests.byteOffset, digests.length / 4),
      addresses,
    };
    const cut: Cut = {
      offset: 0,
      length: 0,
      kind: 0,
      units: 0,
      firstUnit: 0,
      blockBytes: 0,
      firstOfRegion: 0,
    };
    for (let i = 0; i < cuts.length; i += CUT_FIELDS) {
      cut.firstUnit += cut.units;
      cut.offset = cuts[i] ?? 0;
      cut.length = cuts[i + 1] ?? 0;
      cut.kind = cuts[i + 2] ?? 0;
      cut.units = cuts[i + 3] ?? 1;
      if (cut.kind !== CHUNK_KINDS.slot || this.parts.map === null) {
        this.placeWhole(facts, cut);
        continue;
      }
      const region = this.regionOf(facts, cut, this.parts.map);
      if (!this.parts.patches.hasRoomFor(cut.length)) await this.sealPatches();
      this.placeSlot(facts, cut, region instanceof Region ? region : await region);
    }
    const fresh = this.fresh;
    this.fresh = { cuts: [], ids: [], rows: [] };
    await this.parts.packs.add(new Uint8Array(segment.shared, 0, SEGMENT_BYTES), fresh);
  }

  /** Seals the blocks gathered so far. */
  async sealPatches(): Promise<void> {
    const { packs, patches } = this.parts;
    await packs.add(new Uint8Array(patches.memory), patches.take());
  }

  /** @returns row of the chunk */
  private placeWhole(facts: SegmentFacts, cut: Cut): number {
    const { context, chunks } = this.parts;
    const digests = facts.digests.subarray(
      cut.firstUnit * DIGEST_BYTES,
      (cut.firstUnit + cut.units) * DIGEST_BYTES,
    );
    const id = chunkIdOf(context.keys.idKey, cut, digests);
    let row = chunks.table.find(id);
    if (row < 0) {
      const stored = context.findStored(id);
      row = stored === null ? this.addFresh(id, cut) : chunks.use(id, stored);
    }
    chunks.extend(row, 0, cut.length);
    return row;
  }

  private addFresh(id: Uint8Array, cut: Cut): number {
    const row = this.parts.chunks.addNew(id, cut);
    this.fresh.cuts.push(cut.offset, cut.length, cut.kind, cut.units);
    this.fresh.ids.push(id);
    this.fresh.rows.push(row);
    this.bytesNewTotal += cut.length;
    return row;
  }

  /** The part of the map that knows the slot's blocks; most slots lie in the one at hand. */
  private regionOf(facts: SegmentFacts, cut: Cut, map: BlockMap): Region | Promise<Region> {
    cut.blockBytes = cut.length / cut.units;
    const perRegion = blocksPerRegion(cut.blockBytes);
    const number = Math.floor((facts.addresses[cut.firstUnit] ?? 0) / perRegion);
    cut.firstOfRegion = number * perRegion;
    return map.atHand(cut.blockBytes, number) ?? map.load({ blockBytes: cut.blockBytes, region: number });
  }

  private placeSlot(facts: SegmentFacts, cut: Cut, region: Region): void {
    const held = this.lookUp(facts, cut, region);
    if (held === cut.units) return this.placeHeld(facts, cut, region);
    const isWhole =
      held === 0 ? cut.length >= SLOT_CHUNK_BYTES_MIN : this.chunksHeld(cut.units) + 1 > CHUNKS_PER_SLOT_MAX;
    if (isWhole) this.placeAnew(facts, cut, region);
    else this.placePatched(facts, cut, region);
  }

  /** @returns how many blocks of the slot a chunk holds already */
  private lookUp(facts: SegmentFacts, cut: Cut, region: Region): number {
    let held = 0;
    for (let unit = 0; unit < cut.units; unit += 1) {
      const row = region.find(
        blockOf(facts, cut, unit),
        facts.digestWords,
        (cut.firstUnit + unit) * DIGEST_WORDS,
      );
      this.found[unit] = row;
      if (row >= 0) held += 1;
    }
    return held;
  }

  private chunksHeld(units: number): number {
    return new Set(this.found.subarray(0, units).filter((row) => row >= 0)).size;
  }

  private placeHeld(facts: SegmentFacts, cut: Cut, region: Region): void {
    const { blockBytes } = cut;
    for (let unit = 0; unit < cut.units; unit += 1)
      this.parts.chunks.extend(
        this.found[unit] ?? 0,
        region.unitOf(blockOf(facts, cut, unit)) * blockBytes,
        blockBytes,
      );
  }

  /** As one chunk, which may be one the vault holds. */
  private placeAnew(facts: SegmentFacts, cut: Cut, region: Region): void {
    const row = this.placeWhole(facts, cut);
    for (let unit = 0; unit < cut.units; unit += 1)
      region.set(blockOf(facts, cut, unit), facts.digestWords, (cut.firstUnit + unit) * DIGEST_WORDS, {
        row,
        unit,
      });
  }

  private placePatched(facts: SegmentFacts, cut: Cut, region: Region): void {
    const { chunks, patches } = this.parts;
    const { blockBytes } = cut;
    for (let unit = 0; unit < cut.units; unit += 1) {
      const row = this.found[unit] ?? -1;
      if (row >= 0) {
        chunks.extend(row, region.unitOf(blockOf(facts, cut, unit)) * blockBytes, blockBytes);
        continue;
      }
      const from = cut.offset + unit * blockBytes;
      const digestAt = (cut.firstUnit + unit) * DIGEST_BYTES;
      const placed = patches.add(
        facts.bytes.subarray(from, from + blockBytes),
        facts.digests.subarray(digestAt, digestAt + DIGEST_BYTES),
      );
      region.set(blockOf(facts, cut, unit), facts.digestWords, (cut.firstUnit + unit) * DIGEST_WORDS, placed);
      chunks.extend(placed.row, placed.unit * blockBytes, blockBytes);
      this.bytesNewTotal += blockBytes;
    }
  }
}

/** Number of a block inside its region. */
function blockOf(facts: SegmentFacts, cut: Cut, unit: number): number {
  return (facts.addresses[cut.firstUnit + unit] ?? 0) - cut.firstOfRegion;
}
