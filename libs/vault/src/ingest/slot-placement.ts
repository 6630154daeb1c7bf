// Where the bytes of a segment go: into chunks the vault holds, into new chunks, or block by block between old chunks and patches.
import { FINGERPRINT_WORDS, SLOT_TAG_WORDS } from '../compute/slot-marks';
import { chunkIdOf, DIGEST_BYTES } from '../compute/unit-digests';
import { CHUNK_KINDS } from '../format/chunk-kinds';
import { CHUNKS_PER_SLOT_MAX, SEGMENT_BYTES, SLOT_CHUNK_BYTES_MIN } from '../limits';
import { type BlockMap } from '../map/block-map';
import { type Region } from '../map/region';
import { BLOCKS_PER_SLOT_MAX, CutCursor } from './cut-cursor';
import { type ExaminedSegment } from './examined-segment';
import { type IngestContext } from './ingest-context';
import { type PackWriter } from './pack-writer';
import { type PatchGathering } from './patch-gathering';
import { type PieceChunks } from './piece-chunks';

export interface PlacementParts {
  readonly context: IngestContext;
  readonly chunks: PieceChunks;
  readonly packs: PackWriter;
  readonly patches: PatchGathering;
  /** Null for a stream without one. */
  readonly map: BlockMap | null;
}

export class SlotPlacement {
  private bytesNewTotal = 0;
  private fresh: { cuts: number[]; ids: Uint8Array[]; rows: number[] } = { cuts: [], ids: [], rows: [] };
  /** Row that holds each block of the slot at hand, -1 where it changed. */
  private readonly found = new Int32Array(BLOCKS_PER_SLOT_MAX);

  constructor(private readonly parts: PlacementParts) {}

  /** Bytes in chunks the vault did not hold. */
  get bytesNew(): number {
    return this.bytesNewTotal;
  }

  /** Places every cut of the segment in order; its new chunks are in packs when the promise settles. */
  async place(examined: ExaminedSegment): Promise<void> {
    const { map, packs } = this.parts;
    const cut = new CutCursor(examined.cut);
    while (cut.next()) {
      if (cut.kind === CHUNK_KINDS.slot && map !== null) {
        await this.placeMapped(examined, cut, map);
      } else {
        if (!examined.hasDigests(cut.number)) await this.digestFrom(examined, cut);
        this.placeWhole(examined, cut);
      }
    }
    const fresh = this.fresh;
    this.fresh = { cuts: [], ids: [], rows: [] };
    await packs.add(new Uint8Array(examined.segment.shared, 0, SEGMENT_BYTES), fresh);
  }

  /** Seals the blocks gathered so far. */
  async sealPatches(): Promise<void> {
    const { packs, patches } = this.parts;
    await packs.add(new Uint8Array(patches.memory), patches.take());
  }

  /** In one go for this cut and all that follow of which it is clear by now that they will need it. */
  private async digestFrom(examined: ExaminedSegment, from: CutCursor): Promise<void> {
    const wanted = new Uint8Array(examined.cutCount);
    const ahead = from.copy();
    do wanted[ahead.number] = this.mayBeRecognised(examined, ahead) ? 0 : 1;
    while (ahead.next());
    wanted[from.number] = 1;
    await examined.digest(wanted);
  }

  /** Parts of the map that are not at hand are looked at when the stream gets there. */
  private mayBeRecognised(examined: ExaminedSegment, cut: CutCursor): boolean {
    const { map } = this.parts;
    if (cut.kind !== CHUNK_KINDS.slot || map === null) return false;
    const region = map.atHand(cut.blockBytes, cut.region);
    return region?.recognises(cut, examined.tags, cut.number * SLOT_TAG_WORDS) ?? true;
  }

  /** @returns row of the chunk */
  private placeWhole(examined: ExaminedSegment, cut: CutCursor): number {
    const { context, chunks } = this.parts;
    const digests = examined.digests.subarray(
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

  private addFresh(id: Uint8Array, cut: CutCursor): number {
    const row = this.parts.chunks.addNew(id, cut);
    this.fresh.cuts.push(cut.offset, cut.length, cut.kind, cut.units);
    this.fresh.ids.push(id);
    this.fresh.rows.push(row);
    this.bytesNewTotal += cut.length;
    return row;
  }

  /** Most slots did not change and lie in the region at hand. */
  private async placeMapped(examined: ExaminedSegment, cut: CutCursor, map: BlockMap): Promise<void> {
    const { blockBytes, region: number } = cut;
    const region = map.atHand(blockBytes, number) ?? (await map.load({ blockBytes, region: number }));
    const tagAt = cut.number * SLOT_TAG_WORDS;
    if (!examined.hasDigests(cut.number)) {
      if (region.recognises(cut, examined.tags, tagAt) && this.findAll(cut, region))
        return this.placeHeld(cut, region);
      await this.digestFrom(examined, cut);
    }
    if (!this.parts.patches.hasRoomFor(cut.length)) await this.sealPatches();
    this.placeSlot(examined, cut, region);
    region.setTag(cut, examined.tags, tagAt);
  }

  private placeSlot(examined: ExaminedSegment, cut: CutCursor, region: Region): void {
    const held = this.lookUp(examined, cut, region);
    if (held === cut.units) return this.placeHeld(cut, region);
    const isWhole =
      held === 0 ? cut.length >= SLOT_CHUNK_BYTES_MIN : this.chunksHeld(cut.units) + 1 > CHUNKS_PER_SLOT_MAX;
    if (isWhole) this.placeAnew(examined, cut, region);
    else this.placePatched(examined, cut, region);
  }

  /** @returns false when a chunk of the slot must not be used */
  private findAll(cut: CutCursor, region: Region): boolean {
    for (let unit = 0; unit < cut.units; unit += 1) {
      const row = region.rowOf(cut.blocks[unit] ?? 0);
      if (row < 0) return false;
      this.found[unit] = row;
    }
    return true;
  }

  /** @returns how many blocks of the slot a chunk holds already */
  private lookUp({ fingerprints }: ExaminedSegment, cut: CutCursor, region: Region): number {
    let held = 0;
    for (let unit = 0; unit < cut.units; unit += 1) {
      const row = region.find(
        cut.blocks[unit] ?? 0,
        fingerprints,
        (cut.firstUnit + unit) * FINGERPRINT_WORDS,
      );
      this.found[unit] = row;
      if (row >= 0) held += 1;
    }
    return held;
  }

  private chunksHeld(units: number): number {
    return new Set(this.found.subarray(0, units).filter((row) => row >= 0)).size;
  }

  private placeHeld({ blockBytes, blocks, units }: CutCursor, region: Region): void {
    for (let unit = 0; unit < units; unit += 1)
      this.parts.chunks.extend(
        this.found[unit] ?? 0,
        region.unitOf(blocks[unit] ?? 0) * blockBytes,
        blockBytes,
      );
  }

  /** As one chunk, which may be one the vault holds. */
  private placeAnew(examined: ExaminedSegment, cut: CutCursor, region: Region): void {
    const row = this.placeWhole(examined, cut);
    for (let unit = 0; unit < cut.units; unit += 1)
      region.set(cut.blocks[unit] ?? 0, examined.fingerprints, (cut.firstUnit + unit) * FINGERPRINT_WORDS, {
        row,
        unit,
      });
  }

  private placePatched(examined: ExaminedSegment, cut: CutCursor, region: Region): void {
    const { chunks, patches } = this.parts;
    const { blockBytes, blocks } = cut;
    for (let unit = 0; unit < cut.units; unit += 1) {
      const row = this.found[unit] ?? -1;
      if (row >= 0) {
        chunks.extend(row, region.unitOf(blocks[unit] ?? 0) * blockBytes, blockBytes);
        continue;
      }
      const from = cut.offset + unit * blockBytes;
      const digestAt = (cut.firstUnit + unit) * DIGEST_BYTES;
      const placed = patches.add(
        examined.segment.bytes.subarray(from, from + blockBytes),
        examined.digests.subarray(digestAt, digestAt + DIGEST_BYTES),
      );
      region.set(
        blocks[unit] ?? 0,
        examined.fingerprints,
        (cut.firstUnit + unit) * FINGERPRINT_WORDS,
        placed,
      );
      chunks.extend(placed.row, placed.unit * blockBytes, blockBytes);
      this.bytesNewTotal += blockBytes;
    }
  }
}
