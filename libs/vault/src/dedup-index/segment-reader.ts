// One segment, ready for look-ups: fences and filter are in memory (about 1.6 bytes per chunk), everything else is read page by page.
import { ID_BYTES } from '../compute/chunk-operations';
import { LOCATION } from '../format/chunk-table';
import {
  CHUNKS_PER_PAGE,
  FENCE_BYTES,
  FOOTER_BYTES,
  layoutOf,
  locationIn,
  packIn,
  packPlace,
  PAGE_BODY_BYTES,
  PAGE_BYTES,
  parseFooter,
  SegmentCipher,
  type SegmentHead,
  type SegmentLayout,
} from '../format/index-segment';
import { type PackRef } from '../format/pack';
import { type StoredChunk } from '../format/stored-chunk';
import { damaged, VaultError } from '../vault-error';
import { IdFilter } from './id-filter';
import { IndexCacheError, memoryBytes, type SegmentBytes } from './segment-bytes';

export interface SegmentReaderOptions {
  /** `<n>-<sid>` */
  readonly name: string;
  readonly objectKey: string;
  readonly metaKey: Uint8Array;
  /** A page turned out to be damaged: its chunks count as absent. Called once. */
  onDamage(): void;
}

/** Reads are synchronous, so one buffer serves all of them. */
const sealedPage = Buffer.alloc(PAGE_BYTES);

export class SegmentReader {
  readonly head: SegmentHead;
  private readonly cipher: SegmentCipher;
  private readonly layout: SegmentLayout;
  private readonly fences: Uint32Array;
  private readonly filter: IdFilter;
  private damageTold = false;
  /** Chunks that follow each other in a stream mostly lie in one pack. */
  private lastPack: { readonly number: number; readonly ref: PackRef } | null = null;

  /** Takes the bytes over. @throws VaultError damaged, RangeError, IndexCacheError; the bytes are closed then */
  constructor(
    private readonly bytes: SegmentBytes,
    private readonly options: SegmentReaderOptions,
  ) {
    try {
      const { objectKey } = options;
      const footer = parseFooter(
        this.bytesAt(bytes.size - FOOTER_BYTES, FOOTER_BYTES),
        bytes.size,
        objectKey,
      );
      this.cipher = new SegmentCipher(options.metaKey, footer.salt, objectKey);
      this.head = this.cipher.openHead(this.bytesAt(footer.pages * PAGE_BYTES, footer.headLength), objectKey);
      this.layout = layoutOf(this.head);
      if (this.layout.end !== footer.pages) throw damaged(objectKey, 'altered');
      const { fences, filter } = this.readSearchPages();
      this.fences = fences;
      this.filter = filter;
    } catch (error) {
      bytes.close();
      throw error;
    }
  }

  get name(): string {
    return this.options.name;
  }
  /** Share of all possible ids between its first and its last one. */
  get span(): number {
    return (this.head.last - this.head.first) / 2 ** 32;
  }
  get chunkPages(): number {
    return this.layout.packs;
  }

  /** @param prefix the id's first four bytes, big-endian */
  find(id: Buffer, prefix: number): StoredChunk | null {
    if (prefix < this.head.first || prefix > this.head.last || !this.filter.mayHold(id)) return null;
    for (let page = this.lastPageFrom(prefix); page >= 0; page -= 1) {
      const found = this.findInPage(page, id);
      if (found !== null) return found;
      if ((this.fences[page] ?? 0) < prefix) return null;
    }
    return null;
  }

  /** The body of a page of chunks, or null when it is damaged. */
  chunkPage(page: number): Buffer | null {
    return this.readPage(page);
  }

  rowsOfPage(page: number): number {
    return Math.min(CHUNKS_PER_PAGE, this.head.chunks - page * CHUNKS_PER_PAGE);
  }

  packAt(pack: number): PackRef | null {
    if (this.lastPack?.number === pack) return this.lastPack.ref;
    const { page, at } = packPlace(pack);
    const body = pack < this.head.packs ? this.readPage(this.layout.packs + page) : null;
    if (body === null) return null;
    this.lastPack = { number: pack, ref: packIn(body, at) };
    return this.lastPack.ref;
  }

  close(): void {
    this.bytes.close();
  }

  private findInPage(page: number, id: Buffer): StoredChunk | null {
    const body = this.readPage(page);
    if (body === null) return null;
    let [low, high] = [0, this.rowsOfPage(page) - 1];
    while (low <= high) {
      const row = (low + high) >>> 1;
      const order = body.compare(id, 0, ID_BYTES, row * ID_BYTES, (row + 1) * ID_BYTES);
      if (order === 0) return this.storedAt(body, row);
      if (order < 0) low = row + 1;
      else high = row - 1;
    }
    return null;
  }

  private storedAt(body: Buffer, row: number): StoredChunk | null {
    const location = locationIn(body, row);
    const pack = this.packAt(location[LOCATION.pack] ?? 0);
    return pack === null ? null : { pack, location };
  }

  /** The last page that begins at or before this prefix. */
  private lastPageFrom(prefix: number): number {
    let [low, high] = [0, this.fences.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.fences[middle] ?? 0) <= prefix) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private readSearchPages(): { fences: Uint32Array; filter: IdFilter } {
    const { packs, filter, end } = this.layout;
    const search = Buffer.allocUnsafeSlow((end - filter) * PAGE_BODY_BYTES);
    for (let page = filter; page < end; page += 1) {
      const body = this.openPage(page);
      if (body === null) throw damaged(this.options.objectKey, 'altered');
      body.copy(search, (page - filter) * PAGE_BODY_BYTES);
    }
    const fences = Uint32Array.from({ length: packs }, (_, page) => search.readUInt32BE(page * FENCE_BYTES));
    const bits = search.subarray(packs * FENCE_BYTES, packs * FENCE_BYTES + this.head.filterBits / 8);
    return { fences, filter: new IdFilter(bits) };
  }

  private readPage(page: number): Buffer | null {
    const body = this.openPage(page);
    if (body === null && !this.damageTold) {
      this.damageTold = true;
      this.options.onDamage();
    }
    return body;
  }

  private openPage(page: number): Buffer | null {
    try {
      return this.bytes.read(sealedPage, page * PAGE_BYTES) ? this.cipher.openPage(page, sealedPage) : null;
    } catch (error) {
      if (error instanceof IndexCacheError) return null; // an unreadable page is a damaged one
      throw error;
    }
  }

  private bytesAt(position: number, length: number): Buffer {
    if (position < 0 || position + length > this.bytes.size)
      throw damaged(this.options.objectKey, 'truncated');
    const into = Buffer.alloc(length);
    if (!this.bytes.read(into, position)) throw damaged(this.options.objectKey, 'truncated');
    return into;
  }
}

/** Reads every page of a segment. @throws VaultError damaged, unsupported-version */
export function checkSegment(bytes: Uint8Array, metaKey: Uint8Array, objectKey: string): void {
  const onDamage = (): never => {
    throw damaged(objectKey, 'altered');
  };
  const reader = new SegmentReader(memoryBytes(bytes), { name: objectKey, objectKey, metaKey, onDamage });
  for (let page = 0; page < reader.chunkPages; page += 1) reader.chunkPage(page);
  for (let pack = 0; pack < reader.head.packs; pack += 1) reader.packAt(pack);
}

/** Whether the error says that the bytes are no whole segment. */
export function isSegmentDamage(error: unknown): boolean {
  return (
    (error instanceof VaultError && (error.kind === 'damaged' || error.kind === 'unsupported-version')) ||
    error instanceof RangeError ||
    error instanceof SyntaxError
  );
}
