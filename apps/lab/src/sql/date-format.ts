// TO_CHAR and TO_DATE of dates: the format elements that backup scripts use. English names only (NLS_LANGUAGE=AMERICAN).
import { oraError } from './ora-error';
import { type DateFields, SqlDate } from './sql-date';

const MONTHS = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
];
const DAYS = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'];
const DAY_MS = 86_400_000;
/** Day number of 1970-01-01 in the Julian count that J prints. */
const JULIAN_EPOCH = 2_440_588;
const FORMAT_MAX = 200;
/** Longest element first, so that HH24 is not read as HH followed by 24. */
const ELEMENTS = [
  'SSSSS',
  'SYYYY',
  'MONTH',
  'YYYY',
  'RRRR',
  'HH24',
  'HH12',
  'A.M.',
  'P.M.',
  'YYY',
  'DDD',
  'DAY',
  'MON',
  'FF1',
  'FF2',
  'FF3',
  'FF4',
  'FF5',
  'FF6',
  'FF7',
  'FF8',
  'FF9',
  'YY',
  'RR',
  'MM',
  'DD',
  'DY',
  'HH',
  'MI',
  'SS',
  'AM',
  'PM',
  'FF',
  'FM',
  'FX',
  'WW',
  'IW',
  'Q',
  'W',
  'D',
  'J',
  'Y',
] as const;
type Element = (typeof ELEMENTS)[number];
type Part = { kind: 'literal'; text: string } | { kind: 'element'; element: Element; text: string };

export const DEFAULT_DATE_FORMAT = 'DD-MON-RR';

function parseFormat(format: string): Part[] {
  if (format.length > FORMAT_MAX) throw oraError(1821);
  const parts: Part[] = [];
  for (let at = 0; at < format.length;) {
    const upper = format.slice(at).toUpperCase();
    const element = ELEMENTS.find((e) => upper.startsWith(e));
    if (element !== undefined) {
      parts.push({ kind: 'element', element, text: format.slice(at, at + element.length) });
      at += element.length;
      continue;
    }
    const literal = /^(?:"([^"]*)"|([-\s/,.;:]))/.exec(format.slice(at));
    if (literal === null) throw oraError(1821);
    parts.push({ kind: 'literal', text: literal[1] ?? literal[2] ?? '' });
    at += literal[0].length;
  }
  return parts;
}

/** The date as text; throws ORA-01821 for an unknown format element. */
export function formatDate(date: SqlDate, format: string): string {
  let fill = true;
  let out = '';
  for (const part of parseFormat(format)) {
    if (part.kind === 'literal') {
      out += part.text;
    } else if (part.element === 'FM') {
      fill = !fill;
    } else {
      const text = inCase(elementText(date, part.element), part.text);
      out += fill ? text : text.replace(/^0+(?=\d)/, '').trimEnd();
    }
  }
  return out;
}

function elementText(date: SqlDate, element: Element): string {
  const f = date.fields();
  const hour12 = f.hour % 12 === 0 ? 12 : f.hour % 12;
  const weekday = new Date(date.epochMs).getUTCDay();
  const dayOfYear = Math.floor((date.epochMs - Date.UTC(f.year, 0, 1)) / DAY_MS) + 1;
  const pad = (n: number, width: number): string => String(Math.abs(n)).padStart(width, '0');
  const texts: Partial<Record<Element, () => string>> = {
    SYYYY: () => `${f.year < 0 ? '-' : ' '}${pad(f.year, 4)}`,
    YYYY: () => pad(f.year, 4),
    RRRR: () => pad(f.year, 4),
    YYY: () => pad(f.year % 1000, 3),
    YY: () => pad(f.year % 100, 2),
    RR: () => pad(f.year % 100, 2),
    Y: () => pad(f.year % 10, 1),
    Q: () => String(Math.ceil(f.month / 3)),
    MM: () => pad(f.month, 2),
    MONTH: () => (MONTHS[f.month - 1] ?? '').padEnd(9),
    MON: () => (MONTHS[f.month - 1] ?? '').slice(0, 3),
    WW: () => pad(Math.ceil(dayOfYear / 7), 2),
    IW: () => pad(isoWeek(date), 2),
    W: () => String(Math.ceil(f.day / 7)),
    DDD: () => pad(dayOfYear, 3),
    DD: () => pad(f.day, 2),
    D: () => String(weekday + 1),
    DAY: () => (DAYS[weekday] ?? '').padEnd(9),
    DY: () => (DAYS[weekday] ?? '').slice(0, 3),
    J: () => String(Math.floor(date.epochMs / DAY_MS) + JULIAN_EPOCH),
    HH24: () => pad(f.hour, 2),
    HH12: () => pad(hour12, 2),
    HH: () => pad(hour12, 2),
    MI: () => pad(f.minute, 2),
    SS: () => pad(f.second, 2),
    SSSSS: () => pad(f.hour * 3600 + f.minute * 60 + f.second, 5),
    AM: () => (f.hour < 12 ? 'AM' : 'PM'),
    PM: () => (f.hour < 12 ? 'AM' : 'PM'),
    'A.M.': () => (f.hour < 12 ? 'A.M.' : 'P.M.'),
    'P.M.': () => (f.hour < 12 ? 'A.M.' : 'P.M.'),
    FF: () => `${pad(f.millisecond, 3)}000`,
    FX: () => '',
    FM: () => '',
  };
  const text = texts[element];
  if (text !== undefined) return text();
  return `${pad(f.millisecond, 3)}000000`.slice(0, Number(element.slice(2)));
}

function isoWeek(date: SqlDate): number {
  const midnight = date.startOfDay().epochMs;
  const weekday = (new Date(midnight).getUTCDay() + 6) % 7;
  const thursday = midnight + (3 - weekday) * DAY_MS;
  const yearStart = Date.UTC(new Date(thursday).getUTCFullYear(), 0, 1);
  return Math.floor((thursday - yearStart) / DAY_MS / 7) + 1;
}

/** Names follow the case of the format element: MON, Mon, mon. */
function inCase(text: string, model: string): string {
  if (/^[a-z]/.test(model)) return text.toLowerCase();
  return /^[A-Z][a-z]/.test(model) ? text.charAt(0) + text.slice(1).toLowerCase() : text;
}

/** What the text said; missing fields are filled in afterwards. */
interface Read extends DateFields {
  afternoon: boolean | null;
  dayOfYear: number | null;
  julian: number | null;
  secondOfDay: number | null;
}

/** Text to date; `now` supplies year and month when the format has none. Throws ORA-018xx when they do not fit together. */
export function parseDate(input: string, format: string, now: SqlDate): SqlDate {
  const today = now.fields();
  const read: Read = {
    ...{ year: today.year, month: today.month, day: 1, hour: 0, minute: 0, second: 0, millisecond: 0 },
    ...{ afternoon: null, dayOfYear: null, julian: null, secondOfDay: null },
  };
  let rest = input.trim();
  for (const part of parseFormat(format)) {
    if (part.kind === 'literal') rest = eatLiteral(rest, part.text);
    else if (part.element !== 'FM' && part.element !== 'FX')
      rest = eatElement(rest, part.element, read, today.year);
  }
  if (rest.trim() !== '') throw oraError(1830);
  return assemble(read);
}

function eatLiteral(rest: string, literal: string): string {
  if (rest === '' || literal.trim() === '') return rest.trimStart();
  if (rest.startsWith(literal)) return rest.slice(literal.length);
  // Oracle takes other punctuation, or none, in place of the format's own.
  if (/^[-\s/,.;:]/.test(literal)) return rest.replace(/^[-\s/,.;:]/, '');
  throw oraError(1861);
}

function eatElement(rest: string, element: Element, read: Read, yearNow: number): string {
  if (rest === '') {
    if (['HH24', 'HH12', 'HH', 'MI', 'SS', 'SSSSS'].includes(element) || element.startsWith('FF'))
      return rest;
    throw oraError(1840);
  }
  if (element === 'MON' || element === 'MONTH') return eatMonth(rest, read);
  if (/^[AP]\.?M/.test(element)) {
    const match = /^([AP])\.?M\.?/i.exec(rest);
    if (match === null) throw oraError(1855);
    read.afternoon = match[1]?.toUpperCase() === 'P';
    return rest.slice(match[0].length);
  }
  const width = element.startsWith('FF') ? 9 : (DIGITS[element] ?? 0);
  if (width === 0) throw oraError(1821);
  const match = new RegExp(`^\\d{1,${width}}`).exec(rest);
  if (match === null) throw oraError(1858);
  store(read, element, match[0], yearNow);
  return rest.slice(match[0].length);
}

/** Digits each numeric element reads at most. */
const DIGITS: Partial<Record<Element, number>> = {
  ...{ YYYY: 4, SYYYY: 4, RRRR: 4, YYY: 3, YY: 2, RR: 2, Y: 1, MM: 2, DD: 2, DDD: 3, J: 7 },
  ...{ HH24: 2, HH12: 2, HH: 2, MI: 2, SS: 2, SSSSS: 5 },
};

function eatMonth(rest: string, read: Read): string {
  const word = /^[a-z]+/i.exec(rest)?.[0].toUpperCase() ?? '';
  const index = MONTHS.findIndex(
    (m) => word === m || (word.length >= 3 && word.slice(0, 3) === m.slice(0, 3)),
  );
  if (index < 0) throw oraError(1843);
  read.month = index + 1;
  const full = MONTHS[index] ?? '';
  return rest.slice(word === full ? full.length : 3);
}

function store(read: Read, element: Element, digits: string, yearNow: number): void {
  const n = Number(digits);
  const setters: Partial<Record<Element, () => void>> = {
    YYYY: () => (read.year = n),
    SYYYY: () => (read.year = n),
    RRRR: () => (read.year = digits.length <= 2 ? nearestYear(n, yearNow) : n),
    YYY: () => (read.year = Math.floor(yearNow / 1000) * 1000 + n),
    YY: () => (read.year = Math.floor(yearNow / 100) * 100 + n),
    RR: () => (read.year = nearestYear(n, yearNow)),
    Y: () => (read.year = Math.floor(yearNow / 10) * 10 + n),
    MM: () => (read.month = n),
    DD: () => (read.day = n),
    DDD: () => (read.dayOfYear = n),
    J: () => (read.julian = n),
    HH24: () => (read.hour = n),
    HH12: () => (read.hour = twelveHour(n)),
    HH: () => (read.hour = twelveHour(n)),
    MI: () => (read.minute = n),
    SS: () => (read.second = n),
    SSSSS: () => (read.secondOfDay = n),
  };
  const set = setters[element];
  if (set === undefined) read.millisecond = Math.floor(Number(`0.${digits}`) * 1000);
  else set();
}

function twelveHour(n: number): number {
  if (n < 1 || n > 12) throw oraError(1849);
  return n;
}

/** RR: two digits mean the century that lies nearer to today. */
function nearestYear(twoDigits: number, yearNow: number): number {
  const century = Math.floor(yearNow / 100) * 100;
  const late = yearNow % 100 >= 50;
  if (twoDigits < 50) return late ? century + 100 + twoDigits : century + twoDigits;
  return late ? century + twoDigits : century - 100 + twoDigits;
}

function assemble(read: Read): SqlDate {
  if (read.year === 0) throw oraError(1841);
  if (read.month < 1 || read.month > 12) throw oraError(1843);
  if (read.day < 1 || read.day > 31) throw oraError(1847);
  if (read.afternoon !== null) read.hour = (read.hour % 12) + (read.afternoon ? 12 : 0);
  if (read.hour > 23) throw oraError(1850);
  if (read.minute > 59) throw oraError(1851);
  if (read.second > 59) throw oraError(1852);
  const base = SqlDate.fromFields(read);
  if (read.julian !== null)
    return SqlDate.fromEpochMs(
      (read.julian - JULIAN_EPOCH) * DAY_MS + (base.epochMs - base.startOfDay().epochMs),
    );
  if (read.dayOfYear !== null)
    return SqlDate.fromFields({ ...read, month: 1, day: 1 }).plusDays(read.dayOfYear - 1);
  return read.secondOfDay === null ? base : base.startOfDay().plusDays(read.secondOfDay / 86_400);
}
