// The messages the server sends, as functions that write one each. A reply ends with exactly one ERROR or STATUS message (or, in
// their own exchanges, PROTOCOL or DATA TYPES): the client takes it for the end.
import { DEFAULT_DATE_FORMAT, formatDate } from '../sql/date-format';
import { OraError } from '../sql/ora-error';
import { type BindDirection } from '../sql/run-block';
import { Decimal } from '../sql/decimal';
import { SqlDate } from '../sql/sql-date';
import { type Column, type SqlType, type SqlValue } from '../sql/value';
import { encodeDate } from './date-codec';
import { encodeNumber } from './number-codec';
import {
  BANNER,
  CHARSET,
  COMPILE_CAPABILITIES,
  NATIONAL_CHARSET,
  RUNTIME_CAPABILITIES,
  TIME_ZONE,
} from './profile';
import { type BindType, isDateBind, isNumberBind } from './requests';
import { WireWriter } from './wire';

const MESSAGE = {
  protocol: 1,
  dataTypes: 2,
  error: 4,
  rowHeader: 6,
  row: 7,
  parameter: 8,
  status: 9,
  bindDirections: 11,
  describe: 16,
} as const;
const TYPE_CODES: Readonly<Record<SqlType, number>> = { VARCHAR2: 1, NUMBER: 2, DATE: 12, RAW: 23 };
/** Scale of a NUMBER without declared precision. */
const SCALE_NONE = 0x81;
/** SB2 for "no position". */
const NO_POSITION = [0x81, 0x01];
const IN_TRANSACTION = 0x2;
const CALL_STATUS = 0x1;
/** End of rows: told with an ERROR message that the client takes for what it is. */
export const NO_MORE_ROWS = 1403;

export function protocolReply(): Buffer {
  const w = new WireWriter().u8(MESSAGE.protocol, 6, 0);
  w.raw(Buffer.from(`${BANNER}\0`))
    .u16le(CHARSET)
    .u8(1)
    .u16le(0)
    .u16(11);
  w.raw([0, 0, 0, 0, 0, 0, 0, 0, 0]).u16(NATIONAL_CHARSET);
  return w.clr(COMPILE_CAPABILITIES).clr(RUNTIME_CAPABILITIES).toBuffer();
}

export function dataTypesReply(): Buffer {
  return new WireWriter().u8(MESSAGE.dataTypes).raw(TIME_ZONE).u16(0).toBuffer();
}

export interface CallState {
  inTransaction: boolean;
}

function callStatus(state: CallState): number {
  return CALL_STATUS | (state.inTransaction ? IN_TRANSACTION : 0);
}

export function writeStatus(w: WireWriter, state: CallState): WireWriter {
  return w.u8(MESSAGE.status).ub(callStatus(state)).ub(0);
}

export interface KeyValue {
  key: string;
  value: string;
  flags?: number;
}

export function parameterReply(pairs: readonly KeyValue[]): Buffer {
  const w = new WireWriter().u8(MESSAGE.parameter).ub(pairs.length);
  for (const { key, value, flags } of pairs) w.pair(key, value, flags);
  return writeStatus(w, { inTransaction: false }).toBuffer();
}

export interface Outcome extends CallState {
  /** 0 = no cursor. */
  cursor: number;
  rowCount: number;
  /** `null` = success. */
  error: { number: number; message: string; position: number | null } | null;
}

export function errorOutcome(error: OraError, state: CallState): Outcome {
  const { ora: number, message, position } = error;
  return { ...state, cursor: 0, rowCount: 0, error: { number, message, position } };
}

/** The message that ends the reply of every execute and fetch, also when all went well. */
export function writeOutcome(w: WireWriter, outcome: Outcome): WireWriter {
  const number = outcome.error?.number ?? 0;
  w.u8(MESSAGE.error).ub(callStatus(outcome)).ub(0).ub(outcome.rowCount);
  w.ub(number & 0xffff)
    .ub(0)
    .ub(0)
    .ub(outcome.cursor);
  if (outcome.error !== null && outcome.error.position === null && number !== NO_MORE_ROWS)
    w.raw(NO_POSITION);
  else w.ub(outcome.error?.position ?? 0);
  // types and flags (6), row id (5), operating system and statement errors (5), logical row id, batch errors (3)
  w.raw(Buffer.alloc(6 + 5 + 5 + 1 + 3));
  w.ub(number).ub(outcome.rowCount);
  return outcome.error === null ? w : w.clr(Buffer.from(`${outcome.error.message}\n`));
}

export function writeDescribe(w: WireWriter, columns: readonly Column[]): WireWriter {
  w.u8(MESSAGE.describe).clr(null).ub(0).ub(columns.length);
  if (columns.length > 0) w.u8(0);
  for (const [index, column] of columns.entries()) writeColumn(w, column, index + 1);
  return w.raw(Buffer.alloc(6));
}

function writeColumn(w: WireWriter, column: Column, position: number): void {
  const isText = column.type === 'VARCHAR2';
  // A size of 0 would make the client expect no bytes at all for the column.
  const size = Math.max(1, column.sizeBytes);
  w.u8(TYPE_CODES[column.type], 0, 0, column.type === 'NUMBER' ? SCALE_NONE : 0);
  w.ub(size).ub(0).ub(0).ub(0).ub(0);
  w.ub(isText ? CHARSET : 0).u8(isText ? 1 : 0);
  w.ub(isText ? size : 0).ub(0);
  w.u8(column.nullable ? 1 : 0, 0).dalc(column.name);
  w.ub(0).ub(0).ub(position).ub(0);
}

export function writeRowHeader(w: WireWriter, columnCount: number, rowCount: number): WireWriter {
  return w.u8(MESSAGE.rowHeader, 0).ub(columnCount).ub(0).ub(rowCount).ub(0).ub(0).ub(0);
}

export function writeRow(w: WireWriter, columns: readonly Column[], row: readonly SqlValue[]): WireWriter {
  w.u8(MESSAGE.row);
  for (const [index, column] of columns.entries()) w.clr(encodeValue(row[index] ?? null, column.type));
  return w;
}

const DIRECTIONS: Readonly<Record<BindDirection, number>> = { in: 32, out: 16, 'in-out': 48 };
const BYTE_VALUES = 256;

/** IO_VECTOR and the values of all binds a PL/SQL block assigned. Throws ORA-06502 for a value its bind cannot hold. */
export function writeBlockBinds(
  w: WireWriter,
  binds: readonly { direction: BindDirection; value: SqlValue; type: BindType | undefined }[],
): WireWriter {
  w.u8(MESSAGE.bindDirections, 0)
    .ub(binds.length % BYTE_VALUES)
    .ub(Math.floor(binds.length / BYTE_VALUES));
  w.ub(1).ub(0).ub(0).ub(0);
  for (const { direction } of binds) w.u8(DIRECTIONS[direction]);
  w.u8(MESSAGE.row);
  for (const { direction, value, type } of binds)
    if (direction !== 'in' && type !== undefined) w.clr(encodeBind(value, type)).ub(0);
  return w;
}

function encodeBind(value: SqlValue, bind: BindType): Buffer | null {
  if (value === null) return null;
  if (isNumberBind(bind)) {
    const number = typeof value === 'string' ? Decimal.parse(value) : value;
    if (!(number instanceof Decimal))
      throw new OraError(6502, 'PL/SQL: numeric or value error: character to number conversion error');
    return encodeNumber(number);
  }
  if (isDateBind(bind)) {
    if (!(value instanceof SqlDate)) throw new OraError(6502, 'PL/SQL: numeric or value error');
    return encodeDate(value);
  }
  const text =
    value instanceof SqlDate
      ? formatDate(value, DEFAULT_DATE_FORMAT)
      : typeof value === 'string'
        ? value
        : value.toString();
  const bytes = bind.national ? Buffer.from(text, 'utf16le').swap16() : Buffer.from(text);
  if (bytes.length > bind.sizeBytes)
    throw new OraError(6502, 'PL/SQL: numeric or value error: character string buffer too small');
  return bytes;
}

function encodeValue(value: SqlValue, type: SqlType): Buffer | null {
  if (value === null) return null;
  if (value instanceof Decimal) return encodeNumber(value);
  if (value instanceof SqlDate) return encodeDate(value);
  return type === 'RAW' ? Buffer.from(value, 'hex') : Buffer.from(value);
}
