// Whether an expression or condition calls an aggregate of its own block; subqueries have their own.
import { isAggregate } from './aggregates';
import { type Condition, type Expression } from './ast';

export function hasAggregate(node: Expression): boolean {
  switch (node.kind) {
    case 'call':
      return isAggregate(node.name) || node.args.some(hasAggregate);
    case 'chain':
      return hasAggregate(node.first) || node.rest.some((r) => hasAggregate(r.operand));
    case 'negate':
    case 'cast':
      return hasAggregate(node.operand);
    case 'tuple':
      return node.items.some(hasAggregate);
    case 'case':
      return (
        (node.subject === null
          ? node.whens.some((w) => conditionHasAggregate(w.when) || hasAggregate(w.then))
          : [node.subject, ...node.whens.flatMap((w) => [w.when, w.then])].some(hasAggregate)) ||
        (node.otherwise !== null && hasAggregate(node.otherwise))
      );
    default:
      return false;
  }
}

function conditionHasAggregate(node: Condition): boolean {
  switch (node.kind) {
    case 'and':
    case 'or':
      return node.items.some(conditionHasAggregate);
    case 'not':
      return conditionHasAggregate(node.item);
    case 'compare':
      return hasAggregate(node.left) || hasAggregate(node.right);
    case 'in':
      return hasAggregate(node.left) || (Array.isArray(node.list) && node.list.some(hasAggregate));
    case 'like':
      return hasAggregate(node.left) || hasAggregate(node.pattern);
    case 'between':
      return [node.left, node.low, node.high].some(hasAggregate);
    case 'null':
      return hasAggregate(node.left);
    case 'exists':
      return false;
  }
}
