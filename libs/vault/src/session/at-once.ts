// Works through a list with a bounded number of workers.
import { RECIPE_BYTES_AT_ONCE_MAX, REQUESTS_AT_ONCE } from '../limits';

export async function forEachAtOnce<T>(
  items: readonly T[],
  workersMax: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) {
      const item = items[i];
      if (item !== undefined) await work(item, i);
    }
  };
  await Promise.all(Array.from({ length: Math.min(workersMax, items.length) }, worker));
}

export interface SizedKey {
  readonly key: string;
  readonly bytes: number;
}

/** Reads small recipes many at once, large ones one by one: what is under way stays bounded. */
export async function forEachRecipe<T extends SizedKey>(
  recipes: readonly T[],
  read: (recipe: T) => Promise<void>,
): Promise<void> {
  const isSmall = ({ bytes }: SizedKey): boolean => bytes <= RECIPE_BYTES_AT_ONCE_MAX / REQUESTS_AT_ONCE;
  await forEachAtOnce(recipes.filter(isSmall), REQUESTS_AT_ONCE, read);
  await forEachAtOnce(
    recipes.filter((recipe) => !isSmall(recipe)),
    1,
    read,
  );
}
