// Read-only questions to the database through sqlplus with OS authentication: nothing but ORACLE_HOME and ORACLE_SID is needed.
import { join } from 'node:path';
import { parseCsv, type CsvRow } from './csv';
import { type OracleHost } from './oracle-host';
import { runProgram } from './run-program';

export interface QueryAnswer {
  readonly rows: readonly CsvRow[];
  /** As sqlplus printed it. */
  readonly csv: string;
  /** The ORA- line; null when it went well. */
  readonly error: string | null;
}

const SETTINGS = [
  'SET MARKUP CSV ON QUOTE ON',
  'SET FEEDBACK OFF',
  'SET NUMWIDTH 40',
  'WHENEVER SQLERROR EXIT FAILURE',
];

/** @param sql one SELECT, without its semicolon */
export async function ask(host: OracleHost, sql: string): Promise<QueryAnswer> {
  if (!/^\s*SELECT\b/i.test(sql)) throw new Error(`certify only asks; refused: ${sql.slice(0, 60)}`);
  const program = join(host.oracleHome, 'bin', 'sqlplus');
  const input = [...SETTINGS, `${sql.trim()};`, 'EXIT', ''].join('\n');
  const { output: csv } = await runProgram(host, program, ['-S', '-L', '/ as sysdba'], {}, input);
  const error = /^(ORA-\d{5}|SP2-\w+).*$/m.exec(csv)?.[0] ?? null;
  return { csv, error, rows: error === null ? parseCsv(csv) : [] };
}
