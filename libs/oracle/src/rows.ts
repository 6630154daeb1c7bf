// Columns of a row by name, with the type the caller expects. Numbers arrive as decimal text, so that no SCN loses a digit.
import { parseScn, type Scn } from '@adyton/domain';
import { OracleError } from './oracle-error';

export type Row = Readonly<Record<string, unknown>>;

/** @throws OracleError when the column is missing, NULL or no text */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value === 'string') return value;
  throw new OracleError('query', null, `column ${column} holds ${value === null ? 'NULL' : typeof value}`);
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

/** @throws OracleError when the column is no whole number that a JS number can hold */
export function integer(row: Row, column: string): number {
  const value = Number(text(row, column));
  if (Number.isSafeInteger(value)) return value;
  throw new OracleError('query', null, `column ${column} holds no whole number`);
}

export function scn(row: Row, column: string): Scn {
  return parseScn(text(row, column));
}

/** NULL counts as SCN 0: nothing before it. */
export function scnOrZero(row: Row, column: string): Scn {
  return row[column] === null ? parseScn('0') : scn(row, column);
}
