// How many workers go through a list at once, by what their work takes of memory.
import { RECIPE_BYTES_AT_ONCE_MAX, REQUESTS_AT_ONCE } from '../limits';
import { forEachRecipe, type SizedKey } from './at-once';

/** @returns the most bytes and the most recipes that were being read at one time */
async function readAll(
  recipes: readonly SizedKey[],
): Promise<{ bytes: number; recipes: number; read: number }> {
  const most = { bytes: 0, recipes: 0, read: 0 };
  const now = { bytes: 0, recipes: 0 };
  await forEachRecipe(recipes, async ({ bytes }) => {
    now.bytes += bytes;
    now.recipes += 1;
    most.bytes = Math.max(most.bytes, now.bytes);
    most.recipes = Math.max(most.recipes, now.recipes);
    await new Promise(setImmediate);
    now.bytes -= bytes;
    now.recipes -= 1;
    most.read += 1;
  });
  return most;
}

const recipesOf = (count: number, bytes: number): SizedKey[] =>
  Array.from({ length: count }, (_, i) => ({ key: `piece/${bytes}/${i}`, bytes }));

describe('reading many recipes', () => {
  it('takes small ones many at once, and large ones one by one', async () => {
    expect(await readAll(recipesOf(100, 10_000))).toMatchObject({ recipes: REQUESTS_AT_ONCE, read: 100 });
    expect(await readAll(recipesOf(5, 20_000_000))).toMatchObject({ recipes: 1, read: 5 });
  });

  it('never has more in memory than its bound, but for one that is larger', async () => {
    const mixed = [1_000_000, 4_000_000, 5_000_000, 30_000_000].flatMap((bytes) => recipesOf(40, bytes));
    const { bytes, read } = await readAll(mixed);
    expect(read).toBe(mixed.length);
    expect(bytes).toBeLessThanOrEqual(RECIPE_BYTES_AT_ONCE_MAX);
  });
});
