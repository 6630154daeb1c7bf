// Packs a new session must not rely on: those a collector condemned and those verification found damaged.
import { type ObjectStore } from '@adyton/object-store';
import { readCondemnedPacks } from './condemned-packs';
import { readDamagedPacks } from './damaged-packs';

/** Object keys. To be read after the session marker exists (W2). */
export async function readUnusablePacks(store: ObjectStore): Promise<ReadonlySet<string>> {
  return new Set([...(await readCondemnedPacks(store)), ...(await readDamagedPacks(store))]);
}
