/** Words, strings and punctuation of RMAN's language, each with its place for error messages. */
import { RmanError } from './rman-error';

export interface Token {
  kind: 'word' | 'number' | 'string' | 'mark' | 'end';
  /** Words in upper case; strings without their quotes. */
  text: string;
  /** Offsets into the source, for statements that are passed on as they are. */
  start: number;
  finish: number;
  line: number;
  column: number;
}

/** Longest script text given to the parser at once. */
export const SCRIPT_CHARACTERS_MAX = 16 * 1024 * 1024;
/** RMAN ends an unclosed quotation at this length. */
const STRING_CHARACTERS_MAX = 8192;

const PATTERN =
  /\s+|#[^\n]*|--[^\n]*|(\d+)(?![\w$])|([A-Za-z0-9_$][\w$.\-]*)|'([^']*)'|"([^"]*)"|([;{}(),=@*/])/y;
const BLANK = /^(?:\s|#|--)/;

/** Throws RmanError (RMAN-01006 and friends) at a character that belongs to nothing. */
export function tokenize(source: string, firstLine = 1): Token[] {
  const tokens: Token[] = [];
  let line = firstLine;
  let lineStart = 0;
  PATTERN.lastIndex = 0;
  while (PATTERN.lastIndex < source.length) {
    const start = PATTERN.lastIndex;
    const match = PATTERN.exec(source);
    const place = { start, line, column: start - lineStart + 1 };
    if (match === null) throw strayCharacter(source.charAt(start), place);
    const [text] = match;
    if (!BLANK.test(text)) tokens.push({ ...describeMatch(match), ...place, finish: PATTERN.lastIndex });
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
      line++;
      lineStart = start + at + 1;
    }
  }
  const end = source.length;
  tokens.push({ kind: 'end', text: '', start: end, finish: end, line, column: end - lineStart + 1 });
  return tokens;
}

function describeMatch(match: RegExpExecArray): { kind: Token['kind']; text: string } {
  const [, number, word, single, double, mark] = match;
  if (number !== undefined) return { kind: 'number', text: number };
  if (word !== undefined) return { kind: 'word', text: word.toUpperCase() };
  const quoted = single ?? double;
  if (quoted !== undefined) {
    if (quoted.length > STRING_CHARACTERS_MAX) {
      throw new RmanError([
        `RMAN-00558: error encountered while parsing input commands`,
        `RMAN-01003: quoted string too big`,
      ]);
    }
    return { kind: 'string', text: quoted };
  }
  return { kind: 'mark', text: mark ?? '' };
}

function strayCharacter(character: string, place: { line: number; column: number }): RmanError {
  const quote = character === "'" || character === '"';
  return new RmanError([
    'RMAN-00558: error encountered while parsing input commands',
    quote ? 'RMAN-01002: quoted string is not terminated' : `RMAN-01006: error signaled during parse`,
    ...(quote ? [] : [`RMAN-02001: unrecognized punctuation symbol "${character}"`]),
    `RMAN-01007: at line ${place.line} column ${place.column} file: standard input`,
  ]);
}

export type StatementSplit =
  | { done: true; text: string; rest: string; lines: number }
  /** More input is needed (or there is only white space left). */
  | { done: false };

/** Takes the first complete statement off the text: up to its `;`, or to the `}` that closes a RUN block. */
export function splitStatement(source: string): StatementSplit {
  let depth = 0;
  let seen = '';
  const scan = /'[^']*'|"[^"]*"|#[^\n]*|--[^\n]*|[;{}]|['"]|[^\s;{}'"#-]+|-|\s+/g;
  for (let match = scan.exec(source); match !== null; match = scan.exec(source)) {
    const [text] = match;
    if (text === '{') depth++;
    if (text === '}') depth--;
    const atEnd = depth <= 0 && (text === ';' || text === '}' || isLineCommand(seen, text));
    if (atEnd) return cut(source, scan.lastIndex);
    if (!BLANK.test(text)) seen = `${seen} ${text}`.slice(0, 64);
    // An open quotation waits for its other end.
    if (text === "'" || text === '"') return { done: false };
  }
  return { done: false };
}

/** EXIT and QUIT need no semicolon when they stand alone on their line. */
function isLineCommand(seen: string, text: string): boolean {
  return /^\s+(?:exit|quit)$/i.test(seen) && text.includes('\n');
}

function cut(source: string, at: number): StatementSplit {
  // `RUN { … };` has one semicolon too many.
  const extra = /^\s*;/.exec(source.slice(at));
  const end = source[at - 1] === '}' && extra !== null ? at + extra[0].length : at;
  const text = source.slice(0, end);
  return { done: true, text, rest: source.slice(end), lines: text.split('\n').length - 1 };
}
