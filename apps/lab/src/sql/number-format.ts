// TO_CHAR of numbers with the simple format models: 9 0 . , D G S MI $ FM TM X. Anything else is ORA-01481.
import { type Decimal } from './decimal';
import { oraError } from './ora-error';

/** Longest format model Oracle takes. */
const FORMAT_MAX = 64;

interface NumberModel {
  fill: boolean;
  dollar: boolean;
  signBefore: boolean;
  signAfter: boolean;
  minusAfter: boolean;
  /** Digit and separator places before the point, left to right. */
  whole: string;
  /** Digit places behind the point. */
  fraction: string;
}

/** The number as text in the model; a row of `#` when it does not fit. */
export function formatNumber(value: Decimal, format: string): string {
  const upper = format.toUpperCase();
  if (upper.length > FORMAT_MAX) throw oraError(1481);
  if (/^TM9?$/.test(upper)) return value.toString();
  if (/^(FM)?[0X]*X$/.test(upper)) return formatHex(value, upper);
  const model = parseModel(upper);
  const rounded = value.rounded(model.fraction.length);
  const negative = rounded.sign < 0;
  const magnitude = negative ? rounded.negated() : rounded;
  const [wholeDigits = '', fractionDigits = ''] = magnitude.toString().split('.');
  const whole = layWhole(wholeDigits, model);
  const width = model.whole.length + (model.fraction === '' ? 0 : model.fraction.length + 1) + 1;
  if (whole === null) return '#'.repeat(width);
  const fraction = layFraction(fractionDigits, model);
  return withSign(whole + fraction, negative, model, width);
}

function formatHex(value: Decimal, format: string): string {
  const model = format.replace(/^FM/, '');
  const whole = value.rounded(0);
  if (whole.sign < 0) return '#'.repeat(model.length + 1);
  const digits = BigInt(whole.toString() || '0')
    .toString(16)
    .toUpperCase();
  if (digits.length > model.length) return '#'.repeat(model.length + 1);
  const zeros = model.startsWith('0') ? digits.padStart(model.length, '0') : digits;
  return format.startsWith('FM') ? zeros : zeros.padStart(model.length + 1);
}

function parseModel(format: string): NumberModel {
  let rest = format;
  const take = (pattern: RegExp): boolean => {
    const found = pattern.test(rest);
    if (found) rest = rest.replace(pattern, '');
    return found;
  };
  const fill = take(/^FM/);
  const signBefore = take(/^S/);
  const dollar = take(/\$/);
  const minusAfter = take(/MI$/);
  const signAfter = take(/S$/);
  const match = /^([09,G]*)(?:[.D]([09]*))?$/.exec(rest);
  const whole = match?.[1] ?? '';
  const fraction = match?.[2] ?? '';
  const misplaced = /^[,G]/.test(whole) || (/[.D]/.test(rest) && /[,G]$/.test(whole) && whole.length === 1);
  if (match === null || misplaced || (whole === '' && fraction === '')) throw oraError(1481);
  return { fill, dollar, signBefore, signAfter, minusAfter, whole: whole.replaceAll('G', ','), fraction };
}

/** Digits laid into the places from the right; `null` when there are more digits than places. */
function layWhole(digits: string, model: NumberModel): string | null {
  const places = model.whole.replaceAll(',', '');
  if (digits.length > places.length) return null;
  const firstZero = places.indexOf('0');
  const wanted = Math.max(digits.length, firstZero < 0 ? 0 : places.length - firstZero);
  const padded = digits.padStart(wanted, '0').padStart(places.length, ' ');
  const showZero =
    wanted === 0 && model.fraction === '' ? `${' '.repeat(Math.max(0, places.length - 1))}0` : padded;
  let at = 0;
  let out = '';
  for (const place of model.whole) {
    if (place === ',') out += out.trim() === '' ? ' ' : ',';
    else out += showZero.charAt(at++);
  }
  return out;
}

function layFraction(digits: string, model: NumberModel): string {
  if (model.fraction === '') return '';
  const text = digits.padEnd(model.fraction.length, '0');
  if (!model.fill) return `.${text}`;
  const kept = model.fraction.lastIndexOf('0') + 1;
  let end = text.length;
  while (end > kept && text.charAt(end - 1) === '0') end -= 1;
  return `.${text.slice(0, end)}`;
}

function withSign(body: string, negative: boolean, model: NumberModel, width: number): string {
  const digits = `${model.dollar ? '$' : ''}${body.trim()}`;
  const plain = model.signBefore
    ? `${negative ? '-' : '+'}${digits}`
    : model.signAfter
      ? `${digits}${negative ? '-' : '+'}`
      : model.minusAfter
        ? `${digits}${negative ? '-' : model.fill ? '' : ' '}`
        : `${negative ? '-' : ''}${digits}`;
  return model.fill ? plain : plain.padStart(width + (model.dollar ? 1 : 0));
}
