// Retention's words in the bucket. Both are for ever: a recovery point expires, then pieces that nothing needs any more are released once
// RMAN no longer lists them. Only then does the collector delete.
import { type ObjectStore } from '@adyton/object-store';
import { findRecipeKey, hideRecipe, type PieceLookup } from '../session/piece-names';

const MANIFESTS = 'manifest/';

export function expiredKeyOf(manifestKey: string): string {
  if (!manifestKey.startsWith(MANIFESTS)) throw new RangeError(`not a manifest key: ${manifestKey}`);
  return `expired/${manifestKey.slice(MANIFESTS.length)}`;
}

export function manifestKeyOfExpired(expiredKey: string): string {
  return `${MANIFESTS}${expiredKey.slice('expired/'.length)}`;
}

/** Irrevocable. @param manifestKey a manifest, or the partial of a failed run */
export async function expireRecoveryPoint(store: ObjectStore, manifestKey: string, at: Date): Promise<void> {
  await store.create(expiredKeyOf(manifestKey), Buffer.from(at.toISOString()));
}

/** Irrevocable: RMAN's records of the piece are gone on every site (K3). From now on nobody finds it by its handle. */
export async function releasePiece(store: ObjectStore, recipeKey: string): Promise<void> {
  await hideRecipe(store, 'released', recipeKey);
}

/** The same for whoever knows a piece by its handle. Where nothing is found by it any more there is nothing to do. */
export async function releaseHandle(lookup: PieceLookup, handle: string): Promise<void> {
  for (;;) {
    const recipeKey = await findRecipeKey(lookup, handle);
    if (recipeKey === null) return;
    await releasePiece(lookup.store, recipeKey);
  }
}
