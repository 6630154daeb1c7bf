// Builds one segment from chunks that come in the order of their ids: pages are sealed as they fill, so that no more than the object itself
// and one page is held.
import { randomBytes } from 'node:crypto';
import { ID_BYTES, SALT_BYTES } from '../compute/chunk-operations';
import { type ChunkTable, LOCATION_FIELDS } from '../format/chunk-table';
import {
  CHUNKS_PER_PAGE,
  encodeFooter,
  FENCE_BYTES,
  PAGE_BODY_BYTES,
  PAGE_BYTES,
  packPages,
  SegmentCipher,
  setFieldAt,
  fieldAt,
} from '../format/index-segment';
import { type PackRef } from '../format/pack';
import { PackTable } from '../format/pack-table';
import { IdFilter } from './id-filter';

/** Head and footer of a segment that replaces a few dozen others, and its packs: what is longer makes the buffer grow. */
const TAIL_BYTES = 64 * 1024;

export interface SegmentBuilderOptions {
  readonly metaKey: Uint8Array;
  /** The name it will have in the bucket. */
  readonly objectKey: string;
  /** No more are added. */
  readonly chunksMax: number;
}

export class SegmentBuilder {
  private readonly salt = randomBytes(SALT_BYTES);
  private readonly cipher: SegmentCipher;
  private readonly packs = new PackTable();
  private readonly filter: IdFilter;
  private readonly fences: Buffer;
  private readonly page = Buffer.alloc(PAGE_BODY_BYTES);
  private inPage = 0;
  private pages = 0;
  private count = 0;
  private first = 0;
  private last = 0;
  private out: Buffer;
  private length = 0;

  constructor({ metaKey, objectKey, chunksMax }: SegmentBuilderOptions) {
    this.cipher = new SegmentCipher(metaKey, this.salt, objectKey);
    this.filter = IdFilter.forChunks(chunksMax);
    const pagesMax = Math.ceil(chunksMax / CHUNKS_PER_PAGE);
    this.fences = Buffer.alloc(pagesMax * FENCE_BYTES);
    const filterPages = Math.ceil((this.fences.length + this.filter.bytes.length) / PAGE_BODY_BYTES);
    this.out = Buffer.allocUnsafe((pagesMax + filterPages) * PAGE_BYTES + TAIL_BYTES);
  }

  get chunks(): number {
    return this.count;
  }

  numberOf(pack: PackRef): number {
    return this.packs.numberOf(pack);
  }

  /** A chunk whose location stands in memory. @param id 32 bytes, higher than the one before @param pack its number here */
  add(id: Buffer, pack: number, location: ArrayLike<number>): void {
    const row = this.takeRow(id, pack);
    for (let field = 1; field < LOCATION_FIELDS; field += 1)
      setFieldAt(this.page, row, field, location[field] ?? 0);
    this.rowAdded();
  }

  /** A chunk of another segment's page. @param pack its number here */
  copy(id: Buffer, pack: number, from: { readonly page: Buffer; readonly row: number }): void {
    const row = this.takeRow(id, pack);
    for (let field = 1; field < LOCATION_FIELDS; field += 1)
      setFieldAt(this.page, row, field, fieldAt(from.page, from.row, field));
    this.rowAdded();
  }

  /** @param replaces names of segments that readers ignore from now on */
  seal(replaces: readonly string[]): Buffer {
    if (this.inPage > 0) this.endPage();
    const chunkPages = this.pages;
    for (const page of packPages(this.packs.all())) this.appendPage(page);
    const search = Buffer.concat([this.fences.subarray(0, chunkPages * FENCE_BYTES), this.filter.bytes]);
    for (let at = 0; at < search.length; at += PAGE_BODY_BYTES) {
      const page = Buffer.alloc(PAGE_BODY_BYTES);
      search.copy(page, 0, at, at + PAGE_BODY_BYTES);
      this.appendPage(page);
    }
    const head = this.cipher.sealHead({
      v: 1,
      chunks: this.count,
      packs: this.packs.size,
      filterBits: this.filter.bytes.length * 8,
      first: this.first,
      last: this.last,
      replaces,
    });
    this.append(head);
    this.append(encodeFooter({ salt: this.salt, headLength: head.length, pages: this.pages }));
    return this.out.subarray(0, this.length);
  }

  private takeRow(id: Buffer, pack: number): number {
    const prefix = id.readUInt32BE(0);
    if (this.count === 0) this.first = prefix;
    if (this.inPage === 0) this.fences.writeUInt32BE(prefix, this.pages * FENCE_BYTES);
    this.last = prefix;
    this.filter.add(id);
    this.page.set(id, this.inPage * ID_BYTES);
    setFieldAt(this.page, this.inPage, 0, pack);
    return this.inPage;
  }

  private rowAdded(): void {
    this.count += 1;
    this.inPage += 1;
    if (this.inPage === CHUNKS_PER_PAGE) this.endPage();
  }

  private endPage(): void {
    this.appendPage(this.page);
    this.page.fill(0);
    this.inPage = 0;
  }

  private appendPage(body: Buffer): void {
    this.cipher.sealPage(this.pages, body, this.room(PAGE_BYTES));
    this.pages += 1;
  }

  private append(bytes: Buffer): void {
    this.room(bytes.length).set(bytes);
  }

  /** The next bytes of the segment, to be written. */
  private room(bytes: number): Buffer {
    if (this.length + bytes > this.out.length) {
      const grown = Buffer.allocUnsafe(Math.ceil((this.length + bytes) * 1.1));
      this.out.copy(grown, 0, 0, this.length);
      this.out = grown;
    }
    this.length += bytes;
    return this.out.subarray(this.length - bytes, this.length);
  }
}

/** The chunks of a table as a segment. @param packs those its locations number */
export function buildSegment(
  name: Omit<SegmentBuilderOptions, 'chunksMax'>,
  { chunks, packs }: { readonly chunks: ChunkTable; readonly packs: PackTable },
): Buffer {
  const ids = chunks.allIds();
  const order = Uint32Array.from({ length: chunks.size }, (_, row) => row).sort((a, b) =>
    ids.compare(ids, b * ID_BYTES, (b + 1) * ID_BYTES, a * ID_BYTES, (a + 1) * ID_BYTES),
  );
  const builder = new SegmentBuilder({ ...name, chunksMax: chunks.size });
  for (const row of order) {
    const location = chunks.locationAt(row);
    const pack = builder.numberOf(packs.at(location[0] ?? 0));
    builder.add(ids.subarray(row * ID_BYTES, (row + 1) * ID_BYTES), pack, location);
  }
  return builder.seal([]);
}
