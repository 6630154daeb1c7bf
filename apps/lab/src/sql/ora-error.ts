// The one exception that becomes an ORA- error at the client: number, text and, for errors found while reading the statement,
// the byte offset in the SQL. Anything else thrown inside the lab is a fault of the lab and ends the session instead.

/** An error of the simulated database. `position` is the byte offset in the SQL text, `null` when it has none. */
export class OraError extends Error {
  override readonly name = 'OraError';

  constructor(
    readonly ora: number,
    readonly text: string,
    readonly position: number | null = null,
  ) {
    super(`ORA-${String(ora).padStart(5, '0')}: ${text}`);
  }
}

/** Texts of the errors that are raised from several places. */
const TEXTS = {
  900: 'invalid SQL statement',
  903: 'invalid table name',
  905: 'missing keyword',
  906: 'missing left parenthesis',
  907: 'missing right parenthesis',
  908: 'missing NULL keyword',
  911: 'invalid character',
  918: 'column ambiguously defined',
  920: 'invalid relational operator',
  922: 'missing or invalid option',
  923: 'FROM keyword not found where expected',
  924: 'missing BY keyword',
  928: 'missing SELECT keyword',
  931: 'missing identifier',
  933: 'SQL command not properly ended',
  934: 'group function is not allowed here',
  935: 'group function is nested too deeply',
  936: 'missing expression',
  937: 'not a single-group group function',
  938: 'not enough arguments for function',
  939: 'too many arguments for function',
  942: 'table or view does not exist',
  972: 'identifier is too long',
  979: 'not a GROUP BY expression',
  1008: 'not all variables bound',
  1031: 'insufficient privileges',
  1426: 'numeric overflow',
  1427: 'single-row subquery returns more than one row',
  1476: 'divisor is equal to zero',
  1481: 'invalid number format model',
  1489: 'result of string concatenation is too long',
  1722: 'invalid number',
  1740: 'missing double quote in identifier',
  1741: 'illegal zero-length identifier',
  1745: 'invalid host/bind variable name',
  1756: 'quoted string not properly terminated',
  1785: 'ORDER BY item must be the number of a SELECT-list expression',
  1789: 'query block has incorrect number of result columns',
  1790: 'expression must have same datatype as corresponding expression',
  1791: 'not a SELECTed expression',
  1795: 'maximum number of expressions in a list is 1000',
  1821: 'date format not recognized',
  1830: 'date format picture ends before converting entire input string',
  1839: 'date not valid for month specified',
  1840: 'input value not long enough for date format',
  1841: '(full) year must be between -4713 and +9999, and not be 0',
  1843: 'not a valid month',
  1847: 'day of month must be between 1 and last day of month',
  1849: 'hour must be between 1 and 12',
  1850: 'hour must be between 0 and 23',
  1851: 'minutes must be between 0 and 59',
  1852: 'seconds must be between 0 and 59',
  1855: 'AM/A.M. or PM/P.M. required',
  1858: 'a non-numeric character was found where a numeric was expected',
  1861: 'literal does not match format string',
  2065: 'illegal option for ALTER SYSTEM',
  2248: 'invalid option for ALTER SESSION',
} as const;

export type KnownOra = keyof typeof TEXTS;

/** The error `ora` with its usual text. */
export function oraError(ora: KnownOra, position: number | null = null): OraError {
  return new OraError(ora, TEXTS[ora], position);
}

/** Valid Oracle SQL that the simulated database does not know: told apart from a mistake in the statement by its number. */
export function notSimulated(what: string, position: number | null = null): OraError {
  return new OraError(3001, `unimplemented feature (not simulated: ${what})`, position);
}
