// Expressions and conditions. Both go through one set of functions, because an opening parenthesis does not tell which of the two
// follows; what comes back is checked where only one of them is allowed. (Trying both in turn would take exponential time.)
import {
  type ArithmeticOperator,
  type ComparisonOperator,
  type Condition,
  type Expression,
  type Node,
  type Query,
} from './ast';
import { parseDate } from './date-format';
import { Decimal } from './decimal';
import { notSimulated } from './ora-error';
import { SqlDate } from './sql-date';
import { type TokenCursor } from './token-cursor';

/** Oracle's own limit for IN lists and calls. */
const LIST_MAX = 1000;
const CONDITIONS = new Set(['and', 'or', 'not', 'compare', 'in', 'like', 'between', 'null', 'exists']);
const COMPARISONS: Readonly<Record<string, ComparisonOperator>> = {
  ...{ '=': '=', '<>': '<>', '!=': '<>', '^=': '<>', '<': '<', '<=': '<=', '>': '>', '>=': '>=' },
};
/** Functions that are written without parentheses. */
const BARE_CALLS = new Set(['SYSDATE', 'USER', 'UID', 'SYSTIMESTAMP', 'CURRENT_DATE', 'CURRENT_TIMESTAMP']);
const DAYS_OF_UNIT: Readonly<Record<string, string>> = {
  DAY: '1',
  HOUR: '24',
  MINUTE: '1440',
  SECOND: '86400',
};

export class ExpressionParser {
  constructor(
    private readonly cursor: TokenCursor,
    private readonly parseQuery: () => Query,
  ) {}

  condition(): Condition {
    return this.asCondition(this.or());
  }

  expression(): Expression {
    return this.asExpression(this.additive());
  }

  private asCondition(node: Node): Condition {
    if (isCondition(node)) return node;
    throw this.cursor.error(920);
  }

  private asExpression(node: Node): Expression {
    if (!isCondition(node)) return node;
    throw this.cursor.error(907, node.at);
  }

  private or(): Node {
    const first = this.and();
    if (!this.cursor.isWord('OR')) return first;
    const items = [this.asCondition(first)];
    while (this.cursor.takeWords('OR')) items.push(this.asCondition(this.and()));
    return { kind: 'or', items, at: first.at };
  }

  private and(): Node {
    const first = this.not();
    if (!this.cursor.isWord('AND')) return first;
    const items = [this.asCondition(first)];
    while (this.cursor.takeWords('AND')) items.push(this.asCondition(this.not()));
    return { kind: 'and', items, at: first.at };
  }

  private not(): Node {
    const at = this.cursor.peek().at;
    if (!this.cursor.takeWords('NOT')) return this.predicate();
    const item = this.cursor.nested(() => this.asCondition(this.not()));
    return { kind: 'not', item, at };
  }

  private predicate(): Node {
    const at = this.cursor.peek().at;
    if (this.cursor.takeWords('EXISTS')) return { kind: 'exists', query: this.parenthesizedQuery(), at };
    const left = this.additive();
    if (isCondition(left)) return left;
    const symbol = this.cursor.peek();
    const operator = symbol.kind === 'symbol' ? COMPARISONS[symbol.text] : undefined;
    if (operator !== undefined) {
      this.cursor.take();
      if (['ANY', 'SOME', 'ALL'].some((word) => this.cursor.isWord(word)))
        throw this.unsupported('ANY, SOME and ALL');
      return { kind: 'compare', operator, left, right: this.expression(), at: symbol.at };
    }
    return this.wordPredicate(left) ?? left;
  }

  private wordPredicate(left: Expression): Condition | null {
    const at = this.cursor.peek().at;
    if (this.cursor.takeWords('IS')) {
      const negated = this.cursor.takeWords('NOT');
      this.cursor.needWord('NULL', 908);
      return { kind: 'null', left, negated, at };
    }
    const negated = this.cursor.takeWords('NOT');
    if (this.cursor.takeWords('IN')) return { kind: 'in', left, list: this.inList(), negated, at };
    if (this.cursor.takeWords('LIKE')) {
      const pattern = this.expression();
      const escape = this.cursor.takeWords('ESCAPE') ? this.expression() : null;
      return { kind: 'like', left, pattern, escape, negated, at };
    }
    if (this.cursor.takeWords('BETWEEN')) {
      const low = this.expression();
      this.cursor.needWord('AND', 905);
      return { kind: 'between', left, low, high: this.expression(), negated, at };
    }
    if (negated) throw this.cursor.error(920);
    return null;
  }

  private inList(): Expression[] | Query {
    if (!this.cursor.isSymbol('(')) return [this.expression()];
    if (this.startsQuery(1)) return this.parenthesizedQuery();
    this.cursor.take();
    const items = this.cursor.nested(() => this.list(1795));
    this.cursor.needSymbol(')', 907);
    return items;
  }

  private list(tooMany: 1795 | 939): Expression[] {
    const items = [this.expression()];
    while (this.cursor.takeSymbol(',')) {
      items.push(this.expression());
      if (items.length > LIST_MAX) throw this.cursor.error(tooMany);
    }
    return items;
  }

  private startsQuery(ahead: number): boolean {
    return this.cursor.isWord('SELECT', ahead) || this.cursor.isWord('WITH', ahead);
  }

  private parenthesizedQuery(): Query {
    this.cursor.needSymbol('(', 906);
    const query = this.cursor.nested(() => this.parseQuery());
    this.cursor.needSymbol(')', 907);
    return query;
  }

  private additive(): Node {
    return this.chain(['+', '-', '||'], () => this.multiplicative());
  }

  private multiplicative(): Node {
    return this.chain(['*', '/'], () => this.unary());
  }

  private chain(operators: ArithmeticOperator[], operand: () => Node): Node {
    const first = operand();
    const rest: { operator: ArithmeticOperator; operand: Expression }[] = [];
    for (;;) {
      const operator = operators.find((o) => this.cursor.isSymbol(o));
      if (operator === undefined) break;
      this.cursor.take();
      rest.push({ operator, operand: this.asExpression(operand()) });
    }
    return rest.length === 0 ? first : { kind: 'chain', first: this.asExpression(first), rest, at: first.at };
  }

  private unary(): Node {
    const at = this.cursor.peek().at;
    if (this.cursor.takeSymbol('-')) {
      const operand = this.cursor.nested(() => this.asExpression(this.unary()));
      return { kind: 'negate', operand, at };
    }
    if (this.cursor.takeSymbol('+')) return this.cursor.nested(() => this.asExpression(this.unary()));
    return this.primary();
  }

  private primary(): Node {
    const token = this.cursor.peek();
    if (token.kind === 'symbol' && token.text === '(') return this.parenthesis();
    if (token.kind === 'number') {
      this.cursor.take();
      return { kind: 'literal', value: this.number(token.text, token.at), at: token.at };
    }
    if (token.kind === 'string') {
      this.cursor.take();
      return { kind: 'literal', value: token.text === '' ? null : token.text, at: token.at };
    }
    if (token.kind === 'bind') {
      this.cursor.take();
      return { kind: 'bind', index: this.cursor.binds++, at: token.at };
    }
    if (token.kind === 'word') {
      const special = this.keywordExpression(token.text, token.at);
      if (special !== null) return special;
    }
    return this.nameExpression();
  }

  private number(text: string, at: number): Decimal {
    const value = Decimal.parse(text);
    if (value === null) throw this.cursor.error(1722, at);
    return value;
  }

  private parenthesis(): Node {
    const at = this.cursor.peek().at;
    if (this.startsQuery(1)) return { kind: 'subquery', query: this.parenthesizedQuery(), at };
    this.cursor.take();
    const node = this.cursor.nested((): Node => {
      const first = this.or();
      if (!this.cursor.takeSymbol(',')) return first;
      return { kind: 'tuple', items: [this.asExpression(first), ...this.list(1795)], at };
    });
    this.cursor.needSymbol(')', 907);
    return node;
  }

  private keywordExpression(word: string, at: number): Expression | null {
    if (BARE_CALLS.has(word) && !this.cursor.isSymbol('.', 1)) {
      this.cursor.take();
      return { kind: 'call', name: word, args: [], distinct: false, star: false, at };
    }
    if (word === 'NULL') {
      this.cursor.take();
      return { kind: 'literal', value: null, at };
    }
    if (word === 'ROWNUM') {
      this.cursor.take();
      return { kind: 'rownum', at };
    }
    if (word === 'CASE') return this.cursor.nested(() => this.caseExpression());
    if (word === 'CAST' && this.cursor.isSymbol('(', 1)) return this.cursor.nested(() => this.cast());
    const literalFollows = this.cursor.peek(1).kind === 'string';
    if (literalFollows && (word === 'DATE' || word === 'TIMESTAMP')) return this.dateLiteral(word);
    return literalFollows && word === 'INTERVAL' ? this.interval() : null;
  }

  private dateLiteral(word: string): Expression {
    const at = this.cursor.take().at;
    const text = this.cursor.take().text;
    const format = word === 'DATE' ? 'YYYY-MM-DD' : 'YYYY-MM-DD HH24:MI:SS.FF';
    return { kind: 'literal', value: parseDate(text, format, SqlDate.fromEpochMs(0)), at };
  }

  /** An interval of one unit is carried as a number of days, which is what adding it to a DATE needs. */
  private interval(): Expression {
    const at = this.cursor.take().at;
    const amount = this.number(this.cursor.take().text, at);
    const unit = DAYS_OF_UNIT[this.cursor.peek().text];
    if (unit === undefined) throw this.unsupported('intervals other than DAY, HOUR, MINUTE and SECOND');
    this.cursor.take();
    return { kind: 'literal', value: amount.dividedBy(Decimal.of(unit)), at };
  }

  private caseExpression(): Expression {
    const at = this.cursor.take().at;
    if (this.cursor.isWord('WHEN')) {
      const whens = this.whens(() => this.condition());
      return { kind: 'case', subject: null, whens, otherwise: this.caseEnd(), at };
    }
    const subject = this.expression();
    const whens = this.whens(() => this.expression());
    return { kind: 'case', subject, whens, otherwise: this.caseEnd(), at };
  }

  private whens<T>(parseWhen: () => T): { when: T; then: Expression }[] {
    const whens: { when: T; then: Expression }[] = [];
    while (this.cursor.takeWords('WHEN')) {
      const when = parseWhen();
      this.cursor.needWord('THEN', 905);
      whens.push({ when, then: this.expression() });
    }
    if (whens.length === 0) throw this.cursor.error(905);
    return whens;
  }

  private caseEnd(): Expression | null {
    const otherwise = this.cursor.takeWords('ELSE') ? this.expression() : null;
    this.cursor.needWord('END', 905);
    return otherwise;
  }

  private cast(): Expression {
    const at = this.cursor.take().at;
    this.cursor.take();
    const operand = this.expression();
    this.cursor.needWord('AS', 905);
    const name = this.cursor.take().text;
    const type = (
      {
        NUMBER: 'NUMBER',
        INTEGER: 'NUMBER',
        VARCHAR2: 'VARCHAR2',
        VARCHAR: 'VARCHAR2',
        CHAR: 'VARCHAR2',
        DATE: 'DATE',
      } as const
    )[name];
    if (type === undefined) throw this.unsupported(`CAST to ${name}`);
    if (this.cursor.takeSymbol('(')) {
      while (this.cursor.peek().kind === 'number' || this.cursor.isSymbol(',')) this.cursor.take();
      this.cursor.needSymbol(')', 907);
    }
    this.cursor.needSymbol(')', 907);
    return { kind: 'cast', operand, type, at };
  }

  private nameExpression(): Expression {
    const at = this.cursor.peek().at;
    const isCall = this.cursor.peek().kind === 'word' && this.cursor.isSymbol('(', 1);
    if (isCall && !this.cursor.isWord('SELECT')) return this.cursor.nested(() => this.call());
    const first = this.cursor.needName(936);
    const parts = [first];
    while (parts.length < 3 && this.cursor.isSymbol('.') && !this.cursor.isSymbol('*', 1)) {
      this.cursor.take();
      parts.push(this.cursor.needName(936));
    }
    const name = parts.pop() ?? first;
    return { kind: 'column', table: parts.pop() ?? null, name, at };
  }

  private call(): Expression {
    const { text: name, at } = this.cursor.take();
    this.cursor.take();
    const distinct = this.cursor.takeWords('DISTINCT') || this.cursor.takeWords('UNIQUE');
    const star = !distinct && this.cursor.takeSymbol('*');
    const empty = star || this.cursor.isSymbol(')');
    const args = empty ? [] : this.list(939);
    if (this.cursor.isSymbol('=>')) throw this.unsupported('named arguments');
    this.cursor.needSymbol(')', 907);
    if (this.cursor.isWord('OVER') && this.cursor.isSymbol('(', 1))
      throw this.unsupported('analytic functions');
    return { kind: 'call', name, args, distinct, star, at };
  }

  private unsupported(what: string): Error {
    return notSimulated(what, this.cursor.bytePosition(this.cursor.peek().at));
  }
}

function isCondition(node: Node): node is Condition {
  return CONDITIONS.has(node.kind);
}
