// Conditions to three-valued functions: true, false, or null for unknown.
import { type ComparisonOperator, type Condition, type Expression, type Query } from './ast';
import { type CompileContext } from './compile-context';
import { type Compiled, type CompiledCondition, convertPair, convertTo, held } from './compiled';
import { compileExpression } from './compile-expression';
import { type Frame } from './frame';
import { type LikePattern, matchesLike, parseLikePattern } from './match-like';
import { OraError, oraError } from './ora-error';
import { type Scope } from './scope';
import { compareValues, rowKey, type SqlValue } from './value';

const TESTS: Readonly<Record<ComparisonOperator, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '<>': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

export function compileCondition(node: Condition, scope: Scope, context: CompileContext): CompiledCondition {
  switch (node.kind) {
    case 'and':
      return all(node.items.map((item) => compileCondition(item, scope, context)));
    case 'or': {
      const negated = node.items.map((item) => not(compileCondition(item, scope, context)));
      return not(all(negated));
    }
    case 'not':
      return not(compileCondition(node.item, scope, context));
    case 'compare':
      return compileComparison(node, scope, context);
    case 'in':
      return negatedIf(node.negated, compileIn(node, scope, context));
    case 'like':
      return negatedIf(node.negated, compileLike(node, scope, context));
    case 'between': {
      const { hold, expression } = held(compileExpression(node.left, scope, context));
      const low = compare('>=', expression, compileExpression(node.low, scope, context), context);
      const high = compare('<=', expression, compileExpression(node.high, scope, context), context);
      return negatedIf(node.negated, after(hold, all([low, high])));
    }
    case 'null': {
      const left = compileExpression(node.left, scope, context);
      return (frame) => (left.read(frame) === null) !== node.negated;
    }
    case 'exists': {
      const query = context.compileQuery(node.query, scope);
      let remembered: boolean | null = null;
      return (frame) => {
        if (remembered !== null) return remembered;
        const found = query.run(frame).length > 0;
        if (!query.correlated) remembered = found;
        return found;
      };
    }
  }
}

function all(items: readonly CompiledCondition[]): CompiledCondition {
  return (frame) => {
    let unknown = false;
    for (const item of items) {
      const value = item(frame);
      if (value === false) return false;
      if (value === null) unknown = true;
    }
    return unknown ? null : true;
  };
}

function not(item: CompiledCondition): CompiledCondition {
  return (frame) => {
    const value = item(frame);
    return value === null ? null : !value;
  };
}

function negatedIf(negated: boolean, item: CompiledCondition): CompiledCondition {
  return negated ? not(item) : item;
}

/** A comparison of two compiled expressions; ORA-00932 when their types cannot meet. */
export function compare(
  operator: ComparisonOperator,
  left: Compiled,
  right: Compiled,
  context: CompileContext,
): CompiledCondition {
  const [a, b] = convertPair(left, right, context.session);
  const test = TESTS[operator];
  return (frame) => {
    const x = a.read(frame);
    if (x === null) return null;
    const y = b.read(frame);
    return y === null ? null : test(compareValues(x, y));
  };
}

function compileComparison(
  node: Extract<Condition, { kind: 'compare' }>,
  scope: Scope,
  context: CompileContext,
): CompiledCondition {
  if (node.left.kind === 'tuple' || node.right.kind === 'tuple') {
    if (node.operator !== '=' && node.operator !== '<>') throw oraError(920, context.position(node.at));
    const pairs = pairUp(node.left, node.right, scope, context);
    return negatedIf(node.operator === '<>', all(pairs.map(([a, b]) => compare('=', a, b, context))));
  }
  const left = compileExpression(node.left, scope, context);
  return compare(node.operator, left, compileExpression(node.right, scope, context), context);
}

function itemsOf(expression: Expression): Expression[] {
  return expression.kind === 'tuple' ? expression.items : [expression];
}

function pairUp(
  left: Expression,
  right: Expression,
  scope: Scope,
  context: CompileContext,
): [Compiled, Compiled][] {
  const [lefts, rights] = [itemsOf(left), itemsOf(right)];
  if (lefts.length !== rights.length) throw tooMany(lefts.length < rights.length, context.position(right.at));
  return lefts.map((item, i) => {
    const other = rights[i] ?? item;
    return [compileExpression(item, scope, context), compileExpression(other, scope, context)];
  });
}

function tooMany(rightIsLonger: boolean, position: number): OraError {
  return rightIsLonger
    ? new OraError(913, 'too many values', position)
    : new OraError(947, 'not enough values', position);
}

function compileIn(
  node: Extract<Condition, { kind: 'in' }>,
  scope: Scope,
  context: CompileContext,
): CompiledCondition {
  if (!Array.isArray(node.list)) return compileInQuery(node.left, node.list, scope, context);
  const lefts = itemsOf(node.left).map((item) => held(compileExpression(item, scope, context)));
  const matches = node.list.map((item) => {
    const rights = itemsOf(item);
    if (lefts.length !== rights.length)
      throw tooMany(lefts.length < rights.length, context.position(item.at));
    const parts = rights.map((right, i) => {
      const value = compileExpression(right, scope, context);
      return compare('=', lefts[i]?.expression ?? value, value, context);
    });
    return not(all(parts));
  });
  return after(
    (frame) => {
      for (const left of lefts) left.hold(frame);
    },
    not(all(matches)),
  );
}

/** Evaluates what the condition shares before the condition itself. */
function after(prepare: (frame: Frame) => unknown, condition: CompiledCondition): CompiledCondition {
  return (frame) => {
    prepare(frame);
    return condition(frame);
  };
}

function compileInQuery(
  left: Expression,
  list: Query,
  scope: Scope,
  context: CompileContext,
): CompiledCondition {
  const query = context.compileQuery(list, scope);
  const lefts = itemsOf(left).map((item) => compileExpression(item, scope, context));
  if (lefts.length !== query.columns.length)
    throw tooMany(query.columns.length > lefts.length, context.position(list.at));
  const inputs = lefts.map((item, i) => {
    const type = query.columns[i]?.type ?? 'VARCHAR2';
    return convertTo(type === 'RAW' ? 'VARCHAR2' : type, item, context.session);
  });
  let remembered: { keys: Set<string>; withNull: boolean } | null = null;
  return (frame) => {
    const known = remembered ?? keysOf(query.run(frame));
    if (!query.correlated) remembered = known;
    const values = inputs.map((input) => input.read(frame));
    if (known.keys.has(rowKey(values)) && !values.includes(null)) return true;
    if (known.keys.size === 0) return false;
    return values.includes(null) || known.withNull ? null : false;
  };
}

function keysOf(rows: readonly (readonly SqlValue[])[]): { keys: Set<string>; withNull: boolean } {
  return { keys: new Set(rows.map(rowKey)), withNull: rows.some((row) => row.includes(null)) };
}

function compileLike(
  node: Extract<Condition, { kind: 'like' }>,
  scope: Scope,
  context: CompileContext,
): CompiledCondition {
  const asText = (expression: Expression): Compiled =>
    convertTo('VARCHAR2', compileExpression(expression, scope, context), context.session);
  const [left, pattern] = [asText(node.left), asText(node.pattern)];
  const escape = node.escape === null ? null : asText(node.escape);
  let parsed: { key: string; pattern: LikePattern } | null = null;
  return (frame) => {
    const [text, like, mark] = [left.read(frame), pattern.read(frame), escape?.read(frame) ?? null];
    if (typeof text !== 'string' || typeof like !== 'string') return null;
    const key = `${typeof mark === 'string' ? mark : ''}|${like}`;
    if (parsed?.key !== key)
      parsed = { key, pattern: parseLikePattern(like, typeof mark === 'string' ? mark : null) };
    return matchesLike(text, parsed.pattern);
  };
}
