// Which names a query block can see. Scopes nest as subqueries do; a name found further out makes every block in between correlated.
import { type AggregateCall } from './aggregates';
import { OraError, oraError } from './ora-error';
import { type Column } from './value';

export interface Source {
  alias: string;
  columns: readonly Column[];
}

/** Present while the select list of a grouped block is compiled: only keys and aggregates may be read then. */
export interface Grouping {
  /** Text of each GROUP BY expression -> index of its value. */
  keys: Map<string, number>;
  keyColumns: Omit<Column, 'name'>[];
  aggregates: AggregateCall[];
  /** Without GROUP BY a bare column is a different mistake. */
  explicit: boolean;
}

export interface Resolved {
  scope: Scope;
  /** Scopes between the one that asked and the one that knows. */
  depth: number;
  source: number;
  column: number;
  definition: Column;
}

export class Scope {
  readonly sources: Source[] = [];
  grouping: Grouping | null = null;
  /** Inside the argument of an aggregate another aggregate is an error. */
  insideAggregate = false;
  /** Aggregates are not allowed in WHERE, ON and GROUP BY. */
  aggregatesAllowed = false;
  /** True once a name was found in an outer scope, or ROWNUM of this one was read. */
  correlated = false;
  usesRowNumber = false;
  private references = new Set<number>();

  constructor(readonly parent: Scope | null) {}

  /** Runs `compile` and tells which tables of this scope it looked at. */
  tracked<T>(compile: () => T): { result: T; references: number[]; usesRowNumber: boolean } {
    const [outer, outerRowNumber] = [this.references, this.usesRowNumber];
    this.references = new Set();
    this.usesRowNumber = false;
    const result = compile();
    const tracked = { result, references: [...this.references], usesRowNumber: this.usesRowNumber };
    for (const source of tracked.references) outer.add(source);
    this.references = outer;
    this.usesRowNumber ||= outerRowNumber;
    return tracked;
  }

  /** Throws ORA-00918 or ORA-00904 at `position`. */
  resolve(table: string | null, name: string, position: number): Resolved {
    const chain = this.chain();
    for (const [depth, scope] of chain.entries()) {
      const found = scope.find(table, name, position);
      if (found === null) continue;
      scope.references.add(found.source);
      for (const between of chain.slice(0, depth)) between.correlated = true;
      return { ...found, scope, depth };
    }
    throw new OraError(904, `${table === null ? '' : `"${table}".`}"${name}": invalid identifier`, position);
  }

  /** This scope and those around it, innermost first. */
  private chain(): Scope[] {
    return [this, ...(this.parent?.chain() ?? [])];
  }

  private find(
    table: string | null,
    name: string,
    position: number,
  ): Omit<Resolved, 'scope' | 'depth'> | null {
    let found: Omit<Resolved, 'scope' | 'depth'> | null = null;
    for (const [source, { alias, columns }] of this.sources.entries()) {
      if (table !== null && alias !== table) continue;
      const column = columns.findIndex((c) => c.name === name);
      const definition = columns[column];
      if (definition === undefined) continue;
      if (found !== null) throw oraError(918, position);
      found = { source, column, definition };
    }
    return found;
  }
}
