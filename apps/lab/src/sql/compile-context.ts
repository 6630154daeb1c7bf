// What compiling needs to know besides the tree and the scope.
import { type Query } from './ast';
import { type SessionContext } from './compiled';
import { type Frame } from './frame';
import { type RunBudget } from './run-budget';
import { type Scope } from './scope';
import { type Row } from './table';
import { byteOffset } from './tokenize';
import { type Column, type SqlValue } from './value';

/** A query ready to run, once or for every row of the query around it. */
export interface CompiledQuery {
  columns: Column[];
  /** It reads names of an outer block, so its result changes from row to row. */
  correlated: boolean;
  run(parent: Frame | null): Row[];
}

export class CompileContext {
  constructor(
    private readonly sql: string,
    /** Values in order of appearance; `null` while only describing. */
    readonly binds: readonly SqlValue[] | null,
    readonly session: SessionContext,
    readonly budget: RunBudget,
    readonly compileQuery: (query: Query, parent: Scope | null, context: CompileContext) => CompiledQuery,
  ) {}

  /** Byte offset of a node, for errors. */
  position(at: number): number {
    return byteOffset(this.sql, at);
  }
}
