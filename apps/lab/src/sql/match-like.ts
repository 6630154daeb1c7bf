// LIKE: `%` stands for any run of characters, `_` for one. The matcher goes back to the last `%` only, so it needs no more than
// text x pattern steps whatever the pattern is.
import { OraError } from './ora-error';

type Item = { kind: 'any' } | { kind: 'one' } | { kind: 'char'; char: string };

export type LikePattern = readonly Item[];

/** Throws ORA-01424 when the escape character precedes anything but `%`, `_` or itself, ORA-01425 when it is not one character. */
export function parseLikePattern(pattern: string, escape: string | null): LikePattern {
  if (escape !== null && [...escape].length !== 1)
    throw new OraError(1425, 'escape character must be character string of length 1');
  const items: Item[] = [];
  const chars = [...pattern];
  for (let i = 0; i < chars.length; i += 1) {
    const char = chars[i] ?? '';
    if (char === escape) {
      const next = chars[i + 1];
      if (next !== '%' && next !== '_' && next !== escape) {
        throw new OraError(1424, 'missing or illegal character following the escape character');
      }
      items.push({ kind: 'char', char: next });
      i += 1;
    } else {
      items.push(char === '%' ? { kind: 'any' } : char === '_' ? { kind: 'one' } : { kind: 'char', char });
    }
  }
  return items;
}

export function matchesLike(text: string, pattern: LikePattern): boolean {
  const chars = [...text];
  let [at, item] = [0, 0];
  let [resumeAt, resumeItem] = [-1, -1];
  while (at < chars.length) {
    const wanted = pattern[item];
    if (wanted?.kind === 'any') {
      [resumeAt, resumeItem] = [at, item];
      item += 1;
    } else if (wanted !== undefined && (wanted.kind === 'one' || wanted.char === chars[at])) {
      at += 1;
      item += 1;
    } else if (resumeItem >= 0) {
      resumeAt += 1;
      [at, item] = [resumeAt, resumeItem + 1];
    } else {
      return false;
    }
  }
  return pattern.slice(item).every((rest) => rest.kind === 'any');
}
