// How a piece is found by its handle: recipes lie under a keyed hash of (DBID, handle), newest last; a marker hides a recipe.
import { type ObjectStore } from '@adyton/object-store';
import { createHmac } from 'node:crypto';
import { type DatabaseKeys } from '../crypto/database-keys';
import { openDocument } from '../crypto/sealed-document';
import { freeAtOnce } from '../format/free-at-once';
import { decodeRecipe, type Recipe } from '../format/recipe';
import { REQUESTS_AT_ONCE } from '../limits';
import { damaged, VaultError } from '../vault-error';
import { forEachAtOnce, type SizedKey } from './at-once';

export interface PieceLookup {
  readonly store: ObjectStore;
  readonly keys: DatabaseKeys;
  readonly dbid: string;
}

export interface FoundPiece {
  readonly recipeKey: string;
  readonly recipe: Recipe;
}

/** RMAN removed the piece; retention released it. */
export const MARKERS = ['removed', 'released'] as const;

function piecePath(lookup: Pick<PieceLookup, 'keys' | 'dbid'>, handle: string): string {
  const name = createHmac('sha256', lookup.keys.metaKey).update(`${lookup.dbid}\0${handle}`).digest('hex');
  return `${name.slice(0, 2)}/${name}`;
}

export function recipeKeyOf(
  lookup: Pick<PieceLookup, 'keys' | 'dbid'>,
  handle: string,
  names: { readonly ulid: string; readonly sid: string },
): string {
  return `piece/${piecePath(lookup, handle)}/${names.ulid}-${names.sid}`;
}

/** Where every recipe of a handle lies. */
export function recipeFolderOf(lookup: Pick<PieceLookup, 'keys' | 'dbid'>, handle: string): string {
  return `piece/${piecePath(lookup, handle)}/`;
}

/**
 * The newest recipe that no marker hides, or null. A store that cannot be asked is an error, never a "not there". Markers are asked for by their
 * names: of the requests a store charges for, a listing is the dearest, and a handle that was never used has no recipe to ask about.
 */
async function findNewestRecipe(lookup: PieceLookup, handle: string): Promise<SizedKey | null> {
  const recipes: SizedKey[] = [];
  for await (const recipe of lookup.store.list(recipeFolderOf(lookup, handle))) recipes.push(recipe);
  for (const recipe of recipes.reverse()) if (!(await isHidden(lookup.store, recipe.key))) return recipe;
  return null;
}

async function isHidden(store: ObjectStore, recipeKey: string): Promise<boolean> {
  const found = await Promise.all(MARKERS.map((marker) => store.head(markerKeyOf(marker, recipeKey))));
  return found.some((marker) => marker !== null);
}

export async function findRecipeKey(lookup: PieceLookup, handle: string): Promise<string | null> {
  return (await findNewestRecipe(lookup, handle))?.key ?? null;
}

/** The same for many handles, in their order. */
export async function findNewestRecipes(
  lookup: PieceLookup,
  handles: readonly string[],
): Promise<(SizedKey | null)[]> {
  const found: (SizedKey | null)[] = handles.map(() => null);
  await forEachAtOnce(handles, REQUESTS_AT_ONCE, async (handle, i) => {
    found[i] = await findNewestRecipe(lookup, handle);
  });
  return found;
}

export async function findRecipeKeys(
  lookup: PieceLookup,
  handles: readonly string[],
): Promise<(string | null)[]> {
  return (await findNewestRecipes(lookup, handles)).map((recipe) => recipe?.key ?? null);
}

/** @throws VaultError damaged; ObjectStoreError */
export async function findPiece(lookup: PieceLookup, handle: string): Promise<FoundPiece | null> {
  const recipeKey = await findRecipeKey(lookup, handle);
  if (recipeKey === null) return null;
  return { recipeKey, recipe: await readRecipe(lookup, recipeKey, handle) };
}

/** @throws VaultError damaged */
export async function readRecipe(
  { store, keys }: Pick<PieceLookup, 'store' | 'keys'>,
  recipeKey: string,
  handle: string,
): Promise<Recipe> {
  const sealed = await store.get(recipeKey);
  if (sealed === null) throw damaged(recipeKey, 'missing', handle);
  const body = openDocument(keys.metaKey, 'recipe', sealed, recipeKey);
  const recipe = decodeRecipe(body, recipeKey);
  freeAtOnce(body);
  if (recipe.handle !== handle) throw damaged(recipeKey, 'altered', handle); // a whole recipe in another's place
  return recipe;
}

/** A recipe whose handle is not known yet: the key must be the one that its own handle leads to. @throws VaultError damaged */
export async function readAnyRecipe(
  store: ObjectStore,
  keys: DatabaseKeys,
  recipeKey: string,
): Promise<Recipe> {
  const sealed = await store.get(recipeKey);
  if (sealed === null) throw damaged(recipeKey, 'missing');
  const recipe = decodeRecipe(openDocument(keys.metaKey, 'recipe', sealed, recipeKey), recipeKey);
  if (!recipeKey.startsWith(`piece/${piecePath({ keys, dbid: recipe.dbid }, recipe.handle)}/`))
    throw damaged(recipeKey, 'altered');
  return recipe;
}

/** `<aa>/<h>/<ulid>` of a recipe key: the name of its marker, too. */
export function recipeNameOf(recipeKey: string): string {
  return recipeKey.slice(recipeKey.indexOf('/') + 1).split('-')[0] ?? '';
}

/** Names of all recipes that a marker hides. */
export async function hiddenRecipes(store: ObjectStore): Promise<Set<string>> {
  const hidden = new Set<string>();
  for (const marker of MARKERS)
    for await (const { key } of store.list(`${marker}/`)) hidden.add(key.slice(marker.length + 1));
  return hidden;
}

/** Hides a recipe, for ever. */
export async function hideRecipe(
  store: ObjectStore,
  marker: (typeof MARKERS)[number],
  recipeKey: string,
): Promise<void> {
  await store.create(markerKeyOf(marker, recipeKey), Buffer.from(recipeKey));
}

function markerKeyOf(marker: (typeof MARKERS)[number], recipeKey: string): string {
  return `${marker}/${recipeNameOf(recipeKey)}`;
}

/** Hides the newest recipe of a handle. @throws VaultError piece-missing */
export async function removePiece(lookup: PieceLookup, handle: string): Promise<void> {
  const recipeKey = await findRecipeKey(lookup, handle);
  if (recipeKey === null) throw new VaultError('piece-missing', `there is no piece ${handle}`, { handle });
  await hideRecipe(lookup.store, 'removed', recipeKey);
}
