// The pieces a recovery point needs, as its commit looks at them. Recipes are large, those of a TiB more than a gigabyte together: of each only
// what counts here is kept.
import { packObjectKey } from '../format/pack';
import { freeColumns } from '../format/recipe';
import { forEachRecipe, type SizedKey } from './at-once';
import { findNewestRecipes, readRecipe, type PieceLookup } from './piece-names';

export interface ClosurePiece {
  readonly handle: string;
  readonly recipeKey: string;
  readonly bytes: number;
  /** RFC 3339 */
  readonly createdAt: string;
  /** Object keys of the packs its recipe names. */
  readonly packKeys: readonly string[];
}

/** In the order of the handles; null where there is no piece. @throws VaultError damaged; ObjectStoreError */
export async function findClosure(
  lookup: PieceLookup,
  handles: readonly string[],
): Promise<(ClosurePiece | null)[]> {
  const recipes = await findNewestRecipes(lookup, handles);
  const found: (ClosurePiece | null)[] = handles.map(() => null);
  const toRead = recipes.flatMap((recipe, i) => (recipe === null ? [] : [{ ...recipe, i }]));
  await forEachRecipe(toRead, async (recipe) => {
    found[recipe.i] = await closurePiece(lookup, handles[recipe.i] ?? '', recipe);
  });
  return found;
}

async function closurePiece(lookup: PieceLookup, handle: string, { key }: SizedKey): Promise<ClosurePiece> {
  const recipe = await readRecipe(lookup, key, handle);
  freeColumns(recipe);
  const { bytes, createdAt } = recipe;
  return { handle, recipeKey: key, bytes, createdAt, packKeys: recipe.packs.all().map(packObjectKey) };
}

/** Of all these pieces together. */
export function packKeysOf(pieces: readonly (ClosurePiece | null)[]): Set<string> {
  return new Set(pieces.flatMap((piece) => piece?.packKeys ?? []));
}
