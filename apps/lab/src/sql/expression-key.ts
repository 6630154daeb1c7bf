// A text that is the same for expressions that mean the same in one scope: how GROUP BY expressions are found again in the
// select list, and ORDER BY expressions in a DISTINCT one.
import { type Expression } from './ast';
import { type CompileContext } from './compile-context';
import { type Scope } from './scope';
import { valueKey } from './value';

/** `null` for expressions that are never taken for equal (subqueries and conditions inside CASE). */
export function expressionKey(expression: Expression, scope: Scope, context: CompileContext): string | null {
  const many = (items: readonly Expression[]): string | null => {
    const keys = items.map((item) => expressionKey(item, scope, context));
    return keys.includes(null) ? null : keys.join(',');
  };
  switch (expression.kind) {
    case 'literal':
      return `=${valueKey(expression.value)}`;
    case 'bind':
      return `:${expression.index}`;
    case 'rownum':
      return '#';
    case 'column': {
      const found = scope.resolve(expression.table, expression.name, context.position(expression.at));
      return `c${found.depth}.${found.source}.${found.column}`;
    }
    case 'negate':
      return wrap('-', many([expression.operand]));
    case 'cast':
      return wrap(`as ${expression.type}`, many([expression.operand]));
    case 'tuple':
      return wrap('tuple', many(expression.items));
    case 'chain':
      return wrap(
        `chain ${expression.rest.map((r) => r.operator).join('')}`,
        many([expression.first, ...expression.rest.map((r) => r.operand)]),
      );
    case 'call':
      return wrap(
        `${expression.name}${expression.distinct ? ' distinct' : ''}${expression.star ? ' *' : ''}`,
        many(expression.args),
      );
    case 'case':
    case 'subquery':
      return null;
  }
}

function wrap(name: string, inner: string | null): string | null {
  return inner === null ? null : `${name}(${inner})`;
}
