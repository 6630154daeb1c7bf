/**
 * Two of Oracle's small codecs: the STAMP (a date as a 32-bit number, found in records and data-file headers) and `%u`,
 * the 8 letters RMAN makes of a set count and a set stamp. All dates are UTC here: the simulated host has no time zone.
 */

const BASE32 = '0123456789abcdefghijklmnopqrstuv';
const SET_COUNT_DIGITS = 2;
const SET_STAMP_DIGITS = 6;
const STAMP_EPOCH_YEAR = 1988;

/** The STAMP of a moment, whole seconds (the fraction is dropped). */
export function stampOf(date: Date): number {
  const months = (date.getUTCFullYear() - STAMP_EPOCH_YEAR) * 12 + date.getUTCMonth();
  const days = months * 31 + date.getUTCDate() - 1;
  return (days * 24 + date.getUTCHours()) * 3600 + date.getUTCMinutes() * 60 + date.getUTCSeconds();
}

/** The moment a STAMP stands for. */
export function dateOfStamp(stamp: number): Date {
  const seconds = stamp % 86400;
  const days = Math.floor(stamp / 86400);
  const months = Math.floor(days / 31);
  return new Date(
    Date.UTC(
      STAMP_EPOCH_YEAR + Math.floor(months / 12),
      months % 12,
      (days % 31) + 1,
      Math.floor(seconds / 3600),
      Math.floor(seconds / 60) % 60,
      seconds % 60,
    ),
  );
}

/** RMAN's `%u`: set count modulo 1024 in 2 digits, set stamp modulo 2^30 in 6, base 32. */
export function encodeSetName(setCount: number, setStamp: number): string {
  return (
    base32(setCount % 32 ** SET_COUNT_DIGITS, SET_COUNT_DIGITS) +
    base32(setStamp % 32 ** SET_STAMP_DIGITS, SET_STAMP_DIGITS)
  );
}

/** The inverse of {@link encodeSetName}; undefined when the text is not a `%u`. */
export function decodeSetName(
  text: string,
): { setCountMod1024: number; setStampMod2Pow30: number } | undefined {
  if (!/^[0-9a-v]{8}$/.test(text)) return undefined;
  return {
    setCountMod1024: Number.parseInt(text.slice(0, SET_COUNT_DIGITS), 32),
    setStampMod2Pow30: Number.parseInt(text.slice(SET_COUNT_DIGITS), 32),
  };
}

function base32(value: number, digits: number): string {
  let text = '';
  for (let rest = value, i = 0; i < digits; i++) {
    text = (BASE32[rest % 32] ?? '0') + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
