// What the collector must know of index segments to delete them. Losing one loses nothing but the knowledge of chunks.
import { type ObjectStore } from '@adyton/object-store';

export interface IndexSegment {
  readonly key: string;
  /** Another segment says all that it says. */
  readonly replaced: boolean;
  /** Sessions whose packs it leads to. */
  readonly sids: readonly string[];
}

export type ListIndexSegments = (store: ObjectStore, dbKey: string) => AsyncIterable<IndexSegment>;

/** Segments as sessions write them: each leads to packs of its own session, which its name tells. */
export async function* listSegmentsByName(store: ObjectStore, dbKey: string): AsyncIterable<IndexSegment> {
  for await (const { key } of store.list(`index/${dbKey}/`))
    yield { key, replaced: false, sids: [key.slice(key.lastIndexOf('-') + 1)] };
}
