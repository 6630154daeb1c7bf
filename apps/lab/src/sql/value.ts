// The values that travel between views, evaluator and listener. NULL and the empty string are the same thing, as in Oracle;
// RAW values are carried as upper-case hex text.
import { Decimal } from './decimal';
import { SqlDate } from './sql-date';

export type SqlValue = null | string | Decimal | SqlDate;
export type SqlType = 'NUMBER' | 'VARCHAR2' | 'DATE' | 'RAW';

/** A column of a view or of a result. `sizeBytes` bounds VARCHAR2 and RAW and is 22 and 7 for NUMBER and DATE. */
export interface Column {
  name: string;
  type: SqlType;
  sizeBytes: number;
  nullable: boolean;
}

export const NUMBER_SIZE_BYTES = 22;
export const DATE_SIZE_BYTES = 7;
/** Largest VARCHAR2 an expression may yield. */
export const TEXT_SIZE_MAX_BYTES = 4000;

/** Negative, zero or positive. Both values must be of the same type; text compares by code unit (NLS_SORT=BINARY). */
export function compareValues(a: Exclude<SqlValue, null>, b: Exclude<SqlValue, null>): number {
  if (a instanceof Decimal && b instanceof Decimal) return a.compare(b);
  if (a instanceof SqlDate && b instanceof SqlDate) return a.compare(b);
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  throw new Error('compared values of different types');
}

/** A text that is equal for equal values of one type and different otherwise: key of hash joins, groups and DISTINCT. */
export function valueKey(value: SqlValue): string {
  if (value === null) return '~';
  if (value instanceof Decimal) return `n${value.toString()}`;
  if (value instanceof SqlDate) return `d${value.epochMs}`;
  return `s${value.length}:${value}`;
}

export function rowKey(row: readonly SqlValue[]): string {
  return row.map(valueKey).join('|');
}

export function typeOfValue(value: SqlValue): SqlType | null {
  if (value === null) return null;
  if (value instanceof Decimal) return 'NUMBER';
  return value instanceof SqlDate ? 'DATE' : 'VARCHAR2';
}
