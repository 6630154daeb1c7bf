// A place in the token list, with the small questions a recursive-descent parser asks. Also the keeper of the nesting limit:
// the tree is walked recursively later, so its depth must be bounded here.
import { type KnownOra, OraError, oraError } from './ora-error';
import { byteOffset, type Token, tokenize } from './tokenize';

/** Nested parentheses, subqueries and NOTs in one statement; each costs stack while compiling and running. */
const NESTING_MAX = 50;
/** Words that can be neither a column nor an alias without double quotes. */
const RESERVED = new Set(
  (
    'ACCESS ADD ALL ALTER AND ANY AS ASC AUDIT BETWEEN BY CHAR CHECK CLUSTER COLUMN COMMENT COMPRESS CONNECT CREATE CURRENT DATE ' +
    'DECIMAL DEFAULT DELETE DESC DISTINCT DROP ELSE EXCLUSIVE EXISTS FILE FLOAT FOR FROM GRANT GROUP HAVING IDENTIFIED IMMEDIATE ' +
    'IN INCREMENT INDEX INITIAL INSERT INTEGER INTERSECT INTO IS LEVEL LIKE LOCK LONG MAXEXTENTS MINUS MLSLABEL MODE MODIFY NOAUDIT ' +
    'NOCOMPRESS NOT NOWAIT NULL NUMBER OF OFFLINE ON ONLINE OPTION OR ORDER PCTFREE PRIOR PUBLIC RAW RENAME RESOURCE REVOKE ROW ROWID ' +
    'ROWNUM ROWS SELECT SESSION SET SHARE SIZE SMALLINT START SUCCESSFUL SYNONYM SYSDATE TABLE THEN TO TRIGGER UID UNION UNIQUE UPDATE ' +
    'USER VALIDATE VALUES VARCHAR VARCHAR2 VIEW WHENEVER WHERE WITH'
  ).split(' '),
);

export class TokenCursor {
  private readonly tokens: Token[];
  private next = 0;
  private depth = 0;
  /** Bind variables met so far: their order is the order of the values on the wire. */
  binds = 0;

  constructor(readonly sql: string) {
    this.tokens = tokenize(sql);
  }

  peek(ahead = 0): Token {
    const token = this.tokens[Math.min(this.next + ahead, this.tokens.length - 1)];
    if (token === undefined) throw new Error('token list without end');
    return token;
  }

  take(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.next += 1;
    return token;
  }

  isWord(word: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'word' && token.text === word;
  }

  isSymbol(symbol: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'symbol' && token.text === symbol;
  }

  /** Takes the words when all of them follow. */
  takeWords(...words: string[]): boolean {
    if (!words.every((word, i) => this.isWord(word, i))) return false;
    this.next += words.length;
    return true;
  }

  takeSymbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false;
    this.next += 1;
    return true;
  }

  needWord(word: string, ora: KnownOra): void {
    if (!this.takeWords(word)) throw this.error(ora);
  }

  needSymbol(symbol: string, ora: KnownOra): void {
    if (!this.takeSymbol(symbol)) throw this.error(ora);
  }

  /** A name: a quoted one as written, or a word that is not reserved. `null` leaves the cursor where it is. */
  takeName(): string | null {
    const token = this.peek();
    const isName = token.kind === 'quoted' || (token.kind === 'word' && !RESERVED.has(token.text));
    return isName ? this.take().text : null;
  }

  needName(ora: KnownOra): string {
    const name = this.takeName();
    if (name === null) throw this.error(ora);
    return name;
  }

  needEnd(): void {
    if (this.peek().kind !== 'end') throw this.error(933);
  }

  /** The error at a character offset, by default at the next token. */
  error(ora: KnownOra, at: number = this.peek().at): OraError {
    return oraError(ora, byteOffset(this.sql, at));
  }

  bytePosition(at: number): number {
    return byteOffset(this.sql, at);
  }

  /** Runs `parse` one level deeper. */
  nested<T>(parse: () => T): T {
    if (this.depth >= NESTING_MAX) {
      throw new OraError(
        36,
        `maximum number of recursive SQL levels (${NESTING_MAX}) exceeded`,
        this.bytePosition(this.peek().at),
      );
    }
    this.depth += 1;
    const result = parse();
    this.depth -= 1;
    return result;
  }
}
