// G7: deletes what the verdict says and nothing else. What Object Lock keeps is retained: the next generation condemns it again.
import { ObjectStoreError, type ObjectStore } from '@adyton/object-store';
import { REQUESTS_AT_ONCE } from '../limits';
import { forEachAtOnce } from '../session/at-once';
import { MARKERS, recipeNameOf } from '../session/piece-names';
import { type Condemned } from './generations';

export interface Deleted {
  readonly packsDeleted: number;
  /** Locked, so they stay for now. */
  readonly packsRetained: number;
  readonly bytesFreed: number;
  readonly recipesDeleted: number;
}

export async function deleteVerdict(store: ObjectStore, verdict: Condemned): Promise<Deleted> {
  const dead = new Set(verdict.packs);
  const there: { key: string; bytes: number }[] = [];
  for await (const pack of store.list('pack/')) if (dead.has(pack.key)) there.push(pack);
  let [bytesFreed, packsDeleted, recipesDeleted] = [0, 0, 0];
  await forEachAtOnce(there, REQUESTS_AT_ONCE, async ({ key, bytes }) => {
    if (!(await deleteUnlessLocked(store, key))) return;
    packsDeleted += 1;
    bytesFreed += bytes;
  });
  await forEachAtOnce(verdict.recipes, REQUESTS_AT_ONCE, async (recipeKey) => {
    if (!(await deleteUnlessLocked(store, recipeKey))) return;
    recipesDeleted += 1;
    // After the recipe, which nobody must find again; a marker left by a crash hides nothing.
    for (const marker of MARKERS) await deleteUnlessLocked(store, `${marker}/${recipeNameOf(recipeKey)}`);
  });
  return { packsDeleted, packsRetained: there.length - packsDeleted, bytesFreed, recipesDeleted };
}

/** @returns whether it is gone. */
export async function deleteUnlessLocked(store: ObjectStore, key: string): Promise<boolean> {
  try {
    await store.delete(key);
    return true;
  } catch (error) {
    if (error instanceof ObjectStoreError && error.kind === 'locked') return false;
    throw error;
  }
}
