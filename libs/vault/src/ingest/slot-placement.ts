// Where the bytes of a segment go: into chunks the vault holds, into new chunks, or block by block between old chunks and patches.
import { CUT_FIELDS, type CutResult } from '../chunking/cut-stream';
import { chunkIdOf, DIGEST_BYTES, type ChunkShape } from '../compute/chunk-operations';
import { CHUNK_KINDS } from '../format/chunk-kinds';
import { CHUNKS_PER_SLOT_MAX, SEGMENT_BYTES, SLOT_BYTES, SLOT_CHUNK_BYTES_MIN } from '../limits';
import { type BlockMap } from '../map/block-map';
import { blocksPerRegion, type Region } from '../map/region';
import { type SharedBuffer } from './ingest-buffers';
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

/** One cut of a segment. */
interface Cut extends ChunkShape {
  readonly offset: number;
  /** Number of its first unit in the segment. */
  readonly firstUnit: number;
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

  /** Places every cut of the segment in order; its new chunks are in packs when the promise settles. @param digests sha256 of each unit */
  async place(segment: SharedBuffer, { cuts, addresses }: CutResult, digests: Uint8Array): Promise<void> {
    const facts: SegmentFacts = {
      bytes: segment.bytes,
      digests,
      digestWords: new Uint32Array(digests.buffer, digests.byteOffset, digests.length / 4),
      addresses,
    };
    let firstUnit = 0;
    for (let i = 0; i < cuts.length; i += CUT_FIELDS) {
      const [offset = 0, length = 0, kind = 0, units = 1] = cuts.subarray(i, i + CUT_FIELDS);
      const cut: Cut = { offset, length, kind, units, firstUnit };
      if (kind === CHUNK_KINDS.slot && this.parts.map !== null)
        await this.placeSlot(facts, cut, this.parts.map);
      else this.placeWhole(facts, cut);
      firstUnit += units;
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

  private async placeSlot(facts: SegmentFacts, cut: Cut, map: BlockMap): Promise<void> {
    const blockBytes = cut.length / cut.units;
    const perRegion = blocksPerRegion(blockBytes);
    const number = Math.floor((facts.addresses[cut.firstUnit] ?? 0) / perRegion);
    const region = map.atHand(blockBytes, number) ?? (await map.load({ blockBytes, region: number }));
    const blockOf = (unit: number): number =>
      (facts.addresses[cut.firstUnit + unit] ?? 0) - number * perRegion;
    const held = this.lookUp(facts, cut, region, blockOf);
    if (held === cut.units) return this.placeHeld(cut, region, blockOf);
    const isWhole =
      held === 0 ? cut.length >= SLOT_CHUNK_BYTES_MIN : this.chunksHeld(cut.units) + 1 > CHUNKS_PER_SLOT_MAX;
    if (isWhole) return this.placeAnew(facts, cut, region, blockOf);
    if (!this.parts.patches.hasRoomFor(cut.length)) await this.sealPatches();
    this.placePatched(facts, cut, region, blockOf);
  }

  /** @returns how many blocks of the slot a chunk holds already */
  private lookUp(facts: SegmentFacts, cut: Cut, region: Region, blockOf: (unit: number) => number): number {
    let held = 0;
    for (let unit = 0; unit < cut.units; unit += 1) {
      const row = region.find(blockOf(unit), facts.digestWords, (cut.firstUnit + unit) * DIGEST_WORDS);
      this.found[unit] = row;
      if (row >= 0) held += 1;
    }
    return held;
  }

  private chunksHeld(units: number): number {
    return new Set(this.found.subarray(0, units).filter((row) => row >= 0)).size;
  }

  private placeHeld(cut: Cut, region: Region, blockOf: (unit: number) => number): void {
    const blockBytes = cut.length / cut.units;
    for (let unit = 0; unit < cut.units; unit += 1)
      this.parts.chunks.extend(this.found[unit] ?? 0, region.unitOf(blockOf(unit)) * blockBytes, blockBytes);
  }

  /** As one chunk, which may be one the vault holds. */
  private placeAnew(facts: SegmentFacts, cut: Cut, region: Region, blockOf: (unit: number) => number): void {
    const row = this.placeWhole(facts, cut);
    for (let unit = 0; unit < cut.units; unit += 1)
      region.set(blockOf(unit), facts.digestWords, (cut.firstUnit + unit) * DIGEST_WORDS, { row, unit });
  }

  private placePatched(
    facts: SegmentFacts,
    cut: Cut,
    region: Region,
    blockOf: (unit: number) => number,
  ): void {
    const { chunks, patches } = this.parts;
    const blockBytes = cut.length / cut.units;
    for (let unit = 0; unit < cut.units; unit += 1) {
      const row = this.found[unit] ?? -1;
      if (row >= 0) {
        chunks.extend(row, region.unitOf(blockOf(unit)) * blockBytes, blockBytes);
        continue;
      }
      const from = cut.offset + unit * blockBytes;
      const digestAt = (cut.firstUnit + unit) * DIGEST_BYTES;
      const placed = patches.add(
        facts.bytes.subarray(from, from + blockBytes),
        facts.digests.subarray(digestAt, digestAt + DIGEST_BYTES),
      );
      region.set(blockOf(unit), facts.digestWords, (cut.firstUnit + unit) * DIGEST_WORDS, placed);
      chunks.extend(placed.row, placed.unit * blockBytes, blockBytes);
      this.bytesNewTotal += blockBytes;
    }
  }
}
