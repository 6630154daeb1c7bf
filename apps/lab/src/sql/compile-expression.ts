// Expression trees to functions. Names and types are settled here, before a row is read, so that mistakes are found in empty views
// too. In a grouped block an expression that equals a GROUP BY expression reads the key, and aggregate calls read the group's result.
import { isAggregate } from './aggregates';
import { type ArithmeticOperator, type Expression } from './ast';
import { type CompileContext } from './compile-context';
import {
  boundedText,
  compiled,
  type Compiled,
  convertAll,
  convertPair,
  convertTo,
  held,
  numberOf,
  textOf,
} from './compiled';
import { Decimal } from './decimal';
import { expressionKey } from './expression-key';
import { findFunction } from './functions';
import { type Frame } from './frame';
import { OraError, oraError } from './ora-error';
import { type Resolved, type Scope } from './scope';
import { SqlDate } from './sql-date';
import { compareValues, NUMBER_SIZE_BYTES, type SqlType, type SqlValue, typeOfValue } from './value';

const DAY_MS = 86_400_000;

/** Throws ORA-009xx with a position when the expression cannot be evaluated in the scope. */
export function compileExpression(expression: Expression, scope: Scope, context: CompileContext): Compiled {
  const groupKey = scope.grouping === null ? null : expressionKey(expression, scope, context);
  const keyIndex = groupKey === null ? undefined : scope.grouping?.keys.get(groupKey);
  if (scope.grouping !== null && keyIndex !== undefined) {
    const column = scope.grouping.keyColumns[keyIndex];
    if (column !== undefined) return { ...column, read: (frame) => frame.keys[keyIndex] ?? null };
  }
  switch (expression.kind) {
    case 'literal':
      return constant(expression.value);
    case 'bind':
      return constant(context.binds?.[expression.index] ?? null);
    case 'column':
      return compileColumn(expression, scope, context);
    case 'rownum':
      scope.usesRowNumber = true;
      return compiled('NUMBER', (frame) => Decimal.of(BigInt(frame.rowNumber)));
    case 'negate': {
      const operand = convertTo(
        'NUMBER',
        compileExpression(expression.operand, scope, context),
        context.session,
      );
      return compiled('NUMBER', (frame) => asNumber(operand.read(frame))?.negated() ?? null);
    }
    case 'chain':
      return compileChain(expression, scope, context);
    case 'call':
      return compileCall(expression, scope, context);
    case 'case':
      return compileCase(expression, scope, context);
    case 'cast':
      return convertTo(
        expression.type,
        compileExpression(expression.operand, scope, context),
        context.session,
      );
    case 'tuple':
      throw oraError(907, context.position(expression.at));
    case 'subquery':
      return compileScalarQuery(expression, scope, context);
  }
}

function constant(value: SqlValue): Compiled {
  const stored = value === '' ? null : value;
  const textBytes = typeof stored === 'string' ? Math.max(1, Buffer.byteLength(stored)) : 1;
  return { ...compiled(typeOfValue(stored), () => stored, textBytes), nullable: stored === null };
}

function compileColumn(
  node: Extract<Expression, { kind: 'column' }>,
  scope: Scope,
  context: CompileContext,
): Compiled {
  const position = context.position(node.at);
  const found = scope.resolve(node.table, node.name, position);
  if (found.scope.grouping !== null) return groupedColumn(found, position);
  const { depth, source, column, definition } = found;
  const { type, sizeBytes, nullable } = definition;
  return {
    type,
    sizeBytes,
    nullable,
    read: (frame) => ancestor(frame, depth).rows[source]?.[column] ?? null,
  };
}

/** A column of a grouped block, seen from the block itself or from a subquery in its select list. */
function groupedColumn(found: Resolved, position: number): Compiled {
  const grouping = found.scope.grouping;
  const index = grouping?.keys.get(`c0.${found.source}.${found.column}`);
  const column = index === undefined ? undefined : grouping?.keyColumns[index];
  if (index === undefined || column === undefined)
    throw oraError(grouping?.explicit === true ? 979 : 937, position);
  return { ...column, read: (frame) => ancestor(frame, found.depth).keys[index] ?? null };
}

function ancestor(frame: Frame, depth: number): Frame {
  let at = frame;
  for (let i = 0; i < depth; i += 1) {
    if (at.parent === null) throw new Error('a correlated name without its outer row');
    at = at.parent;
  }
  return at;
}

function asNumber(value: SqlValue): Decimal | null {
  return value instanceof Decimal ? value : null;
}

/** One operator of a chain: the type it yields, and its value from the value so far. */
interface ChainStep {
  type: SqlType;
  apply: (left: SqlValue, frame: Frame) => SqlValue;
}

/** A loop over the operators, because a chain may be as long as the statement and a recursion may not. */
function compileChain(
  node: Extract<Expression, { kind: 'chain' }>,
  scope: Scope,
  context: CompileContext,
): Compiled {
  const first = compileExpression(node.first, scope, context);
  let type = first.type;
  const steps = node.rest.map(({ operator, operand }) => {
    const right = compileExpression(operand, scope, context);
    const step = chainStep(operator, type, right, context);
    type = step.type;
    return step;
  });
  return compiled(type, (frame) =>
    steps.reduce((value, step) => step.apply(value, frame), first.read(frame)),
  );
}

function chainStep(
  operator: ArithmeticOperator,
  leftType: SqlType | null,
  right: Compiled,
  context: CompileContext,
): ChainStep {
  const { session } = context;
  if (operator === '||') {
    return {
      type: 'VARCHAR2',
      apply: (left, frame) =>
        boundedText((textOf(left, session) ?? '') + (textOf(right.read(frame), session) ?? '')),
    };
  }
  if (leftType === 'DATE' || right.type === 'DATE') return dateStep(operator, leftType, right);
  return {
    type: 'NUMBER',
    apply: (left, frame) => {
      const [x, y] = [numberOf(left), numberOf(right.read(frame))];
      if (x === null || y === null) return null;
      if (operator === '+') return x.plus(y);
      if (operator === '-') return x.minus(y);
      return operator === '*' ? x.times(y) : x.dividedBy(y);
    },
  };
}

function dateStep(operator: '+' | '-' | '*' | '/', leftType: SqlType | null, right: Compiled): ChainStep {
  const bothDates = leftType === 'DATE' && right.type === 'DATE';
  if (operator === '-' && bothDates) {
    return {
      type: 'NUMBER',
      apply: (left, frame) => {
        const other = right.read(frame);
        if (!(left instanceof SqlDate) || !(other instanceof SqlDate)) return null;
        return Decimal.of(BigInt(left.epochMs - other.epochMs)).dividedBy(Decimal.of(DAY_MS));
      },
    };
  }
  const addable = operator === '+' || (operator === '-' && leftType === 'DATE');
  if (!addable || bothDates) throw new OraError(932, 'inconsistent datatypes: expected NUMBER got DATE');
  return {
    type: 'DATE',
    apply: (left, frame) => {
      const other = right.read(frame);
      const [date, amount] = leftType === 'DATE' ? [left, other] : [other, left];
      const days = numberOf(amount instanceof SqlDate ? null : amount);
      if (!(date instanceof SqlDate) || days === null) return null;
      return date.plusDays((operator === '-' ? days.negated() : days).toSmallNumber());
    },
  };
}

function compileCall(
  node: Extract<Expression, { kind: 'call' }>,
  scope: Scope,
  context: CompileContext,
): Compiled {
  const position = context.position(node.at);
  if (isAggregate(node.name)) return compileAggregate(node, scope, context);
  const known = findFunction(node.name);
  if (known === undefined || node.star || node.distinct)
    throw new OraError(904, `"${node.name}": invalid identifier`, position);
  if (node.args.length < known.argumentsMin || node.args.length > known.argumentsMax) {
    throw new OraError(909, 'invalid number of arguments', position);
  }
  const args = node.args.map((arg) => compileExpression(arg, scope, context));
  return known.compile(args, context.session);
}

function compileAggregate(
  node: Extract<Expression, { kind: 'call' }>,
  scope: Scope,
  context: CompileContext,
): Compiled {
  const position = context.position(node.at);
  const { grouping } = scope;
  if (scope.insideAggregate) throw oraError(935, position);
  if (grouping === null || !scope.aggregatesAllowed || !isAggregate(node.name)) throw oraError(934, position);
  const [argument] = node.args;
  if (
    (node.star && node.name !== 'COUNT') ||
    node.args.length > 1 ||
    (!node.star && argument === undefined)
  ) {
    throw new OraError(909, 'invalid number of arguments', position);
  }
  // The argument is evaluated per row, outside of the grouping.
  scope.grouping = null;
  scope.insideAggregate = true;
  let compiledArgument = argument === undefined ? null : compileExpression(argument, scope, context);
  scope.insideAggregate = false;
  scope.grouping = grouping;
  const sums = node.name === 'SUM' || node.name === 'AVG';
  if (sums && compiledArgument !== null)
    compiledArgument = convertTo('NUMBER', compiledArgument, context.session);
  const index =
    grouping.aggregates.push({ name: node.name, distinct: node.distinct, argument: compiledArgument }) - 1;
  const read = (frame: Frame): SqlValue => frame.aggregates[index] ?? null;
  if (sums || node.name === 'COUNT' || compiledArgument === null) {
    return { type: 'NUMBER', sizeBytes: NUMBER_SIZE_BYTES, nullable: node.name !== 'COUNT', read };
  }
  return { ...compiledArgument, nullable: true, read };
}

function compileCase(
  node: Extract<Expression, { kind: 'case' }>,
  scope: Scope,
  context: CompileContext,
): Compiled {
  const tests = compileWhens(node, scope, context);
  const thens = node.whens.map(({ then }) => compileExpression(then, scope, context));
  const otherwise =
    node.otherwise === null ? constant(null) : compileExpression(node.otherwise, scope, context);
  const branches = convertAll([...thens, otherwise], context.session);
  const type: SqlType | null = branches.find((b) => b.type !== null)?.type ?? null;
  const textBytes = Math.max(...branches.map((b) => b.sizeBytes));
  const read = (frame: Frame): SqlValue => {
    const hit = tests(frame);
    return branches[hit < 0 ? thens.length : hit]?.read(frame) ?? null;
  };
  return compiled(type, read, textBytes);
}

/** The index of the first WHEN that holds, -1 when none does. */
function compileWhens(
  node: Extract<Expression, { kind: 'case' }>,
  scope: Scope,
  context: CompileContext,
): (frame: Frame) => number {
  if (node.subject === null) {
    const tests = node.whens.map(({ when }) => context.compileCondition(when, scope));
    return (frame) => tests.findIndex((test) => test(frame) === true);
  }
  const { hold, expression } = held(compileExpression(node.subject, scope, context));
  const pairs = node.whens.map(({ when }) =>
    convertPair(expression, compileExpression(when, scope, context), context.session),
  );
  return (frame) => {
    if (hold(frame) === null) return -1;
    return pairs.findIndex(([a, b]) => {
      const [x, y] = [a.read(frame), b.read(frame)];
      return x !== null && y !== null && compareValues(x, y) === 0;
    });
  };
}

function compileScalarQuery(
  node: Extract<Expression, { kind: 'subquery' }>,
  scope: Scope,
  context: CompileContext,
): Compiled {
  const query = context.compileQuery(node.query, scope);
  const [column] = query.columns;
  if (column === undefined || query.columns.length > 1)
    throw new OraError(913, 'too many values', context.position(node.at));
  let remembered: { value: SqlValue } | null = null;
  return {
    ...{ type: column.type, sizeBytes: column.sizeBytes, nullable: true },
    read: (frame) => {
      if (remembered !== null) return remembered.value;
      const rows = query.run(frame);
      if (rows.length > 1) throw oraError(1427);
      const value = rows[0]?.[0] ?? null;
      if (!query.correlated) remembered = { value };
      return value;
    },
  };
}
