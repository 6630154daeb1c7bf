// What the evaluator reads: named tables with typed columns. Rows are produced anew for every statement that asks for them.
import { type Column, type SqlValue } from './value';

export type Row = readonly SqlValue[];

export interface Table {
  name: string;
  columns: readonly Column[];
  /** One value per column, in order. May throw an OraError, such as ORA-01507 while the database is not mounted. */
  rows(): readonly Row[];
}

/** The table of an upper-case name; `null` when there is none. */
export type TableProvider = (name: string) => Table | null;
