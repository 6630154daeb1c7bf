// Names and numbers that may stand in an RMAN script, and nothing else may: no name can end a string, a statement or a PARMS list.

/** A name that may not stand in a script; `field` says which. */
export class RmanScriptError extends Error {
  constructor(
    readonly field: string,
    detail: string,
  ) {
    super(`${field}: ${detail}`);
    this.name = 'RmanScriptError';
  }
}

/** The terminals of the grammar in docs/formats/rman-scripts.md. */
export const TERMINALS = {
  path: /^\/[A-Za-z0-9_$#@%+=:./-]{0,254}$/,
  handle: /^[A-Za-z0-9_$#@+:./-]{1,511}$/,
  format: /^[A-Za-z0-9_$#@+:./-]{1,500}%[UF]$/,
  word: /^[A-Za-z0-9_-]{1,64}$/,
  commandId: /^ady:[A-Za-z0-9_-]{1,60}$/,
  tag: /^[A-Z0-9_]{1,30}$/,
  host: /^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/,
  service: /^[A-Za-z0-9_$#.-]{1,128}$/,
  instance: /^[A-Za-z+][A-Za-z0-9_$#-]{0,29}$/,
  scn: /^\d{1,20}$/,
  dbid: /^\d{1,10}$/,
} as const;

/** Characters of a refused name that its message shows. */
const SHOWN_CHARS = 80;

/** The text itself when the grammar allows it. @throws RmanScriptError */
export function checked(kind: keyof typeof TERMINALS, field: string, text: string): string {
  if (TERMINALS[kind].test(text)) return text;
  throw new RmanScriptError(
    field,
    `${JSON.stringify(text.slice(0, SHOWN_CHARS))} may not stand in an RMAN script (quotes, blanks, ; , ( ) and control characters are refused)`,
  );
}

/** @throws RmanScriptError */
export function checkedNumber(field: string, value: number): string {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RmanScriptError(field, `${value} is no whole number`);
  return String(value);
}
