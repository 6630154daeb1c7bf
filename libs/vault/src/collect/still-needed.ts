// Of some pieces of a database, those that something in the bucket needs (K1). The bucket is asked, not the ledger: a ledger may be set back to an
// older copy of itself or be rebuilt, and then lacks recovery points that are there. Pins of restores under way are nowhere else.
import { type ObjectStore } from '@adyton/object-store';
import { type DatabaseKeys } from '../crypto/database-keys';
import { REQUESTS_AT_ONCE } from '../limits';
import { forEachAtOnce } from '../session/at-once';
import { readManifest } from '../session/manifest';
import { isPartialKey, readPartial } from '../session/partial-manifest';
import { recipeFolderOf, type PieceLookup } from '../session/piece-names';
import { listPins } from '../session/restore-pin';
import { neededPieces, type Naming } from './needed-pieces';
import { manifestKeyOfExpired } from './retention';

export interface NeedQuestion {
  readonly handles: readonly string[];
  /** Manifests and partials that retention is about to expire, beside those that are. */
  readonly leaving: ReadonlySet<string>;
  /** Manifests that somebody holds. */
  readonly held: ReadonlySet<string>;
  readonly now: Date;
}

/** @throws VaultError damaged: nobody knows what a book that cannot be read needs; ObjectStoreError */
export async function stillNeeded(lookup: PieceLookup, question: NeedQuestion): Promise<Set<string>> {
  const naming = await readNaming(lookup.store, lookup.keys, question);
  // by folder: a handle is never used again, so all that was ever stored under it is one piece
  const needed = new Set([...neededPieces(naming).keys()].map(folderOf));
  return new Set(question.handles.filter((handle) => needed.has(recipeFolderOf(lookup, handle))));
}

function folderOf(recipeKey: string): string {
  return recipeKey.slice(0, recipeKey.lastIndexOf('/') + 1);
}

/** Everything of the database that names pieces. What is expired and not held is not read: it may be gone. */
async function readNaming(
  store: ObjectStore,
  keys: DatabaseKeys,
  { leaving, held, now }: NeedQuestion,
): Promise<Naming> {
  const expired = new Set(leaving);
  for await (const { key } of store.list(`expired/${keys.dbKey}/`)) expired.add(manifestKeyOfExpired(key));
  const toRead: string[] = [];
  for await (const { key } of store.list(`manifest/${keys.dbKey}/`))
    if (!expired.has(key) || held.has(key)) toRead.push(key);
  const manifests: Naming['manifests'][number][] = [];
  const partials: Naming['partials'][number][] = [];
  await forEachAtOnce(toRead, REQUESTS_AT_ONCE, async (key) => {
    if (isPartialKey(key))
      partials.push({ partialKey: key, recipes: recipesOf(await readPartial(store, keys, key)) });
    else manifests.push({ manifestKey: key, recipes: recipesOf(await readManifest(store, keys, key)) });
  });
  const pins = (await listPins(store, now)).map((pin) => ({
    pinKey: pin.pinKey,
    ended: pin.ended,
    recipes: pin.ended ? [] : pin.recipes,
  }));
  return { manifests, partials, pins, expired, held };
}

/** A tombstone names nothing. */
function recipesOf(book: { readonly pieces: readonly { readonly recipeKey: string }[] } | null): string[] {
  return (book?.pieces ?? []).map(({ recipeKey }) => recipeKey);
}
