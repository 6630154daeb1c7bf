// Which pieces are needed, and by what (K1). Retention expires recovery points, never pieces; what nothing here names is releasable.

export type NeededBy =
  | { readonly kind: 'recovery-point'; readonly manifestKey: string }
  /** A recovery point that retention let go but somebody holds. */
  | { readonly kind: 'hold'; readonly manifestKey: string }
  | { readonly kind: 'failed-run'; readonly partialKey: string }
  | { readonly kind: 'restore'; readonly pinKey: string };

export interface Naming {
  readonly manifests: readonly { readonly manifestKey: string; readonly recipes: readonly string[] }[];
  readonly partials: readonly { readonly partialKey: string; readonly recipes: readonly string[] }[];
  readonly pins: readonly {
    readonly pinKey: string;
    readonly ended: boolean;
    readonly recipes: readonly string[];
  }[];
  /** Manifests and partials that are expired, or that retention is about to expire. */
  readonly expired: ReadonlySet<string>;
  /** Manifests that stay although retention would let them go. */
  readonly held: ReadonlySet<string>;
}

/** Recipe keys of all needed pieces, with everything that needs them. */
export function neededPieces(naming: Naming): Map<string, NeededBy[]> {
  const needed = new Map<string, NeededBy[]>();
  const add = (recipes: readonly string[], by: NeededBy): void => {
    for (const recipe of recipes) needed.set(recipe, [...(needed.get(recipe) ?? []), by]);
  };
  for (const { manifestKey, recipes } of naming.manifests) {
    if (naming.held.has(manifestKey)) add(recipes, { kind: 'hold', manifestKey });
    else if (!naming.expired.has(manifestKey)) add(recipes, { kind: 'recovery-point', manifestKey });
  }
  for (const { partialKey, recipes } of naming.partials)
    if (!naming.expired.has(partialKey)) add(recipes, { kind: 'failed-run', partialKey });
  for (const { pinKey, ended, recipes } of naming.pins) if (!ended) add(recipes, { kind: 'restore', pinKey });
  return needed;
}
