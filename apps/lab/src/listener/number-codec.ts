// NUMBER on the wire: an exponent byte and base-100 digits, complemented for negative values. Works on decimal text and bigint,
// never on floats, so every digit of an SCN arrives.
import { Decimal } from '../sql/decimal';
import { ProtocolError } from './wire';

const ZERO = 0x80;
/** Exponent byte of 0.01 x 100 for positive values. */
const EXPONENT_BIAS = 192;
/** Base-100 digits a NUMBER holds; shorter negative values are closed by a terminator. */
const DIGIT_PAIRS_MAX = 20;
const NEGATIVE_END = 102;

export function encodeNumber(value: Decimal): Buffer {
  if (value.sign === 0) return Buffer.from([ZERO]);
  const negative = value.sign < 0;
  let digits = String(negative ? -value.coefficient : value.coefficient);
  const trimmed = digits.replace(/0+$/, '');
  let exponent = digits.length - trimmed.length - value.scale;
  digits = trimmed;
  if (exponent % 2 !== 0) {
    digits += '0';
    exponent -= 1;
  }
  if (digits.length % 2 === 1) digits = `0${digits}`;
  const pairs = (digits.match(/../g) ?? []).map(Number).slice(0, DIGIT_PAIRS_MAX + 1);
  const head = EXPONENT_BIAS + (exponent + digits.length) / 2;
  if (!negative) return Buffer.from([head, ...pairs.map((pair) => pair + 1)]);
  const end = pairs.length < DIGIT_PAIRS_MAX ? [NEGATIVE_END] : [];
  return Buffer.from([0xff - head, ...pairs.map((pair) => 101 - pair), ...end]);
}

/** Throws ProtocolError for bytes that are no finite number. */
export function decodeNumber(bytes: Buffer): Decimal {
  const [head = ZERO, ...tail] = bytes;
  if (head === ZERO && tail.length === 0) return Decimal.ZERO;
  const negative = head < ZERO;
  const digits = negative && tail.at(-1) === NEGATIVE_END ? tail.slice(0, -1) : tail;
  const pairs = digits.map((byte) => (negative ? 101 - byte : byte - 1));
  if (pairs.length === 0 || pairs.some((pair) => pair < 0 || pair > 99))
    throw new ProtocolError('malformed number');
  const exponent = ((negative ? 0xff - head : head) - EXPONENT_BIAS - pairs.length) * 2;
  const text = pairs.map((pair) => String(pair).padStart(2, '0')).join('');
  return Decimal.of(`${negative ? '-' : ''}${text}e${exponent}`);
}
