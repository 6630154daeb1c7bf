// A whole query: its blocks, the set operators between them, ORDER BY and the row limit.
import { type Query, type SetOperator } from './ast';
import { type BlockRow, compileBlock, findOutput } from './compile-block';
import { type CompileContext, type CompiledQuery } from './compile-context';
import { convertTo } from './compiled';
import { compileExpression } from './compile-expression';
import { Decimal } from './decimal';
import { type Frame } from './frame';
import { oraError } from './ora-error';
import { Scope } from './scope';
import { type Column, compareValues, rowKey, type SqlValue } from './value';

/** Throws ORA-009xx and ORA-017xx for what cannot run; rows are read only by `run`. */
export function compileQuery(query: Query, parent: Scope | null, context: CompileContext): CompiledQuery {
  const single = query.rest.length === 0;
  const first = compileBlock(query.first, single ? query.orderBy : [], parent, context);
  const others = query.rest.map(({ operator, block }) => {
    const compiled = compileBlock(block, [], parent, context);
    checkColumns(first.columns, compiled.columns, context.position(block.at));
    return { operator, compiled };
  });
  const setSorts = single
    ? null
    : query.orderBy.map((item) => setSort(item.expression, first.columns, context));
  const limit = compileLimit(query, context);
  const compare = comparator(query);
  return {
    columns: widened(
      first.columns,
      others.map((o) => o.compiled.columns),
    ),
    correlated: first.correlated || others.some((o) => o.compiled.correlated),
    run: (frame) => {
      let rows = first.run(frame);
      for (const { operator, compiled } of others) rows = combineRows(operator, rows, compiled.run(frame));
      context.budget.hold(rows.length);
      if (setSorts !== null)
        rows = rows.map((row) => ({ ...row, sortValues: setSorts.map((i) => row.values[i] ?? null) }));
      if (query.orderBy.length > 0) rows = [...rows].sort(compare);
      return rows.slice(0, limit(frame)).map((row) => row.values);
    },
  };
}

function checkColumns(first: readonly Column[], other: readonly Column[], position: number): void {
  if (first.length !== other.length) throw oraError(1789, position);
  if (first.some((column, i) => column.type !== other[i]?.type)) throw oraError(1790, position);
}

function widened(first: readonly Column[], others: readonly (readonly Column[])[]): Column[] {
  return first.map((column, i) => ({
    ...column,
    sizeBytes: Math.max(column.sizeBytes, ...others.map((o) => o[i]?.sizeBytes ?? 0)),
    nullable: column.nullable || others.some((o) => o[i]?.nullable === true),
  }));
}

/** ORDER BY after a set operator may only name output columns. */
function setSort(
  expression: Parameters<typeof findOutput>[0],
  columns: readonly Column[],
  context: CompileContext,
): number {
  const index = findOutput(expression, columns, context);
  if (index === null) throw oraError(1785, context.position(expression.at));
  return index;
}

function compileLimit(query: Query, context: CompileContext): (frame: Frame | null) => number {
  if (query.rowsMax === null) return () => Number.MAX_SAFE_INTEGER;
  const limit = convertTo(
    'NUMBER',
    compileExpression(query.rowsMax, new Scope(null), context),
    context.session,
  );
  return () => {
    const value = limit.read({ rows: [], rowNumber: 0, keys: [], aggregates: [], parent: null });
    return value instanceof Decimal ? Math.max(0, Math.trunc(value.toSmallNumber())) : 0;
  };
}

function combineRows(
  operator: SetOperator,
  left: readonly BlockRow[],
  right: readonly BlockRow[],
): BlockRow[] {
  if (operator === 'UNION ALL') return [...left, ...right];
  const distinct = new Map<string, BlockRow>();
  const rightKeys = new Set(right.map((row) => rowKey(row.values)));
  const candidates = operator === 'UNION' ? [...left, ...right] : left;
  for (const row of candidates) {
    const key = rowKey(row.values);
    if (operator === 'INTERSECT' && !rightKeys.has(key)) continue;
    if (operator === 'MINUS' && rightKeys.has(key)) continue;
    if (!distinct.has(key)) distinct.set(key, row);
  }
  return [...distinct.values()];
}

function comparator(query: Query): (a: BlockRow, b: BlockRow) => number {
  return (a, b) => {
    for (const [i, item] of query.orderBy.entries()) {
      const order = compareSort(a.sortValues[i] ?? null, b.sortValues[i] ?? null, item);
      if (order !== 0) return order;
    }
    return 0;
  };
}

function compareSort(a: SqlValue, b: SqlValue, item: { descending: boolean; nullsFirst: boolean }): number {
  if (a === null || b === null) return a === b ? 0 : (a === null) === item.nullsFirst ? -1 : 1;
  return item.descending ? compareValues(b, a) : compareValues(a, b);
}
