// A compiled expression: its type, known before any row is read (results are described even when they are empty), and a function
// that reads its value. Conversions between types follow Oracle's implicit rules.
import { DEFAULT_DATE_FORMAT, formatDate, parseDate } from './date-format';
import { Decimal } from './decimal';
import { OraError, oraError } from './ora-error';
import { type Frame } from './frame';
import { SqlDate } from './sql-date';
import {
  type Column,
  DATE_SIZE_BYTES,
  NUMBER_SIZE_BYTES,
  type SqlType,
  type SqlValue,
  TEXT_SIZE_MAX_BYTES,
} from './value';

export interface Compiled {
  /** `null` for an expression that is always NULL: it takes the type of what it is combined with. */
  type: SqlType | null;
  sizeBytes: number;
  nullable: boolean;
  read: (frame: Frame) => SqlValue;
}

/** Three-valued logic: `null` is unknown. */
export type CompiledCondition = (frame: Frame) => boolean | null;

/** Who runs the statement: decides what USER says and how dates turn into text. */
export interface SessionContext {
  user: string;
  /** CON_ID; absent = 0, no containers. */
  containerId?: number;
  dateFormat: string;
  now: SqlDate;
}

function sizeOf(type: SqlType | null, textBytes = TEXT_SIZE_MAX_BYTES): number {
  if (type === 'NUMBER') return NUMBER_SIZE_BYTES;
  return type === 'DATE' ? DATE_SIZE_BYTES : textBytes;
}

export function compiled(
  type: SqlType | null,
  read: (frame: Frame) => SqlValue,
  textBytes?: number,
): Compiled {
  return { type, sizeBytes: sizeOf(type, textBytes), nullable: true, read };
}

export function asColumn(name: string, c: Compiled): Column {
  const type = c.type ?? 'VARCHAR2';
  return { name, type, sizeBytes: Math.max(1, c.type === null ? 1 : c.sizeBytes), nullable: c.nullable };
}

/** The expression as a NUMBER, DATE or VARCHAR2; throws ORA-00932 at once when there is no such conversion. */
export function convertTo(type: SqlType, c: Compiled, session: SessionContext): Compiled {
  if (c.type === null || c.type === type) return c;
  if (type === 'VARCHAR2' || type === 'RAW') {
    return compiled(
      'VARCHAR2',
      (frame) => textOf(c.read(frame), session),
      c.type === 'RAW' ? c.sizeBytes : 40,
    );
  }
  if (c.type !== 'VARCHAR2')
    throw new OraError(932, `inconsistent datatypes: expected ${type} got ${c.type}`);
  if (type === 'NUMBER') return compiled('NUMBER', (frame) => numberOf(c.read(frame)));
  return compiled('DATE', (frame) => dateOf(c.read(frame), session));
}

/** Both sides of a comparison in one type: text meets a NUMBER as a number and a DATE as a date. */
export function convertPair(left: Compiled, right: Compiled, session: SessionContext): [Compiled, Compiled] {
  if (left.type === null || right.type === null || left.type === right.type) return [left, right];
  const types = [left.type, right.type];
  const common = types.includes('NUMBER') ? 'NUMBER' : types.includes('DATE') ? 'DATE' : 'VARCHAR2';
  return [convertTo(common, left, session), convertTo(common, right, session)];
}

/** Branches of CASE, NVL, UNION...: all take the type of the first that has one. */
export function convertAll(items: readonly Compiled[], session: SessionContext): Compiled[] {
  const type = items.find((item) => item.type !== null)?.type ?? null;
  return type === null ? [...items] : items.map((item) => convertTo(type, item, session));
}

export function textOf(value: SqlValue, session: SessionContext): string | null {
  if (value === null || typeof value === 'string') return value === '' ? null : value;
  return value instanceof Decimal ? value.toString() : formatDate(value, session.dateFormat);
}

export function numberOf(value: SqlValue): Decimal | null {
  if (value === null || value instanceof Decimal) return value;
  const parsed = typeof value === 'string' ? Decimal.parse(value) : null;
  if (parsed === null) throw oraError(1722);
  return parsed;
}

function dateOf(value: SqlValue, session: SessionContext): SqlDate | null {
  if (value === null || value instanceof SqlDate) return value;
  return parseDate(String(value), session.dateFormat, session.now);
}

/**
 * An expression that several comparisons look at, evaluated once per row: `hold` reads it, `expression` repeats the value.
 * (Reading it again for each comparison would double the work with every level of nesting.)
 */
export function held(c: Compiled): { hold: (frame: Frame) => SqlValue; expression: Compiled } {
  let value: SqlValue = null;
  return { hold: (frame) => (value = c.read(frame)), expression: { ...c, read: () => value } };
}

/** Text no longer than an expression may yield; ORA-01489 beyond. */
export function boundedText(text: string): string | null {
  if (Buffer.byteLength(text) > TEXT_SIZE_MAX_BYTES) throw oraError(1489);
  return text === '' ? null : text;
}

export function defaultSession(user: string, now: SqlDate): SessionContext {
  return { user, dateFormat: DEFAULT_DATE_FORMAT, now };
}
