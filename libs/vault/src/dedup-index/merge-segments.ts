// Sorted segments become fewer: all are read side by side, a page of each in memory, and their chunks go into new segments in the order of
// their ids. Chunks whose packs cannot be used are left out; of a chunk that is there twice the source named first counts.
import { setImmediate as otherWork } from 'node:timers/promises';
import { ID_BYTES } from '../compute/chunk-operations';
import { LOCATION } from '../format/chunk-table';
import { fieldAt } from '../format/index-segment';
import { type PackRef } from '../format/pack';
import { INDEX_MERGE_STEP_CHUNKS, INDEX_SEGMENT_CHUNKS_MAX, INDEX_SEGMENTS_MAX } from '../limits';
import { SegmentBuilder } from './segment-builder';
import { type SegmentReader } from './segment-reader';

/** What a decision to merge looks at. */
export interface MergeCandidate {
  readonly head: { readonly chunks: number };
  /** Share of all ids it spans. */
  readonly span: number;
}

/** Small segments are merged among themselves; large ones when too many of them span the same ids. */
export function segmentsToMerge<S extends MergeCandidate>(segments: readonly S[]): readonly S[] {
  const small = segments.filter(({ head }) => head.chunks < INDEX_SEGMENT_CHUNKS_MAX / 2);
  if (small.length > INDEX_SEGMENTS_MAX) return small;
  const large = segments.filter(({ head }) => head.chunks >= INDEX_SEGMENT_CHUNKS_MAX / 2);
  return large.reduce((sum, { span }) => sum + span, 0) > INDEX_SEGMENTS_MAX ? segments : [];
}

export interface Merge {
  readonly sources: readonly SegmentReader[];
  readonly metaKey: Uint8Array;
  /** Names of segments that the new ones stand for. Only the last new segment says so: the others are durable by then. */
  readonly replaces: readonly string[];
  readonly chunksMax?: number;
  readonly isUsable: (pack: PackRef) => boolean;
  /** What the next segment will be called. */
  nextObjectKey(): string;
  /** Makes it durable. */
  write(sealed: Buffer): Promise<void>;
}

/** @returns how many chunks the new segments hold */
export async function mergeSegments(merge: Merge): Promise<number> {
  const cursors = merge.sources.map((source) => new Cursor(source));
  const total = merge.sources.reduce((sum, { head }) => sum + head.chunks, 0);
  const segments = Math.max(1, Math.ceil(total / (merge.chunksMax ?? INDEX_SEGMENT_CHUNKS_MAX)));
  const previous = Buffer.alloc(ID_BYTES);
  const state = { cursors, isUsable: merge.isUsable, previous, any: false };
  let written = 0;
  for (let last = false; !last;) {
    const chunksMax = Math.ceil(total / segments);
    const objectKey = merge.nextObjectKey();
    const builder = new SegmentBuilder({ metaKey: merge.metaKey, objectKey, chunksMax });
    for (const cursor of cursors) cursor.forgetPackNumbers();
    await fill(builder, chunksMax, state);
    last = cursors.every((cursor) => cursor.prefix === Infinity);
    await merge.write(builder.seal(last ? merge.replaces : []));
    written += builder.chunks;
  }
  return written;
}

interface Filling {
  readonly cursors: readonly Cursor[];
  readonly isUsable: (pack: PackRef) => boolean;
  /** The id taken last, if any. */
  readonly previous: Buffer;
  any: boolean;
}

async function fill(builder: SegmentBuilder, chunksMax: number, state: Filling): Promise<void> {
  for (let step = 1; builder.chunks < chunksMax; step += 1) {
    const cursor = lowest(state.cursors);
    if (cursor === null) return;
    const known = state.any && cursor.compareId(state.previous) === 0;
    const pack = known ? null : cursor.packNumber(builder, state.isUsable);
    if (pack !== null) {
      cursor.copyId(state.previous);
      state.any = true;
      builder.copy(state.previous, pack, cursor);
    }
    cursor.advance();
    if (step % INDEX_MERGE_STEP_CHUNKS === 0) await otherWork();
  }
}

function lowest(cursors: readonly Cursor[]): Cursor | null {
  let found: Cursor | null = null;
  for (const cursor of cursors) {
    if (cursor.prefix === Infinity) continue;
    if (found === null || cursor.prefix < found.prefix) found = cursor;
    else if (cursor.prefix === found.prefix && cursor.compareId(found.id()) < 0) found = cursor;
  }
  return found;
}

const UNKNOWN = 0;
const UNUSABLE = 1;
const FIRST_NUMBER = 2;
/** Bytes of an id that a JavaScript number holds exactly. */
const PREFIX_BYTES = 6;

/** Walks through one segment. */
class Cursor {
  /** The id's first six bytes; Infinity at the end. */
  prefix = -1;
  row = -1;
  page: Buffer = Buffer.alloc(0);
  private pageNumber = -1;
  private rows = 0;
  /** By pack of the segment: its number in the segment being built + FIRST_NUMBER, or what is known of it. */
  private readonly numbers: Uint32Array;

  constructor(private readonly source: SegmentReader) {
    this.numbers = new Uint32Array(source.head.packs);
    this.advance();
  }

  /** A page that is damaged is passed over: its chunks are lost to the index, and stored again when they come. */
  advance(): void {
    this.row += 1;
    while (this.row >= this.rows) {
      this.row = 0;
      this.pageNumber += 1;
      if (this.pageNumber >= this.source.chunkPages) {
        this.prefix = Infinity;
        return;
      }
      const page = this.source.chunkPage(this.pageNumber);
      this.rows = page === null ? 0 : this.source.rowsOfPage(this.pageNumber);
      if (page !== null) this.page = page;
    }
    this.prefix = this.page.readUIntBE(this.row * ID_BYTES, PREFIX_BYTES);
  }

  id(): Buffer {
    return this.page.subarray(this.row * ID_BYTES, (this.row + 1) * ID_BYTES);
  }

  copyId(into: Buffer): void {
    this.page.copy(into, 0, this.row * ID_BYTES, (this.row + 1) * ID_BYTES);
  }

  /** As Buffer.compare: this id against another. */
  compareId(other: Buffer): number {
    return this.page.compare(other, 0, ID_BYTES, this.row * ID_BYTES, (this.row + 1) * ID_BYTES);
  }

  forgetPackNumbers(): void {
    this.numbers.fill(UNKNOWN);
  }

  /** Number of this chunk's pack in the segment being built, or null when it cannot be used. */
  packNumber(builder: SegmentBuilder, isUsable: (pack: PackRef) => boolean): number | null {
    const pack = fieldAt(this.page, this.row, LOCATION.pack);
    if (this.numbers[pack] === UNKNOWN) {
      const ref = this.source.packAt(pack);
      this.numbers[pack] = ref === null || !isUsable(ref) ? UNUSABLE : FIRST_NUMBER + builder.numberOf(ref);
    }
    const number = this.numbers[pack] ?? UNUSABLE;
    return number === UNUSABLE ? null : number - FIRST_NUMBER;
  }
}
