/** Sizes on the command line: bytes, or with K, M, G. */
import { UsageError } from './usage-error';

const UNITS: Record<string, number> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** `400M` -> bytes. Throws UsageError. */
export function parseSize(text: string): number {
  const match = /^(\d{1,12})([KMG]?)$/i.exec(text);
  const unit = UNITS[(match?.[2] ?? '').toUpperCase()];
  if (match === null || unit === undefined) throw new UsageError(`not a size: ${text}`);
  return Number(match[1]) * unit;
}

/** A whole number. Throws UsageError. */
export function parseCount(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`not a number: ${text}`);
  return Number(text);
}
