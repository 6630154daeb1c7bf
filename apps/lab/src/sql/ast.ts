// What the parser makes of a statement. `at` is the character offset where an error about the node points to.
// Chains (a + b - c, x AND y AND z) are flat lists, so that the depth of a tree is bounded by the nesting limit of the parser.
import { type SqlValue } from './value';

export type Expression =
  | { kind: 'literal'; value: SqlValue; at: number }
  | { kind: 'bind'; index: number; at: number }
  | { kind: 'column'; table: string | null; name: string; at: number }
  | { kind: 'rownum'; at: number }
  | { kind: 'negate'; operand: Expression; at: number }
  | {
      kind: 'chain';
      first: Expression;
      rest: { operator: ArithmeticOperator; operand: Expression }[];
      at: number;
    }
  | { kind: 'call'; name: string; args: Expression[]; distinct: boolean; star: boolean; at: number }
  | {
      kind: 'case';
      subject: null;
      whens: { when: Condition; then: Expression }[];
      otherwise: Expression | null;
      at: number;
    }
  | {
      kind: 'case';
      subject: Expression;
      whens: { when: Expression; then: Expression }[];
      otherwise: Expression | null;
      at: number;
    }
  | { kind: 'cast'; operand: Expression; type: 'NUMBER' | 'VARCHAR2' | 'DATE'; at: number }
  | { kind: 'tuple'; items: Expression[]; at: number }
  | { kind: 'subquery'; query: Query; at: number };

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '||';
export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>=';

export type Condition =
  | { kind: 'and'; items: Condition[]; at: number }
  | { kind: 'or'; items: Condition[]; at: number }
  | { kind: 'not'; item: Condition; at: number }
  | { kind: 'compare'; operator: ComparisonOperator; left: Expression; right: Expression; at: number }
  | { kind: 'in'; left: Expression; list: Expression[] | Query; negated: boolean; at: number }
  | {
      kind: 'like';
      left: Expression;
      pattern: Expression;
      escape: Expression | null;
      negated: boolean;
      at: number;
    }
  | { kind: 'between'; left: Expression; low: Expression; high: Expression; negated: boolean; at: number }
  | { kind: 'null'; left: Expression; negated: boolean; at: number }
  | { kind: 'exists'; query: Query; at: number };

export type Node = Expression | Condition;

export interface SelectItem {
  /** `null` stands for a star. */
  expression: Expression | null;
  /** Table of `t.*`. */
  starOf: string | null;
  alias: string | null;
  /** The text as written, which names a column without alias. */
  text: string;
  at: number;
}

export interface TableReference {
  source: { kind: 'table'; schema: string | null; name: string } | { kind: 'query'; query: Query };
  alias: string | null;
  at: number;
}

export interface Join {
  kind: 'cross' | 'inner' | 'left' | 'right' | 'full';
  table: TableReference;
  on: Condition | null;
}

export interface SelectBlock {
  distinct: boolean;
  items: SelectItem[];
  from: Join[];
  where: Condition | null;
  groupBy: Expression[];
  having: Condition | null;
  at: number;
}

export interface OrderItem {
  expression: Expression;
  descending: boolean;
  nullsFirst: boolean;
}

export type SetOperator = 'UNION' | 'UNION ALL' | 'INTERSECT' | 'MINUS';

export interface Query {
  first: SelectBlock;
  rest: { operator: SetOperator; block: SelectBlock }[];
  orderBy: OrderItem[];
  /** Row limit of FETCH FIRST n ROWS ONLY. */
  rowsMax: Expression | null;
  at: number;
}

export type Statement =
  | { kind: 'query'; query: Query; binds: number }
  | { kind: 'archive-log-current' }
  | { kind: 'switch-logfile' }
  | { kind: 'checkpoint' }
  | { kind: 'kill-session'; session: string; immediate: boolean; at: number }
  | { kind: 'block-change-tracking'; enabled: boolean; file: string | null }
  | { kind: 'alter-session'; name: string | null; value: string | null }
  /** An ALTER that only the instance understands. */
  | { kind: 'alter-other'; sql: string; at: number }
  | { kind: 'commit' }
  | { kind: 'rollback' };
