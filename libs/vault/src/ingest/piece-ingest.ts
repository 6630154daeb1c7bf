// One piece on its way in. The caller's bytes are copied into a segment of shared memory; a full segment is cut, its blocks are hashed by a
// worker thread, and every cut finds its place: in chunks the vault holds, in new chunks, in patches. Segments are worked on in order; a
// caller that is faster than that waits. After close() resolves, every pack of the piece and its recipe are durable; before, nothing of it
// can be seen.
import { cutStream } from '../chunking/cut-stream';
import { gearTableOf, type GearTable } from '../chunking/gear';
import { INDEXED_KINDS } from '../format/chunk-kinds';
import { LOCATION } from '../format/chunk-table';
import { freeAtOnce } from '../format/free-at-once';
import { PACK_KINDS, type PackRef } from '../format/pack';
import {
  METADATA_PACK_BYTES_MAX,
  PACK_AGE_MS_MAX,
  PACK_BYTES_MAX,
  PACK_BYTES_SHORT_MAX,
  MAPPED_SLOT_BYTES,
  SEGMENT_BYTES,
  SLOT_BYTES,
} from '../limits';
import { type BlockMap } from '../map/block-map';
import { type PriorRegion } from '../map/prior-maps';
import { type Examination, ExaminedSegment } from './examined-segment';
import { type PieceBuffers, type Segment } from './ingest-buffers';
import { type IngestContext } from './ingest-context';
import { openBlockMap, writeLeavingRegions } from './mapped-piece';
import { PackWriter } from './pack-writer';
import { PatchGathering } from './patch-gathering';
import { PieceChunks } from './piece-chunks';
import { SlotPlacement } from './slot-placement';

export interface PieceSummary {
  readonly handle: string;
  readonly recipeKey: string;
  readonly bytes: number;
  /** Bytes in chunks the vault did not hold. */
  readonly bytesNew: number;
  /** Bytes put into the bucket for this piece: packs and recipe. */
  readonly bytesStored: number;
  /** Those of them that are no data: block maps and recipe. */
  readonly bytesMetadata: number;
}

const NOTHING = new Uint8Array(0);

function examinationFor(map: BlockMap | null): Examination {
  if (map === null) return 'digests';
  return map.hasPrior ? 'tags' : 'digests and tags';
}

export class PieceIngest {
  private readonly buffers: PieceBuffers;
  private readonly freeSegments: Segment[];
  private segment: Segment | null = null;
  private filled = 0;
  /** The unfinished chunk, where it lies in the segment before. */
  private carried: Uint8Array = NOTHING;
  private gridFrom = 0;
  private readonly gear: GearTable;
  private tail: Promise<void> = Promise.resolve();
  private failure: unknown = null;
  private readonly roomWaiters: (() => void)[] = [];
  private readonly stopping = new AbortController();

  private readonly chunks = new PieceChunks();
  private readonly packs: PackWriter;
  private readonly metadata: PackWriter;
  private readonly map: BlockMap | null;
  private readonly placement: SlotPlacement;
  private bytes = 0;
  private recipeBytes = 0;
  private ended = false;

  /** @param prior the block map of the data file this piece is of; null when it is of none */
  constructor(
    private readonly context: IngestContext,
    readonly handle: string,
    prior: readonly PriorRegion[] | null,
  ) {
    this.gear = gearTableOf(context.keys.gearKey);
    this.buffers = context.buffers.pieceOpened();
    this.freeSegments = [...this.buffers.segments];
    this.packs = this.dataPacks();
    this.metadata = this.metadataPacks();
    this.map = prior === null ? null : openBlockMap(context, this.chunks, prior);
    const { chunks, packs, map } = this;
    const patches = new PatchGathering(this.buffers.patches, chunks, context.keys.idKey);
    this.placement = new SlotPlacement({ context, chunks, packs, map, patches });
  }

  /** What has come in so far, for progress. */
  get totals(): { readonly bytesRead: number; readonly bytesNew: number; readonly bytesStored: number } {
    const bytesStored = this.packs.bytesStored + this.bytesMetadata;
    return { bytesRead: this.bytes, bytesNew: this.placement.bytesNew, bytesStored };
  }

  /**
   * Takes bytes, cut anywhere; they are the caller's again when the call returns or, where there is no room, when its promise settles.
   * @throws what made the piece fail
   */
  write(bytes: Uint8Array): Promise<void> | void {
    this.assertGoing();
    this.bytes += bytes.length;
    let from = 0;
    while (from < bytes.length) {
      const segment = this.segment ?? this.nextSegment();
      if (segment === null) return this.writeLater(bytes.subarray(from));
      const take = Math.min(bytes.length - from, SEGMENT_BYTES - this.filled);
      // As fill() Node copies with memmove; set() copies into shared memory word by word and takes several times as long.
      segment.bytes.fill(bytes.subarray(from, from + take), this.filled, this.filled + take);
      this.filled += take;
      from += take;
      if (this.filled === SEGMENT_BYTES) this.handOver(false);
    }
  }

  /** Makes the piece durable and findable. @throws what made it fail; it then left nothing that can be seen. */
  async close(): Promise<PieceSummary> {
    this.assertGoing();
    try {
      await this.handOverLast();
      await this.tail;
      this.assertGoing();
      this.map?.leaveAll();
      await this.sealPacks();
      await this.metadata.seal();
      await this.packs.uploaded();
      await this.metadata.uploaded();
      this.assertGoing();
      const recipeKey = await this.writeRecipe();
      this.end();
      const { bytesNew, bytesStored } = this.totals;
      return {
        handle: this.handle,
        recipeKey,
        bytes: this.bytes,
        bytesNew,
        bytesStored,
        bytesMetadata: this.bytesMetadata,
      };
    } catch (error) {
      this.fail(error);
      await this.abort();
      throw this.failure; // the first: an upload that was ended only says that it was
    }
  }

  /** Fails the piece at once: uploads under way end, and whoever waits for the piece goes on with this reason. `abort` is still to come. */
  stop(reason: Error): void {
    this.fail(reason);
    this.stopping.abort(reason);
  }

  /** Throws the piece away. Packs that were uploaded stay as garbage, or as chunks the next run finds. */
  async abort(): Promise<void> {
    if (this.ended) return;
    this.failure ??= new Error('the piece was aborted');
    await this.tail;
    await this.packs.abort();
    await this.metadata.abort();
    this.end();
  }

  private async handOverLast(): Promise<void> {
    if (this.segment === null && this.carried.length > 0) {
      await this.roomForSegment();
      this.nextSegment();
    }
    this.handOver(true);
  }

  private async writeLater(bytes: Uint8Array): Promise<void> {
    await this.roomForSegment();
    this.bytes -= bytes.length; // counted again
    await this.write(bytes);
  }

  private async roomForSegment(): Promise<void> {
    while (this.freeSegments.length === 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.roomWaiters.push(resolve);
      await promise;
      this.assertGoing();
    }
  }

  /** A segment to be filled, which begins with the chunk that was not finished; null when all are being worked on. */
  private nextSegment(): Segment | null {
    const free = this.freeSegments.pop();
    if (free === undefined) return null;
    free.bytes.set(this.carried); // a segment keeps its bytes until it is filled again, and may be the same one
    this.filled = this.carried.length;
    this.carried = NOTHING;
    this.segment = free;
    return free;
  }

  /** Cuts the segment, starts hashing it, queues the rest behind what came before, and carries the unfinished chunk over. */
  private handOver(last: boolean): void {
    const full = this.segment;
    if (full === null) return;
    const view = full.bytes.subarray(0, this.filled);
    const { gear, gridFrom, map, context } = this;
    const slotBytes = map === null ? SLOT_BYTES : MAPPED_SLOT_BYTES;
    const cut = cutStream(view, { gear, last, gridFrom, slotBytes });
    this.gridFrom = cut.nextGridFrom;
    const examined = ExaminedSegment.of(context, { segment: full, cut }, examinationFor(map));
    examined.catch(() => undefined); // awaited below, in order
    this.segment = null;
    this.carried = view.subarray(cut.carriedFrom);
    this.tail = this.tail.then(() => this.store(full, examined)).catch((error: unknown) => this.fail(error));
  }

  private async store(segment: Segment, examining: Promise<ExaminedSegment>): Promise<void> {
    const examined = await examining; // of a piece that failed, too: another one's bytes will be in this memory
    if (this.failure !== null) return;
    await this.placement.place(examined);
    freeAtOnce(examined.cut.addresses);
    if (this.packs.isFull) await this.sealPacks();
    this.freeSegments.push(segment);
    this.roomWaiters.shift()?.();
  }

  /** All chunks placed so far are then in sealed packs, so that the regions that left can name them. */
  private async sealPacks(): Promise<void> {
    await this.placement.sealPatches();
    await this.packs.seal();
    if (this.map !== null)
      await writeLeavingRegions(this.map, this.chunks, { context: this.context, metadata: this.metadata });
  }

  private async writeRecipe(): Promise<string> {
    const { bytesNew, bytesStored } = this.totals;
    const recipe = {
      handle: this.handle,
      bytes: this.bytes,
      bytesNew,
      bytesStored,
      ...this.chunks.takeForRecipe(),
      maps: this.map?.chainsOfRegions() ?? [],
    };
    const { recipeKey, bytes } = await this.context.writeRecipe(recipe, this.stopping.signal);
    this.recipeBytes = bytes;
    return recipeKey;
  }

  private get bytesMetadata(): number {
    return this.metadata.bytesStored + this.recipeBytes;
  }

  private dataPacks(): PackWriter {
    const { buffers } = this.context;
    return new PackWriter(this.context, this.chunks, {
      kind: PACK_KINDS.data,
      bytesMax: PACK_BYTES_MAX - PACK_BYTES_SHORT_MAX,
      ageMsMax: PACK_AGE_MS_MAX,
      stopped: this.stopping.signal,
      takeBuffer: () => buffers.takePack(),
      giveBackBuffer: (buffer) => buffers.giveBackPack(buffer),
      onDurable: (rows, pack) => this.learn(rows, pack),
      onFailure: (error) => this.fail(error),
    });
  }

  /** One buffer: the next pack waits until the one before is durable. */
  private metadataPacks(): PackWriter {
    let free = Promise.resolve();
    let release: () => void = () => undefined;
    return new PackWriter(this.context, this.chunks, {
      kind: PACK_KINDS.metadata,
      bytesMax: METADATA_PACK_BYTES_MAX,
      ageMsMax: Infinity, // what it names goes first
      stopped: this.stopping.signal,
      takeBuffer: async () => {
        await free;
        free = new Promise((resolve) => (release = resolve));
        return this.buffers.metadata;
      },
      giveBackBuffer: () => release(),
      onDurable: () => undefined,
      onFailure: (error) => this.fail(error),
    });
  }

  private learn(rows: readonly number[], pack: PackRef): void {
    for (const row of rows) {
      const location = Uint32Array.from(this.chunks.table.locationAt(row));
      if (INDEXED_KINDS.has(location[LOCATION.kind] ?? 0))
        this.context.learnStored(this.chunks.table.idAt(row), { pack, location });
    }
  }

  private fail(error: unknown): void {
    this.failure ??= error;
    for (const wake of this.roomWaiters.splice(0)) wake();
  }

  private assertGoing(): void {
    if (this.failure !== null)
      throw this.failure instanceof Error
        ? this.failure
        : new Error('the piece failed', { cause: this.failure });
    if (this.ended) throw new Error('invariant: the piece was ended before');
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.chunks.free();
    this.context.buffers.pieceEnded(this.buffers);
    this.context.pieceEnded(this.handle);
  }
}
