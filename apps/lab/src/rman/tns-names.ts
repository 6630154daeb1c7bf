/** tnsnames.ora: what a home calls its connect descriptors. Read from TNS_ADMIN, else from network/admin of the home. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostPaths } from '../instance/oracle-home';

/** The descriptor behind a name, in any case; undefined: not in the file, or no file. */
export function descriptorOf(oracleHome: string, name: string): string | undefined {
  const path = join(process.env['TNS_ADMIN'] ?? hostPaths.networkAdmin(oracleHome), 'tnsnames.ora');
  const text = existsSync(path) ? readFileSync(path, 'utf8').replace(/^\s*#.*$/gm, '') : '';
  const entries = text.matchAll(/^([\w.-]+(?:\s*,\s*[\w.-]+)*)\s*=\s*\(/gm);
  const entry = [...entries].find(([, names = '']) =>
    names
      .toLowerCase()
      .split(/\s*,\s*/)
      .includes(name.toLowerCase()),
  );
  return entry === undefined ? undefined : balanced(text.slice(entry.index + entry[0].length - 1));
}

/** Up to the parenthesis that closes the first one. */
function balanced(text: string): string {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')' && --depth === 0) return text.slice(0, i + 1);
  }
  return text;
}
