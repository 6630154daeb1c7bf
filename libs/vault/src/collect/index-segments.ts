// What the collector must know of index segments to delete them. Losing one loses nothing but the knowledge of chunks.
import { type ObjectStore } from '@adyton/object-store';
import { type DatabaseKeys } from '../crypto/database-keys';
import { listIndexSegments } from '../dedup-index/stored-segments';

export interface IndexSegment {
  readonly key: string;
  /** Another segment says all that it says. */
  readonly replaced: boolean;
  /** Sessions whose packs it leads to. */
  readonly sids: readonly string[];
}

export type ListIndexSegments = (store: ObjectStore, dbKey: string) => AsyncIterable<IndexSegment>;

/** Segments as they say of themselves; one that is damaged counts as its own session's. */
export function segmentsOf(keysOf: (dbKey: string) => DatabaseKeys): ListIndexSegments {
  return async function* (store, dbKey) {
    const found: Omit<IndexSegment, 'replaced'>[] = [];
    const replaced = new Set<string>();
    for await (const facts of listIndexSegments({ store, keys: keysOf(dbKey) })) {
      const { objectKey: key } = facts;
      if (facts.kind === 'segment') for (const other of facts.replaces) replaced.add(other);
      const names = facts.kind === 'segment' ? facts.packs : [key];
      found.push({ key, sids: [...new Set(names.map(sidOf))] });
    }
    for (const segment of found) yield { ...segment, replaced: replaced.has(segment.key) };
  };
}

function sidOf(objectKey: string): string {
  return objectKey.slice(objectKey.lastIndexOf('-') + 1);
}
