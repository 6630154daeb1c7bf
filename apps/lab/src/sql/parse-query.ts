// SELECT statements: WITH, blocks, joins, set operators, ORDER BY and the row limit. The grammar is written in parse-statement.ts.
import {
  type Expression,
  type Join,
  type OrderItem,
  type Query,
  type SelectBlock,
  type SelectItem,
  type SetOperator,
  type TableReference,
} from './ast';
import { notSimulated } from './ora-error';
import { ExpressionParser } from './parse-expression';
import { type TokenCursor } from './token-cursor';

/** Tables in one FROM clause and columns in one select list: Oracle's column limit, and far more joins than any view query has. */
const TABLES_MAX = 20;
const ITEMS_MAX = 1000;
/** Words that follow a table and therefore are not its alias, although Oracle does not reserve them. */
const AFTER_TABLE = new Set([
  'JOIN',
  'INNER',
  'LEFT',
  'RIGHT',
  'FULL',
  'CROSS',
  'NATURAL',
  'USING',
  'FETCH',
  'OFFSET',
  'OUTER',
]);
/** Words of whole clauses that the evaluator does not know. */
const CLAUSES_UNKNOWN = ['CONNECT', 'START', 'MODEL', 'PIVOT', 'OFFSET'];

export class QueryParser {
  private readonly expressions: ExpressionParser;
  /** WITH queries in scope, innermost last: each use of a name stands for the whole query. */
  private readonly named: Map<string, Query>[] = [];

  constructor(private readonly cursor: TokenCursor) {
    this.expressions = new ExpressionParser(cursor, () => this.query());
  }

  query(): Query {
    const at = this.cursor.peek().at;
    const withQueries = this.cursor.isWord('WITH');
    if (withQueries) this.namedQueries();
    const first = this.operand();
    const rest: Query['rest'] = [];
    for (let operator = this.setOperator(); operator !== null; operator = this.setOperator()) {
      rest.push({ operator, block: this.operand() });
    }
    const orderBy = this.orderBy();
    const rowsMax = this.rowLimit();
    if (this.cursor.isWord('FOR') && this.cursor.isWord('UPDATE', 1)) throw this.unsupported('FOR UPDATE');
    if (withQueries) this.named.pop();
    return { first, rest, orderBy, rowsMax, at };
  }

  private namedQueries(): void {
    this.cursor.take();
    const queries = new Map<string, Query>();
    this.named.push(queries);
    do {
      const name = this.cursor.needName(931);
      if (this.cursor.isSymbol('(')) throw this.unsupported('column lists of WITH');
      this.cursor.needWord('AS', 905);
      this.cursor.needSymbol('(', 906);
      queries.set(
        name,
        this.cursor.nested(() => this.query()),
      );
      this.cursor.needSymbol(')', 907);
    } while (this.cursor.takeSymbol(','));
  }

  private operand(): SelectBlock {
    if (this.cursor.isSymbol('(')) throw this.unsupported('parentheses around the operands of set operators');
    return this.block();
  }

  private setOperator(): SetOperator | null {
    if (this.cursor.takeWords('UNION', 'ALL')) return 'UNION ALL';
    for (const word of ['UNION', 'INTERSECT', 'MINUS'] as const) if (this.cursor.takeWords(word)) return word;
    return null;
  }

  private block(): SelectBlock {
    const at = this.cursor.peek().at;
    this.cursor.needWord('SELECT', 928);
    const distinct = this.cursor.takeWords('DISTINCT') || this.cursor.takeWords('UNIQUE');
    if (!distinct) this.cursor.takeWords('ALL');
    const items = this.selectList();
    this.cursor.needWord('FROM', 923);
    const from = this.from();
    const where = this.cursor.takeWords('WHERE') ? this.expressions.condition() : null;
    const unknown = CLAUSES_UNKNOWN.find((word) => this.cursor.isWord(word));
    if (unknown !== undefined) throw this.unsupported(unknown);
    const groupBy = this.groupBy();
    const having = this.cursor.takeWords('HAVING') ? this.expressions.condition() : null;
    return { distinct, items, from, where, groupBy, having, at };
  }

  private selectList(): SelectItem[] {
    const items = [this.selectItem()];
    while (this.cursor.takeSymbol(',')) {
      items.push(this.selectItem());
      if (items.length > ITEMS_MAX) throw this.cursor.error(939);
    }
    return items;
  }

  private selectItem(): SelectItem {
    const at = this.cursor.peek().at;
    if (this.cursor.takeSymbol('*')) return { expression: null, starOf: null, alias: null, text: '*', at };
    if (this.cursor.isSymbol('.', 1) && this.cursor.isSymbol('*', 2)) {
      const starOf = this.cursor.needName(936);
      this.cursor.take();
      this.cursor.take();
      return { expression: null, starOf, alias: null, text: '*', at };
    }
    const expression = this.expressions.expression();
    const text = this.cursor.sql.slice(at, this.cursor.peek().at).trim();
    const alias = this.cursor.takeWords('AS') ? this.cursor.needName(923) : this.cursor.takeName();
    return { expression, starOf: null, alias, text, at };
  }

  private from(): Join[] {
    const joins: Join[] = [{ kind: 'cross', table: this.tableReference(), on: null }];
    for (;;) {
      const join = this.cursor.takeSymbol(',') ? this.commaJoin() : this.join();
      if (join === null) return joins;
      joins.push(join);
      if (joins.length > TABLES_MAX) throw this.unsupported(`more than ${TABLES_MAX} tables`);
    }
  }

  private commaJoin(): Join {
    return { kind: 'cross', table: this.tableReference(), on: null };
  }

  private join(): Join | null {
    if (this.cursor.isWord('NATURAL')) throw this.unsupported('NATURAL JOIN');
    if (this.cursor.takeWords('CROSS')) {
      this.cursor.needWord('JOIN', 905);
      return this.commaJoin();
    }
    const kind = this.joinKind();
    if (kind === null) return null;
    const table = this.tableReference();
    if (this.cursor.isWord('USING')) throw this.unsupported('JOIN ... USING');
    this.cursor.needWord('ON', 905);
    return { kind, table, on: this.expressions.condition() };
  }

  private joinKind(): 'inner' | 'left' | 'right' | 'full' | null {
    if (this.cursor.takeWords('JOIN')) return 'inner';
    for (const kind of ['inner', 'left', 'right', 'full'] as const) {
      if (!this.cursor.takeWords(kind.toUpperCase())) continue;
      if (kind !== 'inner') this.cursor.takeWords('OUTER');
      this.cursor.needWord('JOIN', 905);
      return kind;
    }
    return null;
  }

  private tableReference(): TableReference {
    const at = this.cursor.peek().at;
    if (this.cursor.takeSymbol('(')) {
      if (!this.cursor.isWord('SELECT') && !this.cursor.isWord('WITH'))
        throw this.unsupported('parenthesized joins');
      const query = this.cursor.nested(() => this.query());
      this.cursor.needSymbol(')', 907);
      return { source: { kind: 'query', query }, alias: this.tableAlias(), at };
    }
    if (this.cursor.isWord('TABLE') && this.cursor.isSymbol('(', 1)) throw this.unsupported('TABLE()');
    let name = this.cursor.needName(903);
    let schema: string | null = null;
    if (this.cursor.takeSymbol('.')) {
      schema = name;
      name = this.cursor.needName(903);
    }
    if (this.cursor.isSymbol('@')) throw this.unsupported('database links');
    return {
      source: schema === null ? this.resolveName(name) : { kind: 'table', schema, name },
      alias: this.tableAlias() ?? name,
      at,
    };
  }

  private resolveName(name: string): TableReference['source'] {
    for (const queries of [...this.named].reverse()) {
      const query = queries.get(name);
      if (query !== undefined) return { kind: 'query', query };
    }
    return { kind: 'table', schema: null, name };
  }

  private tableAlias(): string | null {
    const token = this.cursor.peek();
    return token.kind === 'word' && AFTER_TABLE.has(token.text) ? null : this.cursor.takeName();
  }

  private groupBy(): Expression[] {
    if (!this.cursor.takeWords('GROUP')) return [];
    this.cursor.needWord('BY', 924);
    const items = [this.expressions.expression()];
    while (this.cursor.takeSymbol(',')) items.push(this.expressions.expression());
    return items;
  }

  private orderBy(): OrderItem[] {
    if (!this.cursor.takeWords('ORDER')) return [];
    this.cursor.needWord('BY', 924);
    const items = [this.orderItem()];
    while (this.cursor.takeSymbol(',')) items.push(this.orderItem());
    return items;
  }

  private orderItem(): OrderItem {
    const expression = this.expressions.expression();
    const descending = this.cursor.takeWords('DESC');
    if (!descending) this.cursor.takeWords('ASC');
    let nullsFirst = descending;
    if (this.cursor.takeWords('NULLS', 'FIRST')) nullsFirst = true;
    else if (this.cursor.takeWords('NULLS', 'LAST')) nullsFirst = false;
    return { expression, descending, nullsFirst };
  }

  private rowLimit(): Expression | null {
    if (!this.cursor.takeWords('FETCH')) return null;
    if (!this.cursor.takeWords('FIRST')) this.cursor.needWord('NEXT', 905);
    const limit = this.expressions.expression();
    if (!this.cursor.takeWords('ROWS')) this.cursor.needWord('ROW', 905);
    this.cursor.needWord('ONLY', 905);
    return limit;
  }

  private unsupported(what: string): Error {
    return notSimulated(what, this.cursor.bytePosition(this.cursor.peek().at));
  }
}
