/** Dates as RMAN prints and reads them: NLS_DATE_FORMAT of the environment, and the fixed form of error stacks. UTC. */
import { RmanError } from './rman-error';

const DEFAULT_FORMAT = 'DD-MON-RR';
const STACK_FORMAT = 'MM/DD/YYYY HH24:MI:SS';
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const ELEMENT = /YYYY|YY|RRRR|RR|MONTH|MON|MM|DD|HH24|HH12|HH|MI|SS/gi;

/** The formatter of this process. */
export function dateFormatOf(env: NodeJS.ProcessEnv): string {
  return env['NLS_DATE_FORMAT'] ?? DEFAULT_FORMAT;
}

/** Formats a moment; elements outside of dates and times stay as they are. */
export function formatDate(at: Date, format: string): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const year = String(at.getUTCFullYear());
  const month = MONTHS[at.getUTCMonth()] ?? '';
  const hour12 = at.getUTCHours() % 12 || 12;
  const values: Record<string, string> = {
    YYYY: year,
    RRRR: year,
    YY: year.slice(2),
    RR: year.slice(2),
    MONTH: month,
    MON: month,
    MM: two(at.getUTCMonth() + 1),
    DD: two(at.getUTCDate()),
    HH24: two(at.getUTCHours()),
    HH12: two(hour12),
    HH: two(hour12),
    MI: two(at.getUTCMinutes()),
    SS: two(at.getUTCSeconds()),
  };
  return format.replace(ELEMENT, (element) => values[element.toUpperCase()] ?? element);
}

/** MM/DD/YYYY HH:MI:SS, whatever NLS_DATE_FORMAT says. */
export function formatStackDate(at: Date): string {
  return formatDate(at, STACK_FORMAT);
}

const DAY_MS = 86_400_000;

/** `SYSDATE`, `SYSDATE - 1/24`. */
function parseSysdate(text: string, now: Date): Date | undefined {
  const match = /^\s*SYSDATE\s*(?:([+-])\s*(\d+(?:\.\d+)?)\s*(?:\/\s*(\d+)\s*)?)?$/i.exec(text);
  if (match === null) return undefined;
  const days = Number(match[2] ?? 0) / Number(match[3] ?? 1);
  return new Date(now.getTime() + (match[1] === '-' ? -days : days) * DAY_MS);
}

/**
 * `TO_DATE('text','format')`, `SYSDATE - n`, or a bare date in the session's format. Throws RmanError with ORA-01861.
 */
export function parseDate(text: string, sessionFormat: string, now = new Date()): Date {
  const relative = parseSysdate(text, now);
  if (relative !== undefined) return relative;
  const call = /^\s*TO_DATE\s*\(\s*'([^']*)'\s*,\s*'([^']*)'\s*\)\s*$/i.exec(text);
  const value = (call?.[1] ?? text).trim();
  const format = call?.[2] ?? sessionFormat;
  const elements: string[] = [];
  const pattern = format.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(ELEMENT, (element) => {
    elements.push(element.toUpperCase());
    return /^MON/i.test(element) ? '([A-Za-z]+)' : '(\\d+)';
  });
  const match = new RegExp(`^${pattern}$`, 'i').exec(value);
  if (match === null) throw new RmanError(['ORA-01861: literal does not match format string']);
  const found = Object.fromEntries(elements.map((element, i) => [element, match[i + 1] ?? '']));
  return dateOf(found);
}

function dateOf(found: Record<string, string>): Date {
  const number = (...names: string[]) => {
    const name = names.find((candidate) => found[candidate] !== undefined);
    return name === undefined ? 0 : Number(found[name]);
  };
  const shortYear = number('YY', 'RR');
  const year = number('YYYY', 'RRRR') || 2000 + shortYear;
  const named = MONTHS.indexOf((found['MON'] ?? found['MONTH'] ?? '').slice(0, 3).toUpperCase());
  const month = named >= 0 ? named : number('MM') - 1;
  const at = Date.UTC(
    year,
    month,
    number('DD') || 1,
    number('HH24', 'HH12', 'HH'),
    number('MI'),
    number('SS'),
  );
  return new Date(at);
}
