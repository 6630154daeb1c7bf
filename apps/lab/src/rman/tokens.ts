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
/** Where a text begins. */
export interface Place {
  line: number;
  column: number;
  file: string;
}

/** What RMAN calls the place of statements that come from no command file. */
const STANDARD_INPUT = 'standard input';
export const START: Place = { line: 1, column: 1, file: STANDARD_INPUT };

/** A `-` opens a comment only as `--`. Marks beyond `;{}(),=@/` occur in SQL alone. */
const PATTERN =
  /\s+|#[^\n]*|--[^\n]*|(\d+)(?![\w$])|([A-Za-z0-9_$](?:[\w$.]|-(?!-))*)|'([^']*)'|"([^"]*)"|([;{}(),=@*/<>+\-|!^%:.[\]~?&])/y;
const BLANK = /^(?:\s|#|--)/;

/** Throws RmanError (RMAN-01002, RMAN-01003, RMAN-02001) at a character that belongs to nothing. */
export function tokenize(source: string, { line: firstLine, column: firstColumn, file } = START): Token[] {
  const tokens: Token[] = [];
  let line = firstLine;
  let lineStart = 1 - firstColumn;
  PATTERN.lastIndex = 0;
  while (PATTERN.lastIndex < source.length) {
    const start = PATTERN.lastIndex;
    const match = PATTERN.exec(source);
    const place = { start, line, column: start - lineStart + 1 };
    if (match === null) throw strayCharacter(source.charAt(start), place, file);
    const [text] = match;
    if (!BLANK.test(text)) {
      const found = describeMatch(match);
      if (found.text.length > STRING_CHARACTERS_MAX) throw tooLong(place, file);
      tokens.push({ ...found, ...place, finish: PATTERN.lastIndex });
    }
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
  if (quoted !== undefined) return { kind: 'string', text: quoted };
  return { kind: 'mark', text: mark ?? '' };
}

/** The line that ends every syntax error. */
export function placeLine({ line, column }: Omit<Place, 'file'>, file: string): string {
  return `RMAN-01007: at line ${line} column ${column} file: ${file}`;
}

function tooLong(place: Omit<Place, 'file'>, file: string): RmanError {
  return new RmanError([
    'RMAN-00558: error encountered while parsing input commands',
    'RMAN-01003: quoted string too big',
    placeLine(place, file),
  ]);
}

function strayCharacter(character: string, place: Omit<Place, 'file'>, file: string): RmanError {
  const quote = character === "'" || character === '"';
  return new RmanError([
    'RMAN-00558: error encountered while parsing input commands',
    quote ? 'RMAN-01002: quoted string is not terminated' : `RMAN-01006: error signaled during parse`,
    ...(quote ? [] : [`RMAN-02001: unrecognized punctuation symbol "${character}"`]),
    placeLine(place, file),
  ]);
}
