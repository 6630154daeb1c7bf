// Why the database did not answer, sorted by what a DBA would do about it.

/** unreachable: nobody answers at the descriptor. login: refused. query: the database answered with an error. credentials: the file. */
export type OracleErrorKind = 'unreachable' | 'login' | 'query' | 'credentials';

export class OracleError extends Error {
  constructor(
    readonly kind: OracleErrorKind,
    /** `ORA-01017`, `NJS-503`; null when there is none. */
    readonly oraCode: string | null,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(detail, options);
    this.name = 'OracleError';
  }
}

/** Codes with which a connection is refused although somebody answered; source: Oracle Database Error Messages, node-oracledb errors. */
const LOGIN_CODES: ReadonlySet<string> = new Set([
  'ORA-01017', // wrong user or password
  'ORA-01031', // no SYSBACKUP privilege
  'ORA-01045', // no CREATE SESSION
  'ORA-28000', // account locked
  'ORA-28001', // password expired
  'ORA-28009', // SYS without a privilege
]);

/** What the driver threw, as an OracleError. `phase`: a code that is neither a login code nor a connection code counts as this. */
export function oracleErrorOf(error: unknown, phase: 'unreachable' | 'query'): OracleError {
  if (error instanceof OracleError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const oraCode = codeOf(error, text);
  return new OracleError(kindOf(oraCode, phase), oraCode, firstLine(text), { cause: error });
}

function codeOf(error: unknown, text: string): string | null {
  const own = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof own === 'string' && /^(ORA|NJS)-\d+$/.test(own)) return own;
  return /\b(?:ORA|NJS)-\d+/.exec(text)?.[0] ?? null;
}

function kindOf(code: string | null, phase: 'unreachable' | 'query'): OracleErrorKind {
  if (code !== null && LOGIN_CODES.has(code)) return 'login';
  if (code !== null && isConnectionCode(code)) return 'unreachable';
  return phase;
}

/** NJS-500 to NJS-530 are the Thin driver's network errors; the ORA codes are a session that was cut. */
function isConnectionCode(code: string): boolean {
  const njs = /^NJS-(\d+)$/.exec(code)?.[1];
  if (njs !== undefined) return Number(njs) >= 500 && Number(njs) <= 530;
  return ['ORA-03113', 'ORA-03114', 'ORA-03135', 'ORA-01034', 'ORA-01089', 'ORA-01092', 'ORA-12514'].includes(
    code,
  );
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
