// States are tables; one function moves between them. A test walks each table for unreachable and dead-end states,
// and the drawings in ARCHITECTURE.md come from the same tables.

/** `{ from: [to, …] }`: an empty list marks a terminal state. */
export type TransitionTable<S extends string> = Readonly<Record<S, readonly S[]>>;

export type Transition<S extends string> =
  | { readonly kind: 'moved'; readonly state: S }
  | { readonly kind: 'refused'; readonly from: S; readonly to: S };

export function transition<S extends string>(table: TransitionTable<S>, from: S, to: S): Transition<S> {
  return table[from].includes(to) ? { kind: 'moved', state: to } : { kind: 'refused', from, to };
}

export function isTerminal<S extends string>(table: TransitionTable<S>, state: S): boolean {
  return table[state].length === 0;
}

export function statesOf<S extends string>(table: TransitionTable<S>): readonly S[] {
  return Object.keys(table) as S[];
}

/** States from which `to` may be reached in one step: the `WHERE state IN (…)` of a compare-and-set. */
export function statesLeadingTo<S extends string>(table: TransitionTable<S>, to: S): readonly S[] {
  return statesOf(table).filter((from) => table[from].includes(to));
}
