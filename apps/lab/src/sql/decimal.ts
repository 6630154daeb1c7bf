// Oracle NUMBER: exact decimals. SCNs, DBIDs and byte counts pass through here, so no value ever takes the shape of a JS float.
// A Decimal is coefficient / 10^scale with scale >= 0 and no trailing zeros behind the point; results are rounded to 40 digits.
import { oraError } from './ora-error';

/** Significant decimal digits a NUMBER keeps. */
const DIGITS_MAX = 40;
/** Values of 10^126 and more overflow; below 10^-130 they are zero. */
const EXPONENT_MAX = 126;
const SCALE_MAX = 130 + DIGITS_MAX;
/** Longest text taken for a number: sign, 126 digits, point, 170 digits, exponent. Longer is no number. */
const TEXT_MAX = 320;
const NUMBER_TEXT = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

export class Decimal {
  static readonly ZERO = new Decimal(0n, 0);
  static readonly ONE = new Decimal(1n, 0);

  private constructor(
    readonly coefficient: bigint,
    readonly scale: number,
  ) {}

  /** From an integer, or from decimal text. Throws ORA-01722 when the text is no number. */
  static of(value: bigint | number | string): Decimal {
    if (typeof value === 'bigint') return make(value, 0);
    const parsed = Decimal.parse(typeof value === 'number' ? String(value) : value);
    if (parsed === null) throw oraError(1722);
    return parsed;
  }

  /** `null` when the text is no number; ORA-01426 when it is too large for one. */
  static parse(text: string): Decimal | null {
    const match = text.length > TEXT_MAX ? null : NUMBER_TEXT.exec(text.trim());
    if (match === null) return null;
    const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
    if (whole === '' && fraction === '') return null;
    const coefficient = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
    return make(coefficient, fraction.length - Number(exponent));
  }

  plus(other: Decimal): Decimal {
    const [a, b, scale] = align(this, other);
    return make(a + b, scale);
  }

  minus(other: Decimal): Decimal {
    const [a, b, scale] = align(this, other);
    return make(a - b, scale);
  }

  times(other: Decimal): Decimal {
    return make(this.coefficient * other.coefficient, this.scale + other.scale);
  }

  /** Throws ORA-01476 for a zero divisor. */
  dividedBy(other: Decimal): Decimal {
    if (other.coefficient === 0n) throw oraError(1476);
    const shift = Math.max(0, DIGITS_MAX + 1 + digits(other.coefficient) - digits(this.coefficient));
    const scaled = this.coefficient * 10n ** BigInt(shift);
    return make(divideRounded(scaled, other.coefficient), this.scale + shift - other.scale);
  }

  /** Remainder with the sign of the dividend; the dividend itself when the divisor is zero, as MOD does. */
  modulo(other: Decimal): Decimal {
    if (other.coefficient === 0n) return this;
    const [a, b, scale] = align(this, other);
    return make(a % b, scale);
  }

  negated(): Decimal {
    return new Decimal(-this.coefficient, this.scale);
  }

  /** Rounds half away from zero to `places` digits behind the point; negative places round before it. */
  rounded(places: number): Decimal {
    const drop = this.scale - Math.max(-EXPONENT_MAX, places);
    if (drop <= 0) return this;
    const unit = 10n ** BigInt(drop);
    return make(divideRounded(this.coefficient, unit) * unit, this.scale);
  }

  truncated(places: number): Decimal {
    const drop = this.scale - Math.max(-EXPONENT_MAX, places);
    if (drop <= 0) return this;
    const unit = 10n ** BigInt(drop);
    return make((this.coefficient / unit) * unit, this.scale);
  }

  compare(other: Decimal): number {
    const [a, b] = align(this, other);
    return a < b ? -1 : a > b ? 1 : 0;
  }

  get sign(): number {
    return this.coefficient < 0n ? -1 : this.coefficient > 0n ? 1 : 0;
  }

  /** Only for values that are known to be small (lengths, places, days): a JS number, clipped to the safe integers. */
  toSmallNumber(): number {
    const limit = Number.MAX_SAFE_INTEGER;
    return Math.max(-limit, Math.min(limit, Number(this.toString())));
  }

  /** Plain digits, without exponent; a leading zero before the point is left out, as TO_CHAR does. */
  toString(): string {
    const negative = this.coefficient < 0n;
    const text = String(negative ? -this.coefficient : this.coefficient).padStart(this.scale, '0');
    const whole = text.slice(0, text.length - this.scale);
    const fraction = text.slice(text.length - this.scale);
    return `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
  }

  /** Used by the factory below, which is the only place that may build a value. */
  static raw(coefficient: bigint, scale: number): Decimal {
    return new Decimal(coefficient, scale);
  }
}

function make(coefficient: bigint, scale: number): Decimal {
  if (coefficient === 0n) return Decimal.ZERO;
  let value = coefficient;
  let places = scale;
  const size = digits(value);
  if (size - places > EXPONENT_MAX) throw oraError(1426);
  const excess = Math.max(size - DIGITS_MAX, places - SCALE_MAX);
  if (excess > 0) {
    value = divideRounded(value, 10n ** BigInt(excess));
    places -= excess;
    if (value === 0n) return Decimal.ZERO;
  }
  if (places < 0) return Decimal.raw(value * 10n ** BigInt(-places), 0);
  while (places > 0 && value % 10n === 0n) {
    value /= 10n;
    places -= 1;
  }
  return Decimal.raw(value, places);
}

function align(a: Decimal, b: Decimal): [bigint, bigint, number] {
  if (a.scale === b.scale) return [a.coefficient, b.coefficient, a.scale];
  if (a.scale < b.scale) return [a.coefficient * 10n ** BigInt(b.scale - a.scale), b.coefficient, b.scale];
  return [a.coefficient, b.coefficient * 10n ** BigInt(a.scale - b.scale), a.scale];
}

function digits(value: bigint): number {
  return String(value < 0n ? -value : value).length;
}

function divideRounded(value: bigint, by: bigint): bigint {
  const negative = value < 0n !== by < 0n;
  const a = value < 0n ? -value : value;
  const b = by < 0n ? -by : by;
  const quotient = (2n * a + b) / (2n * b);
  return negative ? -quotient : quotient;
}
