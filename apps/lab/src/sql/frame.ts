// What a compiled expression reads from while a statement runs.
import { type Row } from './table';
import { type SqlValue } from './value';

/** The values one evaluation can reach: the row of each table, or the keys and aggregates of a group. */
export interface Frame {
  rows: readonly Row[];
  rowNumber: number;
  keys: readonly SqlValue[];
  aggregates: readonly SqlValue[];
  parent: Frame | null;
}
