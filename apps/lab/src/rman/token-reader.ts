/**
 * Walks over tokens for the parser. It notes every word that was tried at the furthest place reached, so that a mismatch
 * can name, as RMAN does, what would have been right there.
 */
import { type UnsimulatedClause } from './ast';
import { KEYWORDS } from './keywords';
import { RmanError } from './rman-error';
import { placeLine, START, type Token, tokenize } from './tokens';

const END: Token = { kind: 'end', text: '', start: 0, finish: 0, line: 1, column: 1 };

export class TokenReader {
  /** Clauses of the statement under way that are understood but not simulated, and where they end. */
  readonly unsimulated: UnsimulatedClause[] = [];
  private readonly tokens: Token[];
  private at = 0;
  private furthest = 0;
  private expected = new Set<string>();

  constructor(
    readonly source: string,
    private readonly place = START,
  ) {
    this.tokens = tokenize(source, place);
  }

  get next(): Token {
    return this.tokens[this.at] ?? END;
  }

  get atEnd(): boolean {
    this.note(this.at, 'end-of-file');
    return this.next.kind === 'end';
  }

  take(): Token {
    const token = this.next;
    if (token.kind !== 'end') this.at++;
    return token;
  }

  /** True, and the words are taken, when they come next. */
  accept(...words: string[]): boolean {
    for (const [i, word] of words.entries()) {
      const token = this.tokens[this.at + i];
      if (token?.text !== word || (token.kind !== 'word' && token.kind !== 'mark')) {
        this.note(this.at + i, word.toLowerCase());
        return false;
      }
    }
    this.at += words.length;
    return true;
  }

  /** Takes the words or fails at the first that does not fit. */
  expect(...words: string[]): void {
    for (const word of words) if (!this.accept(word)) this.fail();
  }

  /** The first of the words that comes next, or a failure that names them all. */
  oneOf<W extends string>(...words: W[]): W {
    return words.find((word) => this.accept(word)) ?? this.fail();
  }

  /** A clause the lab understands but does not carry out. */
  notSimulated(clause: string): void {
    const { file } = this.place;
    this.unsimulated.push({ clause, at: placeLine(this.tokens[this.at - 1] ?? END, file) });
  }

  number(max = Number.MAX_SAFE_INTEGER): number {
    const value = this.next.kind === 'number' ? Number(this.next.text) : Number.NaN;
    if (!Number.isSafeInteger(value) || value > max) return this.failAt('integer');
    this.take();
    return value;
  }

  scn(): bigint {
    if (this.next.kind !== 'number') return this.failAt('integer');
    return BigInt(this.take().text);
  }

  string(): string {
    if (this.next.kind !== 'string') return this.failAt('double-quoted-string', 'single-quoted-string');
    return this.take().text;
  }

  /** An unquoted word, in upper case. */
  word(): string {
    if (this.next.kind !== 'word') return this.failAt('identifier');
    return this.take().text;
  }

  /** An unquoted word as it was written. */
  writtenWord(): string {
    const { start, finish } = this.next;
    this.word();
    return this.source.slice(start, finish);
  }

  /** A name: a word in upper case, or quoted and then as it is. */
  name(): string {
    const { kind } = this.next;
    if (kind === 'word' || kind === 'string') return this.take().text;
    return this.failAt('double-quoted-string', 'identifier', 'single-quoted-string');
  }

  /** A list with commas between its items. */
  list<T>(item: () => T): T[] {
    const items = [item()];
    while (this.accept(',')) items.push(item());
    return items;
  }

  /** Everything up to the semicolon, as it was written. */
  untilSemicolon(start: number): string {
    let finish = start;
    while (this.next.text !== ';' || this.next.kind !== 'mark') {
      if (this.next.kind === 'end') this.failAt(';');
      ({ finish } = this.take());
    }
    return this.source.slice(start, finish);
  }

  /** Fails at the furthest place with all that was tried there. */
  fail(): never {
    return this.raise(this.tokens[this.furthest] ?? END, [...this.expected].sort());
  }

  /** Fails here. */
  failAt(...expected: string[]): never {
    for (const word of expected) this.note(this.at, word);
    return this.fail();
  }

  private note(at: number, word: string): void {
    if (at < this.furthest) return;
    if (at > this.furthest) this.expected.clear();
    this.furthest = at;
    this.expected.add(word);
  }

  private raise(token: Token, expected: string[]): never {
    const found = describeToken(token, this.source);
    throw new RmanError([
      'RMAN-00558: error encountered while parsing input commands',
      `RMAN-01009: syntax error: found "${found}": expecting one of: "${expected.join(', ')}"`,
      ...(found === 'identifier'
        ? [`RMAN-01008: the bad identifier was: ${this.source.slice(token.start, token.finish)}`]
        : []),
      placeLine(token, this.place.file),
    ]);
  }
}

function describeToken({ kind, text, start }: Token, source: string): string {
  switch (kind) {
    case 'end':
      return 'end-of-file';
    case 'number':
      return 'integer';
    case 'string':
      return source[start] === '"' ? 'double-quoted-string' : 'single-quoted-string';
    case 'word':
      return KEYWORDS.has(text) ? text.toLowerCase() : 'identifier';
    case 'mark':
      return text;
  }
}
