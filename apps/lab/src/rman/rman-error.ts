/** A failed statement: the lines of its error stack, outermost first, as RMAN prints them. */
import { OraError } from '../instance/ora-error';

export class RmanError extends Error {
  constructor(readonly lines: string[]) {
    super(lines.join(' / '));
    this.name = 'RmanError';
  }
}

/** The stack of any error: an RmanError's own, an OraError's one line, else an internal error. */
export function errorLines(error: unknown): string[] {
  if (error instanceof RmanError) return error.lines;
  if (error instanceof OraError) return [error.message];
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return [`ORA-00600: internal error code, arguments: [${text}]`];
}
