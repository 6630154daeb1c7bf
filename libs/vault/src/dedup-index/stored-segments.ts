// Index segments as they stand in the bucket: their names, their bytes in ranges, and what each says of itself.
import { ObjectStoreError, type ObjectStore } from '@adyton/object-store';
import { bufferOver } from '../compute/buffer-over';
import { type DatabaseKeys } from '../crypto/database-keys';
import {
  FOOTER_BYTES,
  indexPrefixOf,
  layoutOf,
  PAGE_BYTES,
  packKeysIn,
  parseFooter,
  SegmentCipher,
  type SegmentHead,
} from '../format/index-segment';
import { INDEX_FETCH_BYTES, INDEX_TAIL_BYTES } from '../limits';
import { damaged } from '../vault-error';
import { isSegmentDamage } from './segment-reader';

export interface IndexBucket {
  readonly store: ObjectStore;
  readonly keys: Pick<DatabaseKeys, 'dbKey' | 'metaKey'>;
}

export interface ListedSegment {
  /** `<n>-<sid>` */
  readonly name: string;
  readonly objectKey: string;
  readonly bytes: number;
}

/** Newest session first, and of one session the newest segment: what replaces others is met before them. */
export async function listSegments({ store, keys }: IndexBucket): Promise<ListedSegment[]> {
  const prefix = indexPrefixOf(keys.dbKey);
  const listed: ListedSegment[] = [];
  for await (const { key, bytes } of store.list(prefix))
    listed.push({ name: key.slice(prefix.length), objectKey: key, bytes });
  const age = ({ name }: ListedSegment): string => `${sidOf(name)} ${name}`;
  return listed.sort((a, b) => (age(a) < age(b) ? 1 : -1));
}

function sidOf(name: string): string {
  return name.slice(name.indexOf('-') + 1);
}

/** Bytes of a segment, range after range. @throws VaultError damaged, when it is gone or shorter than listed; ObjectStoreError */
export async function* segmentParts(
  store: ObjectStore,
  { objectKey, bytes }: ListedSegment,
): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes; offset += INDEX_FETCH_BYTES) {
    const length = Math.min(INDEX_FETCH_BYTES, bytes - offset);
    yield await readRange(store, objectKey, { offset, length });
  }
}

export type IndexSegmentFacts =
  | {
      readonly kind: 'segment';
      readonly objectKey: string;
      /** The session, or rebuild, that wrote it. */
      readonly sid: string;
      /** Object keys of the segments it stands for: readers ignore them, a collector may delete them. */
      readonly replaces: readonly string[];
      /** Object keys of the packs it names. */
      readonly packs: readonly string[];
    }
  /** It says nothing any more; a rebuild of the index replaces it. */
  | { readonly kind: 'damaged'; readonly objectKey: string };

/** Every index segment of a database, replaced ones included. @throws ObjectStoreError */
export async function* listIndexSegments(bucket: IndexBucket): AsyncGenerator<IndexSegmentFacts> {
  const prefix = indexPrefixOf(bucket.keys.dbKey);
  for (const listed of await listSegments(bucket)) {
    const { objectKey } = listed;
    try {
      const { head, packs } = await readFacts(bucket, listed);
      const replaces = head.replaces.map((name) => `${prefix}${name}`);
      yield { kind: 'segment', objectKey, sid: sidOf(listed.name), replaces, packs };
    } catch (error) {
      if (!isSegmentDamage(error)) throw error;
      yield { kind: 'damaged', objectKey };
    }
  }
}

async function readFacts(
  { store, keys }: IndexBucket,
  { objectKey, bytes }: ListedSegment,
): Promise<{ head: SegmentHead; packs: string[] }> {
  const tailBytes = Math.min(bytes, INDEX_TAIL_BYTES);
  const tail = await readRange(store, objectKey, { offset: bytes - tailBytes, length: tailBytes });
  const footer = parseFooter(tail.subarray(-FOOTER_BYTES), bytes, objectKey);
  const headAt = footer.pages * PAGE_BYTES;
  const sealedHead =
    headAt >= bytes - tailBytes
      ? tail.subarray(tailBytes - FOOTER_BYTES - footer.headLength, -FOOTER_BYTES)
      : await readRange(store, objectKey, { offset: headAt, length: footer.headLength });
  const cipher = new SegmentCipher(keys.metaKey, footer.salt, objectKey);
  const head = cipher.openHead(sealedHead, objectKey);
  const layout = layoutOf(head);
  if (layout.end !== footer.pages) throw damaged(objectKey, 'altered');
  const length = (layout.filter - layout.packs) * PAGE_BYTES;
  const sealed = await readRange(store, objectKey, { offset: layout.packs * PAGE_BYTES, length });
  const pages: Buffer[] = [];
  for (let at = 0; at < length; at += PAGE_BYTES) {
    const page = cipher.openPage(layout.packs + at / PAGE_BYTES, sealed.subarray(at, at + PAGE_BYTES));
    if (page === null) throw damaged(objectKey, 'altered');
    pages.push(page);
  }
  return { head, packs: packKeysIn(pages, head.packs) };
}

async function readRange(
  store: ObjectStore,
  objectKey: string,
  range: { readonly offset: number; readonly length: number },
): Promise<Buffer> {
  if (range.length === 0) return Buffer.alloc(0);
  try {
    const bytes = await store.get(objectKey, range);
    if (bytes === null) throw damaged(objectKey, 'missing');
    return bufferOver(bytes);
  } catch (error) {
    if (error instanceof ObjectStoreError && error.kind === 'out-of-range')
      throw damaged(objectKey, 'truncated');
    throw error;
  }
}
