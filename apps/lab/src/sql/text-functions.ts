// The text functions that count characters: SUBSTR, LPAD and RPAD, TRIM, INSTR.
import { Decimal } from './decimal';
import { TEXT_SIZE_MAX_BYTES } from './value';

export function substring(value: string, start: number, length: number): string | null {
  const chars = [...value];
  const from = start > 0 ? start - 1 : start < 0 ? chars.length + start : 0;
  return from < 0 || length < 1 ? null : chars.slice(from, from + length).join('');
}

export function pad(value: string, length: number, filler: string, left: boolean): string | null {
  const wanted = Math.min(length, TEXT_SIZE_MAX_BYTES);
  const chars = [...value];
  if (wanted < 1 || filler === '') return null;
  if (chars.length >= wanted) return chars.slice(0, wanted).join('');
  const fill = [...filler.repeat(Math.ceil((wanted - chars.length) / filler.length))]
    .slice(0, wanted - chars.length)
    .join('');
  return left ? fill + value : value + fill;
}

export function trimmed(value: string, set: string, left: boolean, right: boolean): string {
  let [from, to] = [0, value.length];
  while (left && from < to && set.includes(value.charAt(from))) from += 1;
  while (right && to > from && set.includes(value.charAt(to - 1))) to -= 1;
  return value.slice(from, to);
}

export function position(value: string, part: string, start: number, occurrence: number): Decimal {
  let at = start < 0 ? -1 : start - 2;
  for (let i = 0; i < occurrence; i += 1) {
    at = start < 0 || start === 0 ? -1 : value.indexOf(part, at + 1);
    if (at < 0) return Decimal.ZERO;
  }
  return Decimal.of(at + 1);
}
