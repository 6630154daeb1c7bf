// The sessions of one RMAN, and the end of a session. A session that is gone, or that Oracle has marked to go, counts as ended.
import { OracleError } from './oracle-error';
import { integer, type Row } from './rows';

export interface RmanSession {
  readonly instance: number;
  readonly sid: number;
  readonly serial: number;
}

const SESSION_GONE: readonly string[] = [
  'ORA-00030', // there is no such session
  'ORA-00031', // it is marked, and ends when its call in the operating system returns
];

export function rmanSessionOf(row: Row): RmanSession {
  return { instance: integer(row, 'INST_ID'), sid: integer(row, 'SID'), serial: integer(row, 'SERIAL#') };
}

/** Pattern of LIKE for the client information of its sessions between commas. */
export function clientInfoPattern(commandId: string): string {
  return `%,id=${commandId},%`;
}

/** DDL takes no binds; numbers cannot carry anything else in. */
export function killStatement({ sid, serial, instance }: RmanSession): string {
  return `ALTER SYSTEM KILL SESSION '${sid},${serial},@${instance}' IMMEDIATE`;
}

export function isSessionGone(error: unknown): boolean {
  return error instanceof OracleError && error.oraCode !== null && SESSION_GONE.includes(error.oraCode);
}
