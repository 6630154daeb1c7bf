// How much one statement may do. The evaluator runs inside the instance's process without giving way, so a runaway join must end
// by itself: in about a second, with the error a database under a resource plan would raise.
import { OraError, oraError } from './ora-error';
import { type Row, type Table, type TableProvider } from './table';

/** Row combinations looked at; a few million per second on one slow core. */
const STEPS_MAX = 5_000_000;
/** Rows held at once in any intermediate result; bounds memory. */
const ROWS_HELD_MAX = 500_000;

/** One statement's work, and the table rows it has read: every mention of a view sees the same rows. */
export class RunBudget {
  private steps = 0;
  private readonly rows = new Map<Table, readonly Row[]>();
  private readonly tables = new Map<string, Table>();

  constructor(private readonly provider: TableProvider) {}

  step(): void {
    this.steps += 1;
    if (this.steps > STEPS_MAX) throw new OraError(40, 'active time limit exceeded - call aborted');
  }

  hold(rowCount: number): void {
    if (rowCount > ROWS_HELD_MAX)
      throw new OraError(4030, 'out of process memory when trying to allocate rows (lab limit)');
  }

  table(name: string, position: number): Table {
    const known = this.tables.get(name) ?? this.provider(name);
    if (known === null) throw oraError(942, position);
    this.tables.set(name, known);
    return known;
  }

  rowsOf(table: Table): readonly Row[] {
    const rows = this.rows.get(table) ?? table.rows();
    this.rows.set(table, rows);
    return rows;
  }
}
