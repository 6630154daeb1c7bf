// Lists by cursor: ids carry their time, so the last id of a page is where the next one goes on.
export interface PageQuestion {
  readonly limit: number;
  readonly cursor?: string | undefined;
}
export interface Page<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

/** Rows must have been read with `limit + 1`: the extra one tells that there is more. */
export function pageOf<R extends { readonly id: string }, T>(
  rows: readonly R[],
  limit: number,
  map: (row: R) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(map),
    nextCursor: rows.length > limit && last !== undefined ? last.id : null,
  };
}
