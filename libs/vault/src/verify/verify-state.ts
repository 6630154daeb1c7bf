// What of a vault was verified when, so that the next verification begins with what was left longest. Kept by the caller between runs.
// An area is all packs, or all recipes, whose name begins with the same two digits: 512 of them, whatever the vault holds.
const LEVELS = [0, 1, 2, 3] as const;
export type VerifyLevel = (typeof LEVELS)[number];

interface AreaState {
  /** `pack/<aa>` or `piece/<aa>`. */
  readonly area: string;
  /** RFC 3339 by level: when all of the area was last verified at that level or a higher one; null: never. */
  readonly at: readonly (string | null)[];
}

export interface VerifyState {
  readonly v: 1;
  /** Sorted by area. */
  readonly areas: readonly AreaState[];
}

export const NOTHING_VERIFIED: VerifyState = { v: 1, areas: [] };

export function areaOf(objectKey: string): string {
  return objectKey.split('/', 2).join('/');
}

/** Those verified longest ago at this level first, those never verified before them; the same order every time. */
export function leastRecentFirst(
  state: VerifyState,
  level: VerifyLevel,
  areas: Iterable<string>,
): readonly string[] {
  const last = new Map(state.areas.map(({ area, at }) => [area, at[level] ?? '']));
  const when = (area: string): string => last.get(area) ?? '';
  return [...areas].sort((a, b) => compare(when(a), when(b)) || compare(a, b));
}

export function withVerified(
  state: VerifyState,
  { area, level, at }: { readonly area: string; readonly level: VerifyLevel; readonly at: Date },
): VerifyState {
  const known = state.areas.find((a) => a.area === area)?.at ?? [];
  const next = LEVELS.map((each) => (each <= level ? at.toISOString() : (known[each] ?? null)));
  const others = state.areas.filter((a) => a.area !== area);
  return { v: 1, areas: [...others, { area, at: next }].sort((a, b) => compare(a.area, b.area)) };
}

/** One of `of` parts of everything, by name: all parts together are everything, and no object is in two. */
export interface Subset {
  /** 1 to `of`. */
  readonly n: number;
  readonly of: number;
}

/** @param hash hex digits that are as good as random */
export function isInSubset({ n, of }: Subset, hash: string): boolean {
  return Math.floor((Number.parseInt(hash.slice(0, 8), 16) / 2 ** 32) * of) === n - 1;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
