/** System change numbers: bigint in code, decimal text in JSON. An SCN is never a JS number (it outgrows 2^53). */

/** One moment of the database; every committed transaction has its own. */
export type Scn = bigint;

/** 12.2 and later databases keep SCNs below 2^63. */
export const SCN_MAX: Scn = (1n << 63n) - 1n;

/** Reads a decimal SCN. Throws RangeError when the text is not one. */
export function parseScn(text: string): Scn {
  if (!/^\d{1,19}$/.test(text)) throw new RangeError(`not an SCN: ${text.slice(0, 40)}`);
  const scn = BigInt(text);
  if (scn > SCN_MAX) throw new RangeError(`SCN out of range: ${text}`);
  return scn;
}

/** The form used in JSON and in print. */
export function formatScn(scn: Scn): string {
  return scn.toString();
}

/** Offset of SCN bits in a block header: 32 bits base, 16 bits wrap, 16 bits above (since 12.2). */
export function scnParts(scn: Scn): { base: number; wrap: number; high: number } {
  return {
    base: Number(scn & 0xffffffffn),
    wrap: Number((scn >> 32n) & 0xffffn),
    high: Number((scn >> 48n) & 0xffffn),
  };
}

/** The inverse of {@link scnParts}. */
export function scnOfParts(base: number, wrap: number, high: number): Scn {
  if (wrap === 0 && high === 0) return BigInt(base);
  return BigInt(base) | (BigInt(wrap) << 32n) | (BigInt(high) << 48n);
}
