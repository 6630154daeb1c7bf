// What compiling needs to know besides the tree and the scope.
import { type Condition, type Query } from './ast';
import { type CompiledCondition, type SessionContext } from './compiled';
import { type Frame } from './frame';
import { type RunBudget } from './run-budget';
import { type Scope } from './scope';
import { OraError } from './ora-error';
import { type Row } from './table';
import { type Column, type SqlValue } from './value';

/** A query ready to run, once or for every row of the query around it. */
export interface CompiledQuery {
  columns: Column[];
  /** It reads names of an outer block, so its result changes from row to row. */
  correlated: boolean;
  run(parent: Frame | null): Row[];
}

/** The compilers that call each other in a circle are reached through the context. */
export interface Compilers {
  query: (query: Query, parent: Scope | null, context: CompileContext) => CompiledQuery;
  condition: (condition: Condition, scope: Scope, context: CompileContext) => CompiledCondition;
}

/** SELECT blocks in one statement; a WITH query counts at each use, because each use is compiled and run. */
const BLOCKS_MAX = 200;

export class CompileContext {
  private blocks = 0;
  private offsets: Uint32Array | null = null;

  constructor(
    private readonly sql: string,
    /** Values in order of appearance; `null` while only describing. */
    readonly binds: readonly SqlValue[] | null,
    readonly session: SessionContext,
    readonly budget: RunBudget,
    private readonly compilers: Compilers,
  ) {}

  /** Byte offset of a node, for errors: the character offset, unless the text is not plain ASCII. */
  position(at: number): number {
    this.offsets ??= byteOffsets(this.sql);
    return this.offsets[at] ?? at;
  }

  /** Throws ORA-00036 for one SELECT block too many. */
  countBlock(at: number): void {
    this.blocks += 1;
    if (this.blocks <= BLOCKS_MAX) return;
    throw new OraError(
      36,
      `maximum number of recursive SQL levels (${BLOCKS_MAX}) exceeded`,
      this.position(at),
    );
  }

  compileQuery(query: Query, parent: Scope | null): CompiledQuery {
    return this.compilers.query(query, parent, this);
  }

  compileCondition(condition: Condition, scope: Scope): CompiledCondition {
    return this.compilers.condition(condition, scope, this);
  }
}

/** Byte offset of every character; empty for plain ASCII, where the two are the same. */
function byteOffsets(sql: string): Uint32Array {
  if (Buffer.byteLength(sql) === sql.length) return new Uint32Array(0);
  const offsets = new Uint32Array(sql.length + 1);
  let bytes = 0;
  for (let at = 0; at < sql.length;) {
    const char = String.fromCodePoint(sql.codePointAt(at) ?? 0);
    offsets.fill(bytes, at, at + char.length);
    bytes += Buffer.byteLength(char);
    at += char.length;
  }
  offsets[sql.length] = bytes;
  return offsets;
}
