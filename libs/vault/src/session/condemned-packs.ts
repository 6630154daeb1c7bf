// Packs the collector has condemned: a writer that began later must not rely on them. Read after the session marker exists (W2), so that
// either the collector sees the session or the session sees the verdict.
import { type ObjectStore } from '@adyton/object-store';

/** Object keys of all condemned packs. */
export async function readCondemnedPacks(store: ObjectStore): Promise<ReadonlySet<string>> {
  const condemned = new Set<string>();
  for await (const { key } of store.list('gc/')) {
    if (!/\/(condemned|verdict)$/.test(key)) continue;
    const bytes = await store.get(key);
    if (bytes === null) continue; // removed between the listing and now: then so are its packs
    const { packs } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { packs: string[] };
    for (const pack of packs) condemned.add(pack);
  }
  return condemned;
}
