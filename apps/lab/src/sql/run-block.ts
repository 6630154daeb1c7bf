// Runs a PL/SQL block statement by statement; what a bind got is seen by the statements behind.
import { OraError } from './ora-error';
import { bindsOf, type BlockProcedure, parseBlock } from './plsql-block';
import { Decimal } from './decimal';
import { SqlDate } from './sql-date';
import { type SqlValue } from './value';

export type BindDirection = 'in' | 'out' | 'in-out';

export interface BlockBind {
  direction: BindDirection;
  value: SqlValue;
}

export interface BlockHost {
  /** Rows of a query with its binds, each as often as it appears. */
  query: (sql: string, binds: readonly SqlValue[]) => Promise<readonly (readonly SqlValue[])[]>;
  /** Any statement, without binds. */
  statement: (sql: string) => Promise<unknown>;
  call: (procedure: BlockProcedure, values: readonly (string | null)[]) => void;
}

/** The block's binds and what they hold afterwards. With `host` null nothing runs: directions only. */
export async function runBlock(
  sql: string,
  given: readonly SqlValue[],
  host: BlockHost | null,
): Promise<BlockBind[]> {
  const block = parseBlock(sql);
  if (host !== null && given.length !== block.binds.length)
    throw new OraError(1008, 'not all variables bound');
  const values = new Map(block.binds.map((name, i) => [name, given[i] ?? null]));
  for (const statement of host === null ? [] : block.statements) {
    if (statement.kind === 'null' || host === null) continue;
    const row = await oneRow(statement.sql, values, host);
    if (statement.kind === 'execute-immediate') await host.statement(textOf(row[0] ?? null) ?? '');
    else if (statement.kind === 'call') host.call(statement.procedure, row.map(textOf));
    else statement.into.forEach((name, i) => values.set(name, row[i] ?? null));
  }
  return block.binds.map((name) => {
    const direction = !block.assigned.has(name) ? 'in' : block.read.has(name) ? 'in-out' : 'out';
    return { direction, value: values.get(name) ?? null };
  });
}

async function oneRow(
  sql: string,
  values: ReadonlyMap<string, SqlValue>,
  host: BlockHost,
): Promise<readonly SqlValue[]> {
  const rows = await host.query(
    sql,
    bindsOf(sql).map((name) => values.get(name) ?? null),
  );
  const [row] = rows;
  if (row === undefined) throw new OraError(1403, 'no data found');
  if (rows.length > 1) throw new OraError(1422, 'exact fetch returns more than requested number of rows');
  return row;
}

function textOf(value: SqlValue): string | null {
  if (value instanceof Decimal) return value.toString();
  if (value instanceof SqlDate) return new Date(value.epochMs).toISOString();
  return value;
}
