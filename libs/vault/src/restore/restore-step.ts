// One step of a restore: its chunks are taken from what was decoded before, or their frames are copied into shared memory, where threads
// open and check them. Chunks that an earlier step under way is opening are not opened twice.
import { ID_BYTES, OPEN_FIELDS } from '../compute/chunk-operations';
import { LOCATION } from '../format/chunk-table';
import { packObjectKey } from '../format/pack';
import { type Recipe } from '../format/recipe';
import { damaged } from '../vault-error';
import { type ReadPlan } from './plan-reads';
import { type RangesAhead } from './ranges-ahead';
import { frameEnd, frameToOpen, type ChunkSource, type WantedChunk } from './read-chunks';
import { type RestoreBuffers, type Slab } from './restore-buffers';

interface StepParts extends ChunkSource {
  readonly buffers: RestoreBuffers;
  readonly recipe: Recipe;
  /** Numbers of the recipe's packs among the decoded chunks. */
  readonly packNumbers: readonly number[];
  readonly plan: ReadPlan;
  readonly ahead: RangesAhead;
  /** Earlier steps that are under way. */
  readonly before: readonly RestoreStep[];
  chunkAt(row: number): WantedChunk;
}

/** Chunks of one pack with their places in the slab. */
interface Opening {
  readonly pack: number;
  readonly rows: number[];
  readonly framesAt: number;
  frameBytes: number;
  readonly chunksAt: number;
  chunkBytes: number;
}

export class RestoreStep {
  /** By row; complete when the step is ready. */
  readonly chunks = new Map<number, Buffer>();
  /** Rejects with what made the step fail. */
  ready: Promise<void> = Promise.resolve();
  private slab: Slab | null = null;
  private readonly opening = new Set<number>();

  constructor(
    readonly number: number,
    private readonly rows: ReadonlySet<number>,
    private readonly parts: StepParts,
  ) {}

  begin(): void {
    this.ready = this.run();
    this.ready.catch(() => undefined); // awaited in order
  }

  opens(row: number): boolean {
    return this.opening.has(row);
  }

  giveBack(): void {
    this.chunks.clear();
    if (this.slab !== null) this.parts.buffers.giveBack(this.slab);
    this.slab = null;
  }

  private async run(): Promise<void> {
    const awaited = new Set<RestoreStep>();
    const shared: number[] = [];
    for (const row of this.rows) {
      if (this.takeDecoded(row)) continue;
      const earlier = this.parts.before.find((step) => step.opens(row));
      if (earlier === undefined) this.opening.add(row);
      else {
        awaited.add(earlier);
        shared.push(row);
      }
    }
    await this.open([...this.opening]);
    await Promise.all([...awaited].map(({ ready }) => ready));
    for (const row of shared) if (!this.takeDecoded(row)) await this.openAlone(row);
  }

  private takeDecoded(row: number): boolean {
    const { pack, offset } = this.placeOf(row);
    const chunk = this.parts.buffers.decoded.get(this.parts.packNumbers[pack] ?? -1, offset);
    if (chunk === undefined) return false;
    this.chunks.set(row, chunk);
    return true;
  }

  /** What was decoded for an earlier step has been dropped since: a rare case. */
  private async openAlone(row: number): Promise<void> {
    const { location } = this.parts.chunkAt(row);
    const slab = this.parts.buffers.takeSlab(frameEnd(location), location[LOCATION.length] ?? 0);
    try {
      const [opening] = this.layOut([row]);
      if (opening !== undefined) await this.openPack(opening, slab);
      this.chunks.set(row, Buffer.from(this.chunks.get(row) ?? []));
    } finally {
      this.parts.buffers.giveBack(slab);
    }
  }

  private async open(rows: number[]): Promise<void> {
    if (rows.length === 0) return;
    const openings = this.layOut(rows);
    const last = openings.at(-1);
    if (last === undefined) return;
    const slab = this.parts.buffers.takeSlab(
      last.framesAt + last.frameBytes,
      last.chunksAt + last.chunkBytes,
    );
    this.slab = slab;
    // All of them end before the slab can be given back: threads write to it.
    const opened = await Promise.allSettled(openings.map((opening) => this.openPack(opening, slab)));
    for (const outcome of opened) if (outcome.status === 'rejected') throw outcome.reason;
  }

  /** The chunks by pack, one pack after the other in the slab. */
  private layOut(rows: number[]): Opening[] {
    const placed = rows.sort((a, b) => this.placeOf(a).pack - this.placeOf(b).pack || a - b);
    const openings: Opening[] = [];
    for (const row of placed) {
      const { pack, offset, location } = this.placeOf(row);
      let last = openings.at(-1);
      if (last?.pack !== pack) {
        const framesAt = last === undefined ? 0 : last.framesAt + last.frameBytes;
        const chunksAt = last === undefined ? 0 : last.chunksAt + last.chunkBytes;
        openings.push((last = { pack, rows: [], framesAt, frameBytes: 0, chunksAt, chunkBytes: 0 }));
      }
      last.rows.push(row);
      last.frameBytes += frameEnd(location) - offset;
      last.chunkBytes += location[LOCATION.length] ?? 0;
    }
    return openings;
  }

  private async openPack(
    { pack, rows, framesAt, frameBytes, chunksAt, chunkBytes }: Opening,
    slab: Slab,
  ): Promise<void> {
    const { keys, vaultId, compute, recipe } = this.parts;
    const frames = new Uint32Array(rows.length * OPEN_FIELDS);
    const ids = Buffer.alloc(rows.length * ID_BYTES);
    let at = 0;
    for (const [i, row] of rows.entries()) {
      const { id, location } = this.parts.chunkAt(row);
      const frame = await this.frameOf(row);
      slab.frames.fill(frame, framesAt + at, framesAt + at + frame.length); // memmove; see PieceIngest
      frames.set(frameToOpen(location, at), i * OPEN_FIELDS);
      ids.set(id, i * ID_BYTES);
      at += frame.length;
    }
    const ref = recipe.packs.at(pack);
    const opened = await compute.open({
      encKey: keys.encKey,
      idKey: keys.idKey,
      vaultId,
      packSalt: ref.salt,
      bytes: slab.frames.subarray(framesAt, framesAt + frameBytes),
      frames,
      ids,
      into: slab.chunks.subarray(chunksAt, chunksAt + chunkBytes),
    });
    if (opened.kind === 'altered') throw damaged(packObjectKey(ref), 'altered', recipe.handle);
    this.take(rows, slab.chunks.subarray(chunksAt, chunksAt + chunkBytes));
  }

  private take(rows: readonly number[], bytes: Buffer): void {
    const { decoded } = this.parts.buffers;
    let at = 0;
    for (const row of rows) {
      const { pack, offset, location } = this.placeOf(row);
      const chunk = bytes.subarray(at, (at += location[LOCATION.length] ?? 0));
      this.chunks.set(row, chunk);
      if ((this.parts.plan.lastUse[row] ?? 0) > this.number)
        decoded.keep(this.parts.packNumbers[pack] ?? -1, offset, chunk);
    }
  }

  private async frameOf(row: number): Promise<Uint8Array> {
    const { pack, offset, location } = this.placeOf(row);
    const end = frameEnd(location);
    const held =
      this.parts.ahead.get(this.parts.plan.rangeOf[row] ?? 0) ??
      (await this.parts.ahead.readAgain(pack, offset, end));
    const bytes = await held.bytes;
    return bytes.subarray(offset - held.range.start, end - held.range.start);
  }

  private placeOf(row: number): {
    readonly pack: number;
    readonly offset: number;
    readonly location: Uint32Array;
  } {
    const { location } = this.parts.chunkAt(row);
    return { pack: location[LOCATION.pack] ?? 0, offset: location[LOCATION.offset] ?? 0, location };
  }
}
