// System change numbers are 48-64 bit: decimal strings on the wire, bigint in arithmetic, never a JS number.
import { type Branded } from './ids';

export type Scn = Branded<string, 'Scn'>;

/** @throws RangeError when the text is not a non-negative decimal integer of at most 20 digits. */
export function parseScn(text: string): Scn {
  if (!/^\d{1,20}$/.test(text)) throw new RangeError(`not an SCN: ${JSON.stringify(text)}`);
  return BigInt(text).toString() as Scn;
}

export function compareScn(a: Scn, b: Scn): -1 | 0 | 1 {
  const x = BigInt(a);
  const y = BigInt(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** What no change has: there is none, or it is not known. */
export const NO_SCN = '0' as Scn;

/** The first SCN that lies behind a change with this one. */
export function scnBehind(scn: Scn): Scn {
  return (BigInt(scn) + 1n).toString() as Scn;
}

export function maxScn(...scns: readonly Scn[]): Scn {
  return scns.reduce((a, b) => (compareScn(a, b) >= 0 ? a : b), NO_SCN);
}
