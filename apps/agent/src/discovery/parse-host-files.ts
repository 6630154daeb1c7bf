// /etc/oratab and olr.loc as text. Nothing throws: a line that is not understood is handed back as it is.

export interface OratabEntry {
  /** An instance's SID; in a cluster the database's unique name, without the instance number. */
  readonly name: string;
  readonly oracleHome: string;
}

export interface Parsed<T> {
  readonly items: readonly T[];
  readonly unknownLines: readonly string[];
}

const ENTRY = /^([A-Za-z][A-Za-z0-9_$#-]{0,29}):(\/[^:\s]*):[YNWynw]?(?:\s*#.*)?$/;
/** ASM (`+ASM1`), the management database (`-MGMTDB`), a home without an instance (`*`), and client homes. */
const NO_DATABASE = /^[+*-][A-Za-z0-9_]*:/;

export function parseOratab(text: string): Parsed<OratabEntry> {
  const items: OratabEntry[] = [];
  const unknownLines: string[] = [];
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || NO_DATABASE.test(line)) continue;
    const [, name, oracleHome] = ENTRY.exec(line) ?? [];
    if (name === undefined || oracleHome === undefined) unknownLines.push(line);
    else items.push({ name, oracleHome: withoutSlash(oracleHome) });
  }
  return { items, unknownLines };
}

/** @returns the grid home; null when the file does not name one. */
export function parseOlrLocation(text: string): string | null {
  const home = /^crs_home=(\/\S+)\s*$/m.exec(text)?.[1];
  return home === undefined ? null : withoutSlash(home);
}

function withoutSlash(path: string): string {
  return path.replace(/(?<=.)\/+$/, '');
}
