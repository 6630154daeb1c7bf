// Which chunks of one database the vault holds, and where. Sorted segments lie in the bucket and, as files, in this host's cache; what the
// session stored since the last segment is in memory. A look-up is synchronous: filters in memory, then one page of one file.
// Losing any of it loses nothing but space: damage and failures are reported, chunks count as new, the backup goes on. Segments are only
// ever added here; what a merge replaced is deleted by the collector.
import { join } from 'node:path';
import { ID_BYTES } from '../compute/chunk-operations';
import { ChunkTable, LOCATION } from '../format/chunk-table';
import { indexPrefixOf } from '../format/index-segment';
import { type PackRef } from '../format/pack';
import { PackTable } from '../format/pack-table';
import { type StoredChunk } from '../format/stored-chunk';
import { INDEX_CHUNKS_IN_MEMORY_MAX, INDEX_FETCHES_AT_ONCE, INDEX_FLUSH_BYTES } from '../limits';
import { forEachAtOnce } from '../session/at-once';
import { VaultError } from '../vault-error';
import { mergeSegments, segmentsToMerge } from './merge-segments';
import { buildSegment } from './segment-builder';
import { IndexCacheError, type SegmentBytes } from './segment-bytes';
import { directoryCache, memoryCache, type SegmentCache } from './segment-cache';
import { isSegmentDamage, SegmentReader } from './segment-reader';
import { listSegments, segmentParts, type IndexBucket, type ListedSegment } from './stored-segments';

export type IndexTrouble =
  /** An object in the bucket. A rebuild of the index replaces it. */
  | { readonly kind: 'segment-damaged'; readonly objectKey: string }
  /** This host's copy: it is fetched again. */
  | { readonly kind: 'cache-damaged'; readonly objectKey: string }
  /** The cache directory is full or cannot be used: what this segment names is stored again. */
  | { readonly kind: 'cache-unusable'; readonly objectKey: string; readonly cause: unknown }
  /** Tried again with the next segment, or with the next merge. */
  | { readonly kind: 'write-failed'; readonly cause: unknown };

export interface DedupIndexOptions extends IndexBucket {
  readonly sid: string;
  /** Parent of the cache directories of all databases; without one segments are held in memory, which only small vaults bear. */
  readonly cacheDirectory?: string | undefined;
  isUsable(pack: PackRef): boolean;
  report(trouble: IndexTrouble): void;
}

interface Table {
  readonly chunks: ChunkTable;
  readonly packs: PackTable;
}

/** Segment numbers of a session are padded, so that names sort as numbers do. */
const NUMBER_DIGITS = 6;

/** Opens all segments in force; those missing here are fetched. @throws ObjectStoreError */
export async function openDedupIndex(options: DedupIndexOptions): Promise<DedupIndex> {
  const index = new DedupIndex(options);
  await index.load();
  return index;
}

export function segmentNameOf(number: number, sid: string): string {
  return `${String(number).padStart(NUMBER_DIGITS, '0')}-${sid}`;
}

export class DedupIndex {
  private readonly cache: SegmentCache;
  private segments: SegmentReader[] = [];
  /** Names known to be in the bucket, replaced or not: what a merge has to name. */
  private readonly inBucket = new Set<string>();
  /** The last one takes what is learned; those before wait to be written. */
  private tables: Table[] = [newTable()];
  private learnedBytes = 0;
  private written = 0;
  private stored = 0;
  private writing: Promise<void> = Promise.resolve();
  private merging: Promise<void> | null = null;
  private mayMerge = true;
  /** Damaged files on their way out; at most one for each segment. */
  private readonly drops: Promise<unknown>[] = [];

  /** Use openDedupIndex. */
  constructor(private readonly options: DedupIndexOptions) {
    const { cacheDirectory, keys } = options;
    this.cache =
      cacheDirectory === undefined ? memoryCache() : directoryCache(join(cacheDirectory, keys.dbKey));
  }

  /** Bytes of the segments this session put into the bucket. */
  get bytesStored(): number {
    return this.stored;
  }

  /** @internal */
  async load(): Promise<void> {
    const listed = await listSegments(this.options);
    const replaced = new Set<string>();
    const opened: SegmentReader[] = [];
    await forEachAtOnce(listed, INDEX_FETCHES_AT_ONCE, async (segment) => {
      this.inBucket.add(segment.name);
      if (replaced.has(segment.name)) return;
      const reader = await this.openSegment(segment);
      if (reader === null) return;
      opened.push(reader);
      for (const name of reader.head.replaces) replaced.add(name);
    });
    for (const reader of opened) if (replaced.has(reader.name)) reader.close();
    this.segments = opened.filter(({ name }) => !replaced.has(name));
    await this.unlessCacheFails(this.options.keys.dbKey, () =>
      this.cache.keepOnly(new Set(this.segments.map(({ name }) => name))),
    );
  }

  /** Where a chunk lies durably, or null. Never a chunk in a pack that is not usable. */
  find(id: Uint8Array): StoredChunk | null {
    for (const { chunks, packs } of this.tables) {
      const row = chunks.find(id);
      if (row < 0) continue;
      const location = chunks.locationAt(row);
      return this.ifUsable({ pack: packs.at(location[LOCATION.pack] ?? 0), location });
    }
    const wanted = Buffer.from(id.buffer, id.byteOffset, ID_BYTES);
    const prefix = wanted.readUInt32BE(0);
    for (const segment of this.segments) {
      const found = segment.find(wanted, prefix);
      const usable = found === null ? null : this.ifUsable(found);
      if (usable !== null) return usable;
    }
    return null;
  }

  /** The chunk is durable from now on. */
  learn(id: Uint8Array, { pack, location }: StoredChunk): void {
    const table = this.newestTable();
    table.chunks.add(id, [table.packs.numberOf(pack), ...location.subarray(1)]);
    this.learnedBytes += location[LOCATION.clen] ?? 0;
    const full = table.chunks.size >= INDEX_CHUNKS_IN_MEMORY_MAX || this.learnedBytes >= INDEX_FLUSH_BYTES;
    if (!full) return;
    this.startTable();
    this.flush().catch((cause: unknown) => this.options.report({ kind: 'write-failed', cause })); // the next one tries again
  }

  /** Everything learned so far is in the bucket. @throws ObjectStoreError */
  flush(): Promise<void> {
    const writing = this.writing.then(() => this.writeTables());
    this.writing = writing.catch(() => undefined); // told to whoever waits for it
    return writing;
  }

  /** Waits for what is under way and lets the files go. */
  async close(): Promise<void> {
    await this.writing;
    await this.merging;
    await Promise.all(this.drops);
    for (const segment of this.segments) segment.close();
    this.segments = [];
  }

  private async writeTables(): Promise<void> {
    if (this.newestTable().chunks.size > 0) this.startTable();
    for (let table = this.tables[0]; table !== undefined && this.tables.length > 1; table = this.tables[0]) {
      const objectKey = this.objectKeyOf(this.nextName());
      const sealed = buildSegment({ metaKey: this.options.keys.metaKey, objectKey }, table);
      const reader = await this.unlessCacheFails(this.nextName(), () => this.writeSegment(sealed));
      if (reader !== null) this.segments = [reader, ...this.segments];
      this.tables.shift();
      table.chunks.free();
    }
    this.considerMerge();
  }

  private considerMerge(): void {
    const sources = this.merging === null && this.mayMerge ? segmentsToMerge(this.segments) : [];
    if (sources.length === 0) return;
    this.merging = this.merge(sources)
      .catch((cause: unknown) => {
        this.mayMerge = false; // the sources stay in force; the next session tries again
        this.options.report({ kind: 'write-failed', cause });
      })
      .finally(() => (this.merging = null));
  }

  private async merge(sources: readonly SegmentReader[]): Promise<void> {
    const merged: SegmentReader[] = [];
    const replaces = new Set(sources.flatMap(({ name, head }) => [name, ...head.replaces]));
    await mergeSegments({
      sources,
      metaKey: this.options.keys.metaKey,
      replaces: [...replaces].filter((name) => this.inBucket.has(name)),
      isUsable: (pack) => this.options.isUsable(pack),
      nextObjectKey: () => this.objectKeyOf(this.nextName()),
      write: async (sealed) => void merged.push(await this.writeSegment(sealed)),
    });
    this.segments = [...this.segments.filter((segment) => !sources.includes(segment)), ...merged];
    for (const source of sources) {
      source.close();
      await this.unlessCacheFails(source.name, () => this.cache.drop(source.name));
    }
  }

  /** @throws ObjectStoreError; IndexCacheError when this host cannot keep it, although the bucket holds it */
  private async writeSegment(sealed: Buffer): Promise<SegmentReader> {
    const name = this.nextName();
    this.written += 1;
    await this.options.store.create(this.objectKeyOf(name), sealed);
    this.inBucket.add(name);
    this.stored += sealed.length;
    return this.readerOf(name, await this.cache.keep(name, [sealed]), 'cache');
  }

  private async openSegment(listed: ListedSegment): Promise<SegmentReader | null> {
    const { name, objectKey } = listed;
    try {
      const cached = await this.unlessCacheFails(name, () => this.cache.open(name));
      if (cached !== null) return this.readerOf(name, cached, 'cache');
    } catch (error) {
      if (!isSegmentDamage(error)) throw error;
      this.options.report({ kind: 'cache-damaged', objectKey });
    }
    return this.fetchSegment(listed);
  }

  private async fetchSegment(listed: ListedSegment): Promise<SegmentReader | null> {
    const { name, objectKey } = listed;
    try {
      const parts = segmentParts(this.options.store, listed);
      const bytes = await this.unlessCacheFails(name, () => this.cache.keep(name, parts));
      return bytes === null ? null : this.readerOf(name, bytes, 'bucket');
    } catch (error) {
      if (!isSegmentDamage(error)) throw error;
      const mergedAway = error instanceof VaultError && error.facts.damage === 'missing';
      if (!mergedAway) this.options.report({ kind: 'segment-damaged', objectKey });
      return null;
    }
  }

  /** @throws VaultError damaged, RangeError */
  private readerOf(name: string, bytes: SegmentBytes, from: 'bucket' | 'cache'): SegmentReader {
    const objectKey = this.objectKeyOf(name);
    const { metaKey } = this.options.keys;
    const onDamage = (): void => {
      this.options.report({ kind: from === 'bucket' ? 'segment-damaged' : 'cache-damaged', objectKey });
      this.drops.push(this.unlessCacheFails(name, () => this.cache.drop(name))); // the next session fetches it
    };
    return new SegmentReader(bytes, { name, objectKey, metaKey, onDamage });
  }

  private async unlessCacheFails<T>(name: string, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof IndexCacheError)) throw error;
      this.options.report({ kind: 'cache-unusable', objectKey: this.objectKeyOf(name), cause: error });
      return null;
    }
  }

  private nextName(): string {
    return segmentNameOf(this.written + 1, this.options.sid);
  }

  private objectKeyOf(name: string): string {
    return `${indexPrefixOf(this.options.keys.dbKey)}${name}`;
  }

  private ifUsable(stored: StoredChunk): StoredChunk | null {
    return this.options.isUsable(stored.pack) ? stored : null;
  }

  private newestTable(): Table {
    const table = this.tables.at(-1);
    if (table === undefined) throw new Error('invariant: a table takes what is learned');
    return table;
  }

  private startTable(): void {
    this.tables.push(newTable());
    this.learnedBytes = 0;
  }
}

function newTable(): Table {
  return { chunks: new ChunkTable(), packs: new PackTable() };
}
