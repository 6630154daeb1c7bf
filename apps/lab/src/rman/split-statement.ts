/** Cuts a script, as it arrives, into the texts of its statements. */
import { type Place } from './tokens';

export type StatementSplit =
  | { done: true; text: string; rest: string }
  /** More input is needed (or there is only white space left). */
  | { done: false };

/** Where the text behind `text` begins. */
export function placeBehind({ line, column, file }: Place, text: string): Place {
  const lines = text.split('\n');
  const last = lines.at(-1)?.length ?? 0;
  return lines.length === 1
    ? { line, column: column + last, file }
    : { line: line + lines.length - 1, column: last + 1, file };
}

const BLANK = /^(?:\s|#|--)/;

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

/** EXIT, QUIT and `@file` need no semicolon when they stand alone on their line. */
function isLineCommand(seen: string, text: string): boolean {
  return /^\s+(?:exit|quit|@.*)$/i.test(seen) && text.includes('\n');
}

function cut(source: string, at: number): StatementSplit {
  // `RUN { … };` has one semicolon too many.
  const extra = /^\s*;/.exec(source.slice(at));
  const end = source[at - 1] === '}' && extra !== null ? at + extra[0].length : at;
  const text = source.slice(0, end);
  return { done: true, text, rest: source.slice(end) };
}
