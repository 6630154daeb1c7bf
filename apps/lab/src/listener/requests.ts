// The messages the client sends after login: piggybacks, then one function. Everything is parsed before anything is done, so that a
// malformed request has no effect.
import { OraError } from '../sql/ora-error';
import { type SqlValue } from '../sql/value';
import { decodeDate } from './date-codec';
import { decodeNumber } from './number-codec';
import { ProtocolError, WireReader } from './wire';

const FUNCTION_MESSAGE = 3;
const PIGGYBACK_MESSAGE = 17;
export const FUNCTION = {
  reexecute: 4,
  fetch: 5,
  logoff: 9,
  commit: 14,
  rollback: 15,
  reexecuteAndFetch: 78,
  execute: 94,
  authTwo: 115,
  authOne: 118,
  ping: 147,
} as const;
const PIGGYBACK = { closeCursors: 105, cancelCursors: 120, endToEnd: 135, setSchema: 152 } as const;
const OPTION = { parse: 0x1, bind: 0x8, define: 0x10, execute: 0x20, fetch: 0x40, commit: 0x100 } as const;
/** Cursors named in one piggyback, and binds and rows of one statement: more is no honest request. */
const CURSORS_MAX = 10_000;
const BINDS_MAX = 65_535;
const AL8I4_LENGTH = 13;
const BIND_ROW = 7;
const FLAG_ARRAY = 0x40;
const NATIONAL_FORM = 2;
/** Type codes of bind values: text, numbers and dates in their several forms, RAW. */
const TEXT_TYPES = new Set([1, 8, 96]);
const NUMBER_TYPES = new Set([2, 3]);
const DATE_TYPES = new Set([12, 180, 181, 231]);
const RAW_TYPES = new Set([23, 24]);
/** Declared sizes above this are sent after all other values of the row. */
const STRING_BYTES_MAX = 32_767;

export interface SessionAttributes {
  clientIdentifier?: string;
  module?: string;
  action?: string;
  clientInfo?: string;
}

export type Piggyback =
  | { kind: 'close-cursors'; cursors: number[] }
  | { kind: 'attributes'; attributes: SessionAttributes }
  | { kind: 'ignored' };

export interface BindType {
  type: number;
  flags: number;
  sizeBytes: number;
  national: boolean;
}

export function isNumberBind({ type }: BindType): boolean {
  return NUMBER_TYPES.has(type);
}

export function isDateBind({ type }: BindType): boolean {
  return DATE_TYPES.has(type);
}

export interface ExecuteRequest {
  /** 0 = a statement not sent before. */
  cursor: number;
  /** `null`: the text is the cursor's. */
  sql: string | null;
  parseOnly: boolean;
  defineOnly: boolean;
  fetches: boolean;
  commits: boolean;
  /** The client expects columns exactly when this is set. */
  isQuery: boolean;
  rowsWanted: number;
  bindTypes: BindType[] | null;
  /** The bind rows, still encoded: their types may be those of the cursor. */
  bindRows: WireReader;
}

/** The function code, the piggybacks in front of it and a reader at its body. */
export function openRequest(body: Buffer): { code: number; piggybacks: Piggyback[]; reader: WireReader } {
  const reader = new WireReader(body);
  const piggybacks: Piggyback[] = [];
  for (;;) {
    const message = reader.u8();
    const code = reader.u8();
    reader.skip(1);
    if (message === FUNCTION_MESSAGE) return { code, piggybacks, reader };
    if (message !== PIGGYBACK_MESSAGE)
      throw new ProtocolError(`message ${message} where a function was expected`);
    piggybacks.push(parsePiggyback(code, reader));
  }
}

function parsePiggyback(code: number, r: WireReader): Piggyback {
  switch (code) {
    case PIGGYBACK.closeCursors:
    case PIGGYBACK.cancelCursors: {
      r.skip(1);
      const count = r.ub();
      if (count > CURSORS_MAX) throw new ProtocolError('too many cursors in a piggyback');
      const cursors = Array.from({ length: count }, () => r.ub());
      // A cancelled cursor stays open for the next execution; its unread rows are replaced then.
      return code === PIGGYBACK.closeCursors ? { kind: 'close-cursors', cursors } : { kind: 'ignored' };
    }
    case PIGGYBACK.endToEnd:
      return { kind: 'attributes', attributes: parseEndToEnd(r) };
    case PIGGYBACK.setSchema:
      r.skip(1);
      r.ub();
      r.clr();
      return { kind: 'ignored' };
    default:
      throw new ProtocolError(`piggyback ${code} is not known here`);
  }
}

function parseEndToEnd(r: WireReader): SessionAttributes {
  r.skip(2);
  r.ub();
  const header = (): { given: boolean; length: number } => ({ given: r.u8() === 1, length: r.ub() });
  const [clientIdentifier, module, action, ecid] = [header(), header(), header(), header()];
  r.skip(1);
  r.ub();
  const clientInfo = header();
  r.skip(1);
  r.ub();
  r.skip(1);
  r.ub();
  const operation = header();
  const text = (h: { given: boolean; length: number }): string => (h.given && h.length > 0 ? r.text() : '');
  const attributes: SessionAttributes = {};
  const keep = (name: keyof SessionAttributes, h: { given: boolean; length: number }): void => {
    const value = text(h);
    if (h.given) attributes[name] = value;
  };
  keep('clientIdentifier', clientIdentifier);
  keep('module', module);
  keep('action', action);
  text(ecid);
  keep('clientInfo', clientInfo);
  text(operation);
  return attributes;
}

export function parseExecute(r: WireReader): ExecuteRequest {
  const options = r.ub();
  const cursor = r.ub();
  r.skip(1);
  const sqlBytes = r.ub();
  r.skip(1);
  if (r.ub() !== AL8I4_LENGTH) throw new ProtocolError('unexpected execute layout');
  r.skip(3);
  const rowsWanted = r.ub();
  r.ub();
  r.skip(1);
  const bindCount = r.ub();
  r.skip(5);
  r.skip(1);
  const defineCount = r.ub();
  if (bindCount > BINDS_MAX || defineCount > BINDS_MAX) throw new ProtocolError('too many binds');
  skipRegistration(r);
  const sql = sqlBytes > 0 ? r.text() : null;
  const al8i4 = Array.from({ length: AL8I4_LENGTH }, () => r.ub());
  const count = bindCount > 0 ? bindCount : defineCount;
  const types = Array.from({ length: count }, () => parseBindType(r));
  const has = (bit: number): boolean => (options & bit) !== 0;
  return {
    ...{ cursor, sql, rowsWanted },
    parseOnly: !has(OPTION.execute),
    defineOnly: has(OPTION.define) && !has(OPTION.execute),
    fetches: has(OPTION.fetch),
    commits: has(OPTION.commit),
    isQuery: al8i4[7] === 1,
    bindTypes: has(OPTION.bind) && bindCount > 0 ? types : null,
    bindRows: r,
  };
}

/** Registration ids, DML row counts and the fields of field versions 8 and 9: nothing in them is needed. */
function skipRegistration(r: WireReader): void {
  r.ub();
  r.skip(3);
  r.ub();
  r.skip(1);
  r.ub();
  r.ub();
  r.skip(1);
  r.ub();
  r.skip(1);
  r.skip(1);
  r.ub();
  r.skip(1);
  r.ub();
  r.skip(1);
  r.skip(1);
  r.ub();
}

function parseBindType(r: WireReader): BindType {
  const type = r.u8();
  const flags = r.u8();
  r.skip(2);
  const sizeBytes = r.ub();
  r.ub();
  r.ub();
  if (r.ub() > 0) r.clr();
  r.ub();
  r.ub();
  const national = r.u8() === NATIONAL_FORM;
  r.ub();
  r.ub();
  return { type, flags, sizeBytes, national };
}

/** Body of functions 4 and 78. */
export function parseReexecute(r: WireReader): { cursor: number; iterations: number; commits: boolean } {
  const [cursor, iterations] = [r.ub(), r.ub()];
  r.ub();
  return { cursor, iterations, commits: (r.ub() & 1) !== 0 };
}

/** All rows of bind values to the end of the request. Throws ORA-03115 for types the lab has no values for. */
export function parseBindRows(r: WireReader, types: readonly BindType[]): SqlValue[][] {
  const rows: SqlValue[][] = [];
  const early = types.flatMap((t, i) => (t.sizeBytes > STRING_BYTES_MAX ? [] : [i]));
  const late = types.flatMap((t, i) => (t.sizeBytes > STRING_BYTES_MAX ? [i] : []));
  while (r.remaining > 0) {
    if (r.u8() !== BIND_ROW) throw new ProtocolError('unexpected byte before a row of binds');
    const row = new Array<SqlValue>(types.length).fill(null);
    for (const index of [...early, ...late]) {
      const type = types[index];
      if (type !== undefined) row[index] = parseBindValue(r, type);
    }
    rows.push(row);
  }
  return rows;
}

function parseBindValue(r: WireReader, type: BindType): SqlValue {
  const known =
    TEXT_TYPES.has(type.type) ||
    NUMBER_TYPES.has(type.type) ||
    DATE_TYPES.has(type.type) ||
    RAW_TYPES.has(type.type);
  if (!known || (type.flags & FLAG_ARRAY) !== 0)
    throw new OraError(3115, 'unsupported network datatype or representation');
  const bytes = r.clr();
  if (bytes === null) return null;
  if (TEXT_TYPES.has(type.type))
    return type.national ? Buffer.from(bytes).swap16().toString('utf16le') : bytes.toString('utf8');
  if (NUMBER_TYPES.has(type.type)) return decodeNumber(bytes);
  return DATE_TYPES.has(type.type) ? decodeDate(bytes) : bytes.toString('hex').toUpperCase();
}
