// Who the database behind `target /` is, from what RMAN prints to REPORT SCHEMA and LIST INCARNATION. It never throws: what it does not
// find stays null, and RMAN's error lines are handed back.
import { type Scn } from '@adyton/domain';
import { printScript } from './script/print-script';

/** RMAN needs no password for these (OS authentication), and every release since 11g prints them alike. */
export const IDENTITY_SCRIPT = printScript([{ kind: 'report-schema' }, { kind: 'list-incarnation' }]);

export interface PrintedIdentity {
  readonly dbid: string | null;
  readonly dbName: string | null;
  readonly dbUniqueName: string | null;
  /** Where the current incarnation begins. */
  readonly resetlogsScn: Scn | null;
  /** RMAN- and ORA- lines, at most ERROR_LINES_MAX. */
  readonly errors: readonly string[];
}

const CONNECTED = /^connected to target database: (\S+) \(DBID=(\d{1,10})/;
const UNIQUE_NAME = /^Report of database schema for database with db_unique_name (\S+)/;
const CURRENT_INCARNATION = /^\s*\d+\s+\d+\s+\S+\s+(\d{1,10})\s+CURRENT\s+(\d{1,20})\b/;
const ERROR_LINE = /^(?:RMAN|ORA)-\d{5}: (?!=)/;
const ERROR_LINES_MAX = 10;

export function readDatabaseIdentity(output: string): PrintedIdentity {
  const lines = output.split(/\r?\n/);
  const first = (pattern: RegExp): RegExpExecArray | undefined =>
    lines.map((line) => pattern.exec(line)).find((match) => match !== null);
  const connected = first(CONNECTED);
  const incarnation = first(CURRENT_INCARNATION);
  return {
    dbName: connected?.[1] ?? null,
    dbid: connected?.[2] ?? null,
    dbUniqueName: first(UNIQUE_NAME)?.[1] ?? null,
    resetlogsScn: (incarnation?.[2] as Scn | undefined) ?? null,
    errors: lines.filter((line) => ERROR_LINE.test(line)).slice(0, ERROR_LINES_MAX),
  };
}
