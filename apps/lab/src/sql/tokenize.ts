// SQL text to tokens. Positions are kept as character offsets and turned into byte offsets only when an error is raised.
import { notSimulated, oraError } from './ora-error';

type TokenKind = 'word' | 'quoted' | 'number' | 'string' | 'bind' | 'symbol' | 'end';

export interface Token {
  kind: TokenKind;
  /** Words are upper-cased; strings and quoted names are unescaped; everything else as written. */
  text: string;
  /** Character offset in the SQL text. */
  at: number;
}

/** Longest statement taken; far above every query a backup product sends. */
const SQL_TEXT_MAX_CHARS = 1_048_576;
/** Identifiers of release 12.2 and later. */
const IDENTIFIER_MAX_BYTES = 128;
const SPACE = /(?:\s+|--[^\n]*(?:\n|$)|\/\*[^]*?\*\/)+/y;
const WORD = /[\p{L}][\p{L}\p{N}_$#]*/uy;
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const BIND = /:\s*(?:([\p{L}\p{N}][\p{L}\p{N}_$#]*)|"([^"]+)")/uy;
const SYMBOL = /\|\||<=|>=|<>|!=|\^=|=>|[()+\-*/,.=<>@]/y;
const QUOTE_PAIRS: Readonly<Record<string, string>> = { '[': ']', '{': '}', '(': ')', '<': '>' };

/** Byte offset of a character offset, as Oracle reports error positions. */
export function byteOffset(sql: string, at: number): number {
  return Buffer.byteLength(sql.slice(0, at));
}

/** All tokens, closed by one of kind `end`. Throws ORA-009xx / ORA-017xx with a position for text that is no token. */
export function tokenize(sql: string): Token[] {
  if (sql.length > SQL_TEXT_MAX_CHARS)
    throw notSimulated(`statements longer than ${SQL_TEXT_MAX_CHARS} characters`);
  const tokens: Token[] = [];
  for (let at = skipSpace(sql, 0); at < sql.length;) {
    const [token, next] = readToken(sql, at);
    tokens.push(token);
    at = skipSpace(sql, next);
  }
  tokens.push({ kind: 'end', text: '', at: sql.length });
  return tokens;
}

function match(pattern: RegExp, sql: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(sql);
}

function skipSpace(sql: string, at: number): number {
  return at + (match(SPACE, sql, at)?.[0].length ?? 0);
}

function readToken(sql: string, at: number): [Token, number] {
  const first = sql.charAt(at);
  if (first === "'") return readString(sql, at, at);
  if (first === '"') return readQuotedName(sql, at);
  const prefixed = /^(?:n?q)?'|^n'/i.exec(sql.slice(at, at + 3));
  if (prefixed !== null) {
    const quote = at + prefixed[0].length - 1;
    return /q/i.test(prefixed[0]) ? readDelimited(sql, at, quote + 1) : readString(sql, at, quote);
  }
  const word = match(WORD, sql, at);
  if (word !== null) {
    if (Buffer.byteLength(word[0]) > IDENTIFIER_MAX_BYTES) throw oraError(972, byteOffset(sql, at));
    return [{ kind: 'word', text: word[0].toUpperCase(), at }, at + word[0].length];
  }
  const number = match(NUMBER, sql, at);
  if (number !== null) return [{ kind: 'number', text: number[0], at }, at + number[0].length];
  if (first === ':') return readBind(sql, at);
  const symbol = match(SYMBOL, sql, at);
  if (symbol === null) throw oraError(911, byteOffset(sql, at));
  return [{ kind: 'symbol', text: symbol[0], at }, at + symbol[0].length];
}

function readBind(sql: string, at: number): [Token, number] {
  const bind = match(BIND, sql, at);
  if (bind === null) throw oraError(1745, byteOffset(sql, at));
  return [{ kind: 'bind', text: bind[2] ?? (bind[1] ?? '').toUpperCase(), at }, at + bind[0].length];
}

function readString(sql: string, at: number, quote: number): [Token, number] {
  let text = '';
  for (let from = quote + 1; ;) {
    const close = sql.indexOf("'", from);
    if (close < 0) throw oraError(1756, byteOffset(sql, at));
    text += sql.slice(from, close);
    if (sql.charAt(close + 1) !== "'") return [{ kind: 'string', text, at }, close + 1];
    text += "'";
    from = close + 2;
  }
}

/** q'[...]': the text ends at the closing partner of its first character, followed by a quote. */
function readDelimited(sql: string, at: number, from: number): [Token, number] {
  const open = sql.charAt(from);
  const close = open === '' ? -1 : sql.indexOf(`${QUOTE_PAIRS[open] ?? open}'`, from + 1);
  if (close < 0) throw oraError(1756, byteOffset(sql, at));
  return [{ kind: 'string', text: sql.slice(from + 1, close), at }, close + 2];
}

function readQuotedName(sql: string, at: number): [Token, number] {
  const close = sql.indexOf('"', at + 1);
  if (close < 0) throw oraError(1740, byteOffset(sql, at));
  const text = sql.slice(at + 1, close);
  if (text === '') throw oraError(1741, byteOffset(sql, at));
  if (Buffer.byteLength(text) > IDENTIFIER_MAX_BYTES) throw oraError(972, byteOffset(sql, at));
  return [{ kind: 'quoted', text, at }, close + 1];
}
