// Packs that nobody must rely on: those a collector condemned, those verification found damaged, and those that are gone.
import { type ObjectStore } from '@adyton/object-store';
import { PACKS_ASKED_ONE_BY_ONE_MAX, REQUESTS_AT_ONCE } from '../limits';
import { forEachAtOnce } from './at-once';
import { readCondemnedPacks } from './condemned-packs';
import { readDamagedPacks } from './damaged-packs';

/** Object keys. To be read after the session marker exists (W2). */
export async function readUnusablePacks(store: ObjectStore): Promise<ReadonlySet<string>> {
  return new Set([...(await readCondemnedPacks(store)), ...(await readDamagedPacks(store))]);
}

/** Of these packs the unusable ones. @param known object keys from readUnusablePacks. @throws ObjectStoreError */
export async function unusableAmong(
  store: ObjectStore,
  packKeys: ReadonlySet<string>,
  known: ReadonlySet<string>,
): Promise<Set<string>> {
  const unusable = new Set([...packKeys].filter((key) => known.has(key)));
  const unknown = [...packKeys].filter((key) => !known.has(key));
  const gone =
    unknown.length > PACKS_ASKED_ONE_BY_ONE_MAX
      ? await missingIn(store, unknown)
      : await missing(store, unknown);
  return new Set([...unusable, ...gone]);
}

async function missing(store: ObjectStore, packKeys: readonly string[]): Promise<Set<string>> {
  const gone = new Set<string>();
  await forEachAtOnce(packKeys, REQUESTS_AT_ONCE, async (key) => {
    if ((await store.head(key)) === null) gone.add(key);
  });
  return gone;
}

/** The same from listings of their folders. */
async function missingIn(store: ObjectStore, packKeys: readonly string[]): Promise<Set<string>> {
  const gone = new Set(packKeys);
  const folders = new Set(packKeys.map((key) => key.slice(0, key.lastIndexOf('/') + 1)));
  await forEachAtOnce([...folders], REQUESTS_AT_ONCE, async (folder) => {
    for await (const { key } of store.list(folder)) gone.delete(key);
  });
  return gone;
}
