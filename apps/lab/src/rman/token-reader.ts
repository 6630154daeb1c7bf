/** Walks over tokens for the parser; every mismatch is RMAN's own syntax error with line and column. */
import { RmanError } from './rman-error';
import { type Token, tokenize } from './tokens';

const END: Token = { kind: 'end', text: '', start: 0, finish: 0, line: 1, column: 1 };

export class TokenReader {
  private readonly tokens: Token[];
  private at = 0;

  constructor(
    readonly source: string,
    firstLine = 1,
  ) {
    this.tokens = tokenize(source, firstLine);
  }

  get next(): Token {
    return this.tokens[this.at] ?? END;
  }

  take(): Token {
    const token = this.next;
    if (token.kind !== 'end') this.at++;
    return token;
  }

  /** True, and the words are taken, when they come next. */
  accept(...words: string[]): boolean {
    const matches = words.every((word, i) => {
      const token = this.tokens[this.at + i];
      return token !== undefined && token.text === word && (token.kind === 'word' || token.kind === 'mark');
    });
    if (matches) this.at += words.length;
    return matches;
  }

  /** Takes the words or fails at the first that does not fit. */
  expect(...words: string[]): void {
    for (const word of words) if (!this.accept(word)) this.fail(word.toLowerCase());
  }

  number(max = Number.MAX_SAFE_INTEGER): number {
    const value = this.next.kind === 'number' ? Number(this.next.text) : Number.NaN;
    if (!Number.isSafeInteger(value) || value > max) return this.fail('integer');
    this.take();
    return value;
  }

  scn(): bigint {
    if (this.next.kind !== 'number') return this.fail('integer');
    return BigInt(this.take().text);
  }

  string(): string {
    if (this.next.kind !== 'string') return this.fail('quoted-string');
    return this.take().text;
  }

  word(): string {
    if (this.next.kind !== 'word') return this.fail('identifier');
    return this.take().text;
  }

  /** A list with commas between its items. */
  list<T>(item: () => T): T[] {
    const items = [item()];
    while (this.accept(',')) items.push(item());
    return items;
  }

  fail(...expected: string[]): never {
    const { kind, text, line, column } = this.next;
    const found = kind === 'end' ? 'end-of-file' : kind === 'word' ? text.toLowerCase() : foundOf(kind, text);
    const list = expected.map((word) => `"${word}"`).join(', ');
    throw new RmanError([
      'RMAN-00558: error encountered while parsing input commands',
      `RMAN-01009: syntax error: found "${found}": expecting one of: ${list}`,
      ...(kind === 'word' ? [`RMAN-01008: the bad identifier was: ${text}`] : []),
      `RMAN-01007: at line ${line} column ${column} file: standard input`,
    ]);
  }
}

function foundOf(kind: Token['kind'], text: string): string {
  if (kind === 'number') return 'integer';
  return kind === 'string' ? 'quoted-string' : text;
}
