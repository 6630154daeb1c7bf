// One SELECT block: FROM, WHERE, GROUP BY, HAVING, the select list and, for a query of a single block, the ORDER BY values.
import { Accumulator } from './aggregates';
import {
  type Condition,
  type Expression,
  type OrderItem,
  type SelectBlock,
  type SelectItem,
  type TableReference,
} from './ast';
import { type CompileContext } from './compile-context';
import { compare, compileCondition } from './compile-condition';
import { asColumn, type Compiled, convertPair } from './compiled';
import { compileExpression } from './compile-expression';
import { Decimal } from './decimal';
import { expressionKey } from './expression-key';
import { hasAggregate } from './find-aggregates';
import { type Frame } from './frame';
import { type Conjunct, frameOf, joinRows, type JoinStep } from './join-rows';
import { OraError, oraError } from './ora-error';
import { type Grouping, Scope } from './scope';
import { type Row } from './table';
import { type Column, rowKey, type SqlValue } from './value';

const COLUMN_NAME_MAX = 128;

export interface BlockRow {
  values: Row;
  /** One value per ORDER BY item. */
  sortValues: Row;
}

export interface CompiledBlock {
  columns: Column[];
  correlated: boolean;
  run(parent: Frame | null): BlockRow[];
}

interface OutputItem {
  column: Column;
  value: Compiled;
  expression: Expression | null;
}

/** Throws ORA-009xx for names, types and groupings that do not fit. */
export function compileBlock(
  block: SelectBlock,
  orderBy: readonly OrderItem[],
  parent: Scope | null,
  context: CompileContext,
): CompiledBlock {
  context.countBlock(block.at);
  const scope = new Scope(parent);
  const steps = block.from.map((join): JoinStep => {
    const { load, columns } = compileTable(join.table, scope, context);
    const on = join.on === null ? [] : compileConjuncts(join.on, scope, context);
    return { kind: join.kind, columnCount: columns.length, load, on };
  });
  const where = block.where === null ? [] : compileConjuncts(block.where, scope, context);
  const keys = block.groupBy.map((key) => compileExpression(key, scope, context));
  const grouping = planGrouping(block, orderBy, keys, scope, context);
  scope.grouping = grouping;
  scope.aggregatesAllowed = true;
  const items = block.items.flatMap((item) => compileItem(item, scope, context));
  const having = block.having === null ? null : compileCondition(block.having, scope, context);
  const sorts = orderBy.map((item) => compileSort(item, { items, distinct: block.distinct, scope, context }));
  const project = (frame: Frame): BlockRow => ({
    values: items.map((item) => item.value.read(frame)),
    sortValues: sorts.map((sort) => sort.read(frame)),
  });
  return {
    columns: items.map((item) => item.column),
    correlated: scope.correlated,
    run: (outer) => {
      const tuples = joinRows(steps, where, outer, context.budget);
      const frames = tuples.map((rows, i) => frameOf(rows, outer, i + 1));
      const results =
        grouping === null
          ? frames
          : groupFrames(frames, keys, grouping, outer).filter(
              (f) => having?.(f) !== false && having?.(f) !== null,
            );
      const rows = results.map(project);
      return block.distinct ? distinctRows(rows) : rows;
    },
  };
}

function distinctRows(rows: readonly BlockRow[]): BlockRow[] {
  const seen = new Map<string, BlockRow>();
  for (const row of rows) {
    const key = rowKey(row.values);
    if (!seen.has(key)) seen.set(key, row);
  }
  return [...seen.values()];
}

function compileTable(
  reference: TableReference,
  scope: Scope,
  context: CompileContext,
): { load: JoinStep['load']; columns: readonly Column[] } {
  const { source } = reference;
  if (source.kind === 'query') {
    // An inline view sees nothing of the block it stands in, only of the blocks around that.
    const query = context.compileQuery(source.query, scope.parent);
    if (query.correlated) scope.correlated = true;
    scope.sources.push({ alias: reference.alias ?? '', columns: query.columns });
    return { load: (parent) => query.run(parent), columns: query.columns };
  }
  const position = context.position(reference.at);
  if (source.schema !== null && source.schema !== 'SYS' && source.schema !== 'PUBLIC')
    throw oraError(942, position);
  const table = context.budget.table(source.name, position);
  scope.sources.push({ alias: reference.alias ?? source.name, columns: table.columns });
  return { load: () => context.budget.rowsOf(table), columns: table.columns };
}

function compileConjuncts(condition: Condition, scope: Scope, context: CompileContext): Conjunct[] {
  if (condition.kind === 'and') {
    return condition.items.flatMap((item) => compileConjuncts(item, scope, context));
  }
  const equality = compileEquality(condition, scope, context);
  if (equality !== null) return [equality];
  const {
    result: test,
    references,
    usesRowNumber,
  } = scope.tracked(() => compileCondition(condition, scope, context));
  return [{ test, references, usesRowNumber, equality: null }];
}

/** `a = b`, each side compiled once for both the test and the hash join; `null` for other conditions. */
function compileEquality(condition: Condition, scope: Scope, context: CompileContext): Conjunct | null {
  if (condition.kind !== 'compare' || condition.operator !== '=') return null;
  if (condition.left.kind === 'tuple' || condition.right.kind === 'tuple') return null;
  const left = scope.tracked(() => compileExpression(condition.left, scope, context));
  const right = scope.tracked(() => compileExpression(condition.right, scope, context));
  const [a, b] = convertPair(left.result, right.result, context.session);
  const usesRowNumber = left.usesRowNumber || right.usesRowNumber;
  const hashable = !usesRowNumber && a.type !== null && b.type !== null;
  return {
    test: compare('=', a, b, context),
    references: [...left.references, ...right.references],
    usesRowNumber,
    equality: hashable
      ? {
          left: { expression: a, references: left.references },
          right: { expression: b, references: right.references },
        }
      : null,
  };
}

function planGrouping(
  block: SelectBlock,
  orderBy: readonly OrderItem[],
  keys: readonly Compiled[],
  scope: Scope,
  context: CompileContext,
): Grouping | null {
  const expressions = [
    ...block.items.map((item) => item.expression),
    ...orderBy.map((item) => item.expression),
  ];
  const aggregated = expressions.some((e) => e !== null && hasAggregate(e));
  if (!aggregated && block.groupBy.length === 0 && block.having === null) return null;
  const names = new Map<string, number>();
  for (const [index, expression] of block.groupBy.entries()) {
    const key = expressionKey(expression, scope, context);
    if (key !== null) names.set(key, index);
  }
  return {
    keys: names,
    keyColumns: keys.map(({ type, sizeBytes, nullable }) => ({
      type: type ?? 'VARCHAR2',
      sizeBytes,
      nullable,
    })),
    aggregates: [],
    explicit: block.groupBy.length > 0,
  };
}

function groupFrames(
  frames: readonly Frame[],
  keys: readonly Compiled[],
  grouping: Grouping,
  parent: Frame | null,
): Frame[] {
  const groups = new Map<string, { keys: Row; accumulators: Accumulator[] }>();
  const newGroup = (values: Row): { keys: Row; accumulators: Accumulator[] } => ({
    keys: values,
    accumulators: grouping.aggregates.map((call) => new Accumulator(call)),
  });
  if (!grouping.explicit) groups.set('', newGroup([]));
  for (const frame of frames) {
    const values: SqlValue[] = keys.map((key) => key.read(frame));
    const name = rowKey(values);
    const group = groups.get(name) ?? newGroup(values);
    groups.set(name, group);
    for (const [i, call] of grouping.aggregates.entries())
      group.accumulators[i]?.add(call.argument?.read(frame) ?? null);
  }
  return [...groups.values()].map((group, i) => ({
    ...frameOf([], parent, i + 1),
    keys: group.keys,
    aggregates: group.accumulators.map((a) => a.result()),
  }));
}

function compileItem(item: SelectItem, scope: Scope, context: CompileContext): OutputItem[] {
  if (item.expression !== null) {
    const value = compileExpression(item.expression, scope, context);
    return [
      {
        column: asColumn(item.alias ?? nameOf(item.expression, item.text), value),
        value,
        expression: item.expression,
      },
    ];
  }
  const sources = scope.sources.filter((source) => item.starOf === null || source.alias === item.starOf);
  if (sources.length === 0)
    throw new OraError(904, `"${item.starOf ?? ''}": invalid identifier`, context.position(item.at));
  if (scope.grouping !== null) throw oraError(scope.grouping.explicit ? 979 : 937, context.position(item.at));
  return sources.flatMap((source) => {
    const index = scope.sources.indexOf(source);
    return source.columns.map((column, c): OutputItem => {
      const { type, sizeBytes, nullable } = column;
      return {
        column,
        value: { type, sizeBytes, nullable, read: (frame) => frame.rows[index]?.[c] ?? null },
        expression: null,
      };
    });
  });
}

/** A column without alias is called by its name, any other expression by its text without spaces. */
function nameOf(expression: Expression, text: string): string {
  return expression.kind === 'column'
    ? expression.name
    : text.replace(/\s+/g, '').toUpperCase().slice(0, COLUMN_NAME_MAX);
}

interface SortContext {
  items: readonly OutputItem[];
  distinct: boolean;
  scope: Scope;
  context: CompileContext;
}

function compileSort(item: OrderItem, { items, distinct, scope, context }: SortContext): Compiled {
  const { expression } = item;
  const chosen = findOutput(
    expression,
    items.map((i) => i.column),
    context,
  );
  if (chosen !== null) return items[chosen]?.value ?? compileExpression(expression, scope, context);
  if (distinct) {
    const key = expressionKey(expression, scope, context);
    const same = items.find(
      (i) => i.expression !== null && expressionKey(i.expression, scope, context) === key,
    );
    const star =
      expression.kind === 'column'
        ? items.find((i) => i.expression === null && i.column.name === expression.name)
        : undefined;
    const found = same ?? star;
    if (key === null || found === undefined) throw oraError(1791, context.position(expression.at));
    return found.value;
  }
  return compileExpression(expression, scope, context);
}

/** The output column that an ORDER BY item names by position or alias. Throws ORA-01785 for a position out of range. */
export function findOutput(
  expression: Expression,
  columns: readonly Column[],
  context: CompileContext,
): number | null {
  if (expression.kind === 'literal' && expression.value instanceof Decimal) {
    const index = expression.value.toSmallNumber() - 1;
    if (columns[index] === undefined) throw oraError(1785, context.position(expression.at));
    return index;
  }
  if (expression.kind !== 'column' || expression.table !== null) return null;
  const index = columns.findIndex((column) => column.name === expression.name);
  return index < 0 ? null : index;
}
