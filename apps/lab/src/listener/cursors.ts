// The open statements of a session: text, types of the bind values and the rows not yet fetched.
import { OraError } from '../sql/ora-error';
import { type Column, type SqlValue } from '../sql/value';
import { type BindType } from './requests';

export interface Cursor {
  id: number;
  sql: string;
  isQuery: boolean;
  bindTypes: readonly BindType[];
  columns: readonly Column[];
  rows: readonly (readonly SqlValue[])[];
  /** Rows sent so far. */
  next: number;
  /** False before the first execution and after the last row was sent. */
  fetchable: boolean;
  /** Of a PL/SQL block: indexes of the binds the client leaves out when it executes again. */
  outBinds?: ReadonlySet<number>;
}

export class CursorTable {
  private readonly cursors = new Map<number, Cursor>();
  private lastId = 0;

  constructor(private readonly cursorsMax: number) {}

  /** Throws ORA-01000 when too many are open. */
  open(sql: string, isQuery: boolean, bindTypes: readonly BindType[]): Cursor {
    if (this.cursors.size >= this.cursorsMax) throw new OraError(1000, 'maximum open cursors exceeded');
    do {
      this.lastId = (this.lastId % 0xffff) + 1;
    } while (this.cursors.has(this.lastId));
    const cursor = {
      id: this.lastId,
      sql,
      isQuery,
      bindTypes,
      columns: [],
      rows: [],
      next: 0,
      fetchable: false,
    };
    this.cursors.set(cursor.id, cursor);
    return cursor;
  }

  /** Throws ORA-01001 for an id that is not open. */
  get(id: number): Cursor {
    const cursor = this.cursors.get(id);
    if (cursor === undefined) throw new OraError(1001, 'invalid cursor');
    return cursor;
  }

  close(id: number): void {
    this.cursors.delete(id);
  }
}
