// One piece on its way in. The caller's bytes are copied into a segment of shared memory; a full segment is cut, hashed by a worker thread,
// looked up, and what is new is sealed into this piece's open pack. Segments are worked on in order; a caller that is faster than that
// waits. After close() resolves, every pack of the piece and its recipe are durable; before, nothing of it can be seen.
import { randomBytes } from 'node:crypto';
import { cutStream, CUT_FIELDS } from '../chunking/cut-stream';
import { FACT_FIELDS, ID_BYTES, SALT_BYTES } from '../compute/chunk-operations';
import { ChunkTable, LOCATION_FIELDS } from '../format/chunk-table';
import { OpenPack, type PackRef } from '../format/pack';
import { PackTable } from '../format/pack-table';
import { type Recipe } from '../format/recipe';
import { PACK_BYTES_MAX, SEGMENT_BYTES } from '../limits';
import { GrowingColumn } from './growing-column';
import { type Segment } from './ingest-buffers';
import { type IngestContext } from './ingest-context';

export interface PieceSummary {
  readonly handle: string;
  readonly recipeKey: string;
  readonly bytes: number;
  /** Bytes in chunks the vault did not hold. */
  readonly bytesNew: number;
  /** Bytes put into the bucket for this piece: packs and recipe. */
  readonly bytesStored: number;
}

/** The number of the pack that is still open; its real number is known when it is sealed. */
const OPEN_PACK = 0xffffffff;

export class PieceIngest {
  private readonly segments: readonly Segment[];
  private readonly freeSegments: Segment[];
  private segment: Segment | null = null;
  private filled = 0;
  private tail: Promise<void> = Promise.resolve();
  private failure: unknown = null;
  private readonly roomWaiters: (() => void)[] = [];

  private pack: { readonly open: OpenPack; readonly buffer: Buffer } | null = null;
  private readonly uploads: Promise<void>[] = [];
  private readonly packs = new PackTable();
  private readonly chunks = new ChunkTable();
  private readonly ids = new GrowingColumn();
  private readonly locations = new GrowingColumn();
  private readonly extents = new GrowingColumn();
  /** Locations before this one are settled: their packs are sealed. */
  private settledLocations = 0;
  private bytes = 0;
  private bytesNew = 0;
  private bytesStored = 0;
  private ended = false;

  constructor(
    private readonly context: IngestContext,
    readonly handle: string,
  ) {
    this.segments = context.buffers.pieceOpened();
    this.freeSegments = [...this.segments];
  }

  /** What has come in so far, for progress. */
  get totals(): { readonly bytesRead: number; readonly bytesNew: number; readonly bytesStored: number } {
    return { bytesRead: this.bytes, bytesNew: this.bytesNew, bytesStored: this.bytesStored };
  }

  /** Takes bytes; they are the caller's again when the promise settles. @throws what made the piece fail */
  async write(block: Uint8Array): Promise<void> {
    this.assertGoing();
    let from = 0;
    while (from < block.length) {
      const segment = this.segment ?? (await this.nextSegment());
      const take = Math.min(block.length - from, SEGMENT_BYTES - this.filled);
      segment.bytes.set(block.subarray(from, from + take), this.filled);
      this.filled += take;
      from += take;
      if (this.filled === SEGMENT_BYTES) await this.handOver(false);
    }
    this.bytes += block.length;
  }

  /** Makes the piece durable and findable. @throws what made it fail; it then left nothing that can be seen. */
  async close(): Promise<PieceSummary> {
    this.assertGoing();
    try {
      if (this.segment !== null) await this.handOver(true);
      await this.tail;
      this.assertGoing();
      await this.sealPack();
      await Promise.all(this.uploads);
      const { recipeKey, bytes } = await this.context.writeRecipe(this.recipe());
      this.bytesStored += bytes;
      this.end();
      return {
        handle: this.handle,
        recipeKey,
        bytes: this.bytes,
        bytesNew: this.bytesNew,
        bytesStored: this.bytesStored,
      };
    } catch (error) {
      this.fail(error);
      await this.abort();
      throw error;
    }
  }

  /** Throws the piece away. Packs that were uploaded stay as garbage, or as chunks the next run finds. */
  async abort(): Promise<void> {
    if (this.ended) return;
    this.failure ??= new Error('the piece was aborted');
    await this.tail;
    await Promise.allSettled(this.uploads);
    if (this.pack !== null) this.context.buffers.giveBackPack(this.pack.buffer);
    this.pack = null;
    this.end();
  }

  private async nextSegment(): Promise<Segment> {
    for (;;) {
      const free = this.freeSegments.pop();
      if (free !== undefined) {
        this.segment = free;
        this.filled = 0;
        return free;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      this.roomWaiters.push(resolve);
      await promise;
      this.assertGoing();
    }
  }

  /** Cuts the segment, starts hashing it, queues the rest behind what came before, and carries the unfinished chunk over. */
  private async handOver(last: boolean): Promise<void> {
    const full = this.segment;
    if (full === null) return;
    const view = full.bytes.subarray(0, this.filled);
    const { cuts, carriedFrom } = cutStream(view, last);
    const digested = this.context.compute.digest({
      idKey: this.context.keys.idKey,
      bytes: sharedView(full, carriedFrom),
      cuts,
    });
    digested.catch(() => undefined); // awaited below, in order
    this.segment = null;
    if (carriedFrom < view.length) {
      const rest = Buffer.from(view.subarray(carriedFrom));
      const next = await this.nextSegment();
      next.bytes.set(rest, 0);
      this.filled = rest.length;
    }
    this.tail = this.tail
      .then(() => this.store(full, cuts, digested))
      .catch((error: unknown) => this.fail(error));
  }

  private async store(segment: Segment, cuts: Uint32Array, digested: Promise<Uint8Array>): Promise<void> {
    if (this.failure !== null) return;
    const ids = await digested;
    const fresh = this.place(cuts, ids);
    if (fresh.cuts.length > 0) await this.seal(segment, fresh);
    this.freeSegments.push(segment);
    this.roomWaiters.shift()?.();
  }

  /** Gives every chunk its number, and finds out which are new to this piece and to the vault. */
  private place(cuts: Uint32Array, ids: Uint8Array): { cuts: Uint32Array; ids: Buffer; numbers: number[] } {
    const fresh: { cuts: number[]; ids: Uint8Array[]; numbers: number[] } = {
      cuts: [],
      ids: [],
      numbers: [],
    };
    for (let i = 0; i < cuts.length / CUT_FIELDS; i += 1) {
      const id = ids.subarray(i * ID_BYTES, (i + 1) * ID_BYTES);
      const [offset = 0, length = 0, kind = 0] = cuts.subarray(i * CUT_FIELDS, (i + 1) * CUT_FIELDS);
      const known = this.chunks.find(id);
      let number = known === null ? -1 : (known[0] ?? 0);
      if (known === null) {
        number = this.ids.length / (ID_BYTES / 4);
        this.ids.push(new Uint32Array(Uint8Array.from(id).buffer));
        const stored = this.context.findStored(id);
        if (stored === null) {
          fresh.cuts.push(offset, length, kind);
          fresh.ids.push(id);
          fresh.numbers.push(number);
          this.locations.push([OPEN_PACK, 0, 0, 0, length, kind, 0]);
          this.bytesNew += length;
        } else {
          this.locations.push([this.packs.numberOf(stored.pack), ...stored.location.subarray(1)]);
        }
        this.chunks.add(id, [number, 0, 0, 0, 0, 0, 0]);
      }
      this.extents.push([number, 0, length]);
    }
    return { cuts: Uint32Array.from(fresh.cuts), ids: Buffer.concat(fresh.ids), numbers: fresh.numbers };
  }

  private async seal(
    segment: Segment,
    fresh: { cuts: Uint32Array; ids: Buffer; numbers: number[] },
  ): Promise<void> {
    const pack = await this.openPack();
    const firstOrdinal = pack.nextOrdinal;
    const sealed = await this.context.compute.seal({
      ...pack.context,
      bytes: sharedView(segment, SEGMENT_BYTES),
      cuts: fresh.cuts,
      ids: fresh.ids,
      firstOrdinal,
    });
    const offsets = pack.add(sealed, fresh.cuts, fresh.ids);
    fresh.numbers.forEach((number, i) => {
      const [clen = 0, compression = 0] = sealed.facts.subarray(i * FACT_FIELDS, (i + 1) * FACT_FIELDS);
      const at = number * LOCATION_FIELDS;
      this.locations.set(at + 1, firstOrdinal + i);
      this.locations.set(at + 2, offsets[i] ?? 0);
      this.locations.set(at + 3, clen);
      this.locations.set(at + 6, compression);
    });
    if (pack.bytes > PACK_BYTES_MAX - SEGMENT_BYTES) await this.sealPack();
  }

  private async openPack(): Promise<OpenPack> {
    if (this.pack === null) {
      const buffer = await this.context.buffers.takePack();
      const { keys, vaultId, sid } = this.context;
      this.pack = {
        buffer,
        open: new OpenPack(buffer, { encKey: keys.encKey, vaultId, packSalt: randomBytes(SALT_BYTES) }, sid),
      };
    }
    return this.pack.open;
  }

  /** Ends the open pack and starts its upload; the chunks in it learn the pack's number. */
  private async sealPack(): Promise<void> {
    const sealing = this.pack;
    if (sealing === null) return;
    this.pack = null;
    const { bytes, pack } = sealing.open.seal();
    this.bytesStored += bytes.length;
    const number = this.packs.numberOf(pack);
    const settled: number[] = [];
    for (let i = this.settledLocations; i < this.locations.length; i += LOCATION_FIELDS) {
      if (this.locations.get(i) !== OPEN_PACK) continue;
      this.locations.set(i, number);
      settled.push(i / LOCATION_FIELDS);
    }
    this.settledLocations = this.locations.length;
    const upload = this.upload(sealing.buffer, bytes, pack, settled);
    upload.catch((error: unknown) => this.fail(error));
    this.uploads.push(upload);
  }

  private async upload(
    buffer: Buffer,
    bytes: Buffer,
    pack: PackRef,
    chunkNumbers: readonly number[],
  ): Promise<void> {
    try {
      await this.context.uploadPack(pack, bytes);
    } finally {
      this.context.buffers.giveBackPack(buffer);
    }
    for (const number of chunkNumbers) {
      this.context.learnStored(
        this.idAt(number),
        pack,
        this.locations.slice(number * LOCATION_FIELDS, LOCATION_FIELDS),
      );
    }
  }

  private idAt(number: number): Uint8Array {
    const words = this.ids.slice((number * ID_BYTES) / 4, ID_BYTES / 4);
    return new Uint8Array(words.buffer, words.byteOffset, ID_BYTES);
  }

  private recipe(): Omit<Recipe, 'createdAt' | 'dbid'> {
    const ids = this.ids.slice(0, this.ids.length);
    return {
      handle: this.handle,
      bytes: this.bytes,
      bytesNew: this.bytesNew,
      bytesStored: this.bytesStored,
      packs: this.packs,
      ids: Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength),
      locations: this.locations.slice(0, this.locations.length),
      extents: this.extents.slice(0, this.extents.length),
    };
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
    this.context.buffers.pieceEnded(this.segments);
    this.context.pieceEnded(this.handle);
  }
}

/** Without Buffer's wrapping, so that only the shared memory itself is passed to a thread. */
function sharedView(segment: Segment, length: number): Uint8Array {
  return new Uint8Array(segment.shared, 0, length);
}
