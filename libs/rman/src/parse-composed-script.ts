// The grammar of the scripts we compose, written down a second time, as a reader:
//   script    := statement*
//   statement := words [ 'RUN' '{' statement* '}' ] | words ';'
//   words     := (word | number | '=' | '(' | ')' | ',' | string)+
//   string    := "'" [A-Za-z0-9_$#@%+=:,.()/ -]* "'"
// A script that this reader cannot read, or that holds a statement it does not know, was not composed by us.
const TOKEN = /\s*(?:'([A-Za-z0-9_$#@%+=:,.()/-]*)'|([A-Za-z0-9_]+)|([{};=(),]))/y;
const STATEMENTS =
  /^(SET (ENCRYPTION|COMMAND|BACKUP|CONTROLFILE|DBID|UNTIL|NEWNAME)|ALLOCATE CHANNEL|RELEASE CHANNEL|BACKUP|RESTORE (CONTROLFILE|DATABASE|DATAFILE)|SWITCH DATAFILE ALL|RECOVER DATABASE|STARTUP NOMOUNT|ALTER DATABASE (MOUNT|DATAFILE \d+ OFFLINE FOR DROP)|CATALOG DEVICE TYPE)/;

/** The statements of a composed script, or null when it is not inside the grammar. */
export function parseComposedScript(text: string): string[] | null {
  const tokens = tokenise(text);
  if (tokens === null) return null;
  const statements: string[] = [];
  let words: string[] = [];
  let depth = 0;
  for (const token of tokens) {
    if (token === '{' && words.join(' ') === 'RUN' && depth === 0) depth = 1;
    else if (token === '}' && words.length === 0 && depth === 1) depth = 0;
    else if (token === ';' && STATEMENTS.test(words.join(' '))) statements.push(words.join(' '));
    else if (token === '{' || token === '}' || token === ';') return null;
    else {
      words.push(token);
      continue;
    }
    words = [];
  }
  return words.length === 0 && depth === 0 ? statements : null;
}

function tokenise(text: string): string[] | null {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim() !== '') {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null || TOKEN.lastIndex === at) return null;
    tokens.push(match[1] === undefined ? (match[2] ?? match[3] ?? '') : `'${match[1]}'`);
  }
  return tokens;
}
