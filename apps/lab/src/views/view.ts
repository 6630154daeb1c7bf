// How a view is declared: its columns in one line each, what the instance must have reached, and rows as plain objects. From one
// declaration come the V$ and the GV$ view.
import assert from 'node:assert/strict';
import { type ControlFile } from '../control-file/control-file';
import { Decimal } from '../sql/decimal';
import { oraError, OraError } from '../sql/ora-error';
import { SqlDate } from '../sql/sql-date';
import { type Row, type Table } from '../sql/table';
import { type Column, DATE_SIZE_BYTES, NUMBER_SIZE_BYTES, type SqlType, type SqlValue } from '../sql/value';
import { type LiveState } from './live-state';

/** A cell as a view writes it: dates as ISO text, RAW as hex text. */
type Cell = string | number | bigint | null;
export type ViewRow = Readonly<Record<string, Cell>>;

export interface ViewSource {
  controlFile: () => ControlFile;
  live: LiveState;
  now: () => Date;
}

export interface ViewDeclaration {
  /** Without V$ for dynamic views, whole for the others. */
  name: string;
  /**
   * `NAME:type` separated by blanks. Types: n NUMBER, d DATE, t<bytes> VARCHAR2, r<bytes> RAW. CON_ID and INST_ID are added.
   */
  columns: string;
  /** From when on it can be read: instance started, control file mounted, database open. */
  needs: 'started' | 'mounted' | 'open';
  /** A row may set INST_ID when it belongs to another instance. */
  rows: (source: ViewSource) => readonly ViewRow[];
  /** dynamic = V$ and GV$; dictionary = the name as it is, and CDB_ for DBA_. */
  kind?: 'dictionary';
}

const COLUMN = /^([A-Z0-9_#$]+):(?:([nd])|([tr])(\d+))$/;
const SQL_TYPES: Readonly<Record<string, SqlType>> = { n: 'NUMBER', d: 'DATE', t: 'VARCHAR2', r: 'RAW' };
const STAGES = { STARTED: 0, MOUNTED: 1, OPEN: 2 } as const;
const NEEDED = { started: 0, mounted: 1, open: 2 } as const;

/** Throws an assertion for a malformed declaration: found by loading the module, not by a query. */
function parseColumns(declaration: string): Column[] {
  return declaration
    .trim()
    .split(/\s+/)
    .map((text) => {
      const [, name = '', plain, sized, size] = COLUMN.exec(text) ?? [];
      const type = SQL_TYPES[plain ?? sized ?? ''];
      assert(type !== undefined, `column "${text}" of a view is malformed`);
      const bytes = type === 'NUMBER' ? NUMBER_SIZE_BYTES : type === 'DATE' ? DATE_SIZE_BYTES : Number(size);
      return { name, type, sizeBytes: bytes, nullable: true };
    });
}

const INSTANCE_COLUMN: Column = {
  name: 'INST_ID',
  type: 'NUMBER',
  sizeBytes: NUMBER_SIZE_BYTES,
  nullable: true,
};
const CONTAINER_COLUMN: Column = {
  name: 'CON_ID',
  type: 'NUMBER',
  sizeBytes: NUMBER_SIZE_BYTES,
  nullable: true,
};
/** CON_ID of what belongs to the whole database, and of everything without containers. */
const NO_CONTAINER = 0;
/** A session sees the dictionary of the root: DBA_ views show nothing of the pluggable databases, CDB_ views show all. */
const ROOT_CONTAINER = 1;

/** The tables that one declaration stands for. */
export function viewTables(view: ViewDeclaration, source: ViewSource): Table[] {
  const own = parseColumns(view.columns);
  const isRoot = (row: ViewRow): boolean => Number(row['CON_ID'] ?? ROOT_CONTAINER) === ROOT_CONTAINER;
  const make = (name: string, columns: readonly Column[], global: boolean): Table => ({
    name,
    columns,
    rows: () => {
      checkStage(view.needs, source);
      const instance = source.live.identity().instanceNumber;
      return view
        .rows(source)
        .filter((row) => global || (row['INST_ID'] ?? instance) === instance)
        .filter((row) => !name.startsWith('DBA_') || isRoot(row))
        .map((row) => toRow({ INST_ID: instance, CON_ID: NO_CONTAINER, ...row }, columns, own));
    },
  });
  if (view.kind === 'dictionary') {
    const tables = [make(view.name, own, true)];
    if (view.name.startsWith('DBA_'))
      tables.push(make(view.name.replace('DBA_', 'CDB_'), [...own, CONTAINER_COLUMN], true));
    return tables;
  }
  return [
    make(`V$${view.name}`, [...own, CONTAINER_COLUMN], false),
    make(`GV$${view.name}`, [INSTANCE_COLUMN, ...own, CONTAINER_COLUMN], true),
  ];
}

function checkStage(needs: ViewDeclaration['needs'], source: ViewSource): void {
  const stage = STAGES[source.live.identity().status];
  if (stage >= NEEDED[needs]) return;
  if (needs === 'mounted' || stage === STAGES.STARTED) throw new OraError(1507, 'database not mounted');
  throw new OraError(
    1219,
    'database or pluggable database not open: queries allowed on fixed tables or views only',
  );
}

function toRow(row: ViewRow, columns: readonly Column[], own: readonly Column[]): Row {
  for (const name of Object.keys(row)) {
    const known = name === 'INST_ID' || name === 'CON_ID' || own.some((column) => column.name === name);
    assert(known, `row with a column ${name} that its view does not declare`);
  }
  return columns.map((column) => toValue(row[column.name] ?? null, column));
}

function toValue(cell: Cell, column: Column): SqlValue {
  if (cell === null || cell === '') return null;
  if (column.type === 'NUMBER') return typeof cell === 'number' ? decimalOf(cell) : Decimal.of(cell);
  const text = String(cell);
  if (column.type === 'DATE') return SqlDate.fromEpochMs(Math.floor(Date.parse(text) / 1000) * 1000);
  if (column.type === 'RAW') return text.toUpperCase();
  return Buffer.byteLength(text) <= column.sizeBytes ? text : cutToBytes(text, column.sizeBytes);
}

/** Figures computed in floats (rates, seconds) are cut to two places; whole numbers stay exact. */
function decimalOf(cell: number): Decimal {
  if (!Number.isFinite(cell)) throw oraError(1426);
  return Number.isSafeInteger(cell) ? Decimal.of(BigInt(cell)) : Decimal.of(cell.toFixed(2));
}

function cutToBytes(text: string, bytes: number): string {
  return Buffer.from(text).subarray(0, bytes).toString('utf8').replace(/�+$/, '');
}

/** YES or NO. */
export function yesNo(value: boolean): string {
  return value ? 'YES' : 'NO';
}

/** Whole seconds between two ISO times, not negative. */
export function secondsBetween(from: string, to: string): number {
  return Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000));
}
