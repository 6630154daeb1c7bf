// The index of one database, made anew from the directories of its packs: nothing but the bucket and the keys is needed. New segments are
// written first; the last of them says that they stand for all there were. Two or three small reads per pack; chunks go through sorted runs
// in a directory, so that memory stays bounded.
import { ObjectStoreError, type ObjectStore, type StoredObject } from '@adyton/object-store';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ulid } from 'ulid';
import { bufferOver } from '../compute/buffer-over';
import { type DatabaseKeys } from '../crypto/database-keys';
import { INDEXED_KINDS } from '../format/chunk-kinds';
import { ChunkTable } from '../format/chunk-table';
import { indexPrefixOf } from '../format/index-segment';
import {
  FOOTER_BYTES,
  openPackDirectory,
  PACK_HEADER_BYTES,
  PACK_KINDS,
  packObjectKey,
  readPackFooter,
  readPackHeader,
  type DirectoryEntry,
  type PackRef,
} from '../format/pack';
import { PackTable } from '../format/pack-table';
import { DIRECTORIES_AT_ONCE, DIRECTORY_TAIL_BYTES, INDEX_CHUNKS_IN_MEMORY_MAX } from '../limits';
import { readUnusablePacks } from '../session/unusable-packs';
import { damaged, unlessDamaged } from '../vault-error';
import { segmentNameOf } from './dedup-index';
import { mergeSegments } from './merge-segments';
import { buildSegment } from './segment-builder';
import { directoryCache, memoryCache, type SegmentCache } from './segment-cache';
import { SegmentReader } from './segment-reader';
import { listSegments } from './stored-segments';

export interface RebuildOptions {
  readonly store: ObjectStore;
  readonly vaultId: string;
  readonly keys: DatabaseKeys;
  readonly now: Date;
  /** For sorted runs, about 60 bytes per chunk, removed in the end; in memory without it, which only small vaults bear. */
  readonly workDirectory?: string;
}

export interface RebuiltIndex {
  /** Packs of this database that hold chunks an index names. */
  readonly packs: number;
  /** Chunks that the new segments name. */
  readonly chunks: number;
  readonly segments: number;
  /** Packs whose directory this database's key does not open: another database's, or damaged beyond telling. */
  readonly packsNotOpened: number;
  /** Object keys of packs that are no whole packs, whosesoever they are. */
  readonly damaged: readonly string[];
}

/** @throws ObjectStoreError, IndexCacheError; what was written until then does no harm */
export async function rebuildIndex(options: RebuildOptions): Promise<RebuiltIndex> {
  const sid = ulid(options.now.getTime());
  const { workDirectory } = options;
  const directory = workDirectory === undefined ? null : join(workDirectory, `${options.keys.dbKey}.${sid}`);
  const cache = directory === null ? memoryCache() : directoryCache(directory);
  const rebuild = new Rebuild(options, cache, sid);
  try {
    return await rebuild.run();
  } finally {
    rebuild.close();
    if (directory !== null) await rm(directory, { recursive: true, force: true });
  }
}

class Rebuild {
  private chunks = new ChunkTable();
  private packs = new PackTable();
  private readonly runs: SegmentReader[] = [];
  private runCount = 0;
  private packCount = 0;
  private notOpened = 0;
  private readonly damaged: string[] = [];

  constructor(
    private readonly options: RebuildOptions,
    private readonly cache: SegmentCache,
    private readonly sid: string,
  ) {}

  async run(): Promise<RebuiltIndex> {
    const { store, keys } = this.options;
    // segments first: what a session stores while the packs are listed it also names itself
    const replaces = (await listSegments(this.options)).map(({ name }) => name);
    const unusable = await readUnusablePacks(store);
    await this.readPacks(unusable);
    await this.writeRun();
    const nameOf = (n: number): string => `${indexPrefixOf(keys.dbKey)}${segmentNameOf(n, this.sid)}`;
    let segments = 0;
    const chunks = await mergeSegments({
      sources: this.runs,
      metaKey: keys.metaKey,
      replaces,
      isUsable: () => true,
      nextObjectKey: () => nameOf(segments + 1),
      write: async (sealed) => void (await store.create(nameOf((segments += 1)), sealed)),
    });
    return { packs: this.packCount, chunks, segments, packsNotOpened: this.notOpened, damaged: this.damaged };
  }

  close(): void {
    for (const run of this.runs) run.close();
  }

  private async readPacks(unusable: ReadonlySet<string>): Promise<void> {
    const listed = this.options.store.list('pack/')[Symbol.asyncIterator]();
    const worker = async (): Promise<void> => {
      for (let next = await listed.next(); next.done !== true; next = await listed.next())
        if (!unusable.has(next.value.key)) await this.readPack(next.value);
    };
    await Promise.all(Array.from({ length: DIRECTORIES_AT_ONCE }, worker));
  }

  private async readPack(object: StoredObject): Promise<void> {
    const place = await unlessDamaged(() => this.readFrame(object));
    if (place === null) {
      this.damaged.push(object.key);
      return;
    }
    if (place.kind !== PACK_KINDS.data) return;
    const { encKey } = this.options.keys;
    const { salt: packSalt, sealed, entries } = place;
    const context = { encKey, vaultId: this.options.vaultId, packSalt, entries, objectKey: object.key };
    const directory = await unlessDamaged(async () => openPackDirectory(sealed, context));
    if (directory === null) this.notOpened += 1;
    else await this.learn(directory, packOf(object.key, packSalt));
  }

  /** Kind, salt and sealed directory of a pack. @throws VaultError damaged */
  private async readFrame({ key, bytes }: StoredObject): Promise<PackFrame> {
    const header = await this.range(key, 0, Math.min(bytes, PACK_HEADER_BYTES));
    const { kind, salt } = readPackHeader(header, key);
    if (kind !== PACK_KINDS.data) return { kind, salt, sealed: Buffer.alloc(0), entries: 0 };
    if (bytes < PACK_HEADER_BYTES + FOOTER_BYTES) throw damaged(key, 'truncated');
    const tailBytes = Math.min(bytes, DIRECTORY_TAIL_BYTES);
    const tail = await this.range(key, bytes - tailBytes, tailBytes);
    const footer = readPackFooter(tail.subarray(-FOOTER_BYTES), bytes, key);
    const { directoryOffset: offset, directoryBytes: length, entries } = footer;
    const inTail = offset - (bytes - tailBytes);
    const sealed =
      inTail >= 0 ? tail.subarray(inTail, inTail + length) : await this.range(key, offset, length);
    return { kind, salt, sealed, entries };
  }

  private async range(key: string, offset: number, length: number): Promise<Buffer> {
    try {
      const bytes = await this.options.store.get(key, { offset, length });
      if (bytes === null) throw damaged(key, 'missing');
      return bufferOver(bytes);
    } catch (error) {
      if (error instanceof ObjectStoreError && error.kind === 'out-of-range') throw damaged(key, 'truncated');
      throw error;
    }
  }

  private async learn(directory: readonly DirectoryEntry[], pack: PackRef): Promise<void> {
    const number = this.packs.numberOf(pack);
    directory.forEach((entry, ordinal) => {
      const { offset, clen, ulen, kind, compression, units } = entry;
      if (INDEXED_KINDS.has(kind))
        this.chunks.add(entry.chunkId, [number, ordinal, offset, clen, ulen, kind, compression, units]);
    });
    this.packCount += 1;
    if (this.chunks.size >= INDEX_CHUNKS_IN_MEMORY_MAX) await this.writeRun();
  }

  private async writeRun(): Promise<void> {
    const table = { chunks: this.chunks, packs: this.packs };
    this.chunks = new ChunkTable();
    this.packs = new PackTable();
    const { metaKey } = this.options.keys;
    const name = `run-${(this.runCount += 1)}`;
    const bytes = await this.cache.keep(name, [buildSegment({ metaKey, objectKey: name }, table)]);
    const onDamage = (): never => {
      throw damaged(name, 'altered'); // written a moment ago: the disk is not to be trusted
    };
    this.runs.push(new SegmentReader(bytes, { name, objectKey: name, metaKey, onDamage }));
  }
}

interface PackFrame {
  readonly kind: number;
  readonly salt: Buffer;
  readonly sealed: Buffer;
  readonly entries: number;
}

/** A pack by its object key, `pack/<aa>/<packId>-<sid>`. */
function packOf(objectKey: string, salt: Buffer): PackRef {
  const name = objectKey.slice(objectKey.lastIndexOf('/') + 1);
  const [packId = '', sid = ''] = name.split('-');
  const pack = { packId, sid, salt };
  if (packObjectKey(pack) !== objectKey) throw damaged(objectKey, 'altered');
  return pack;
}
