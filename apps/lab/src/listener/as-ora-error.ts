// Which exceptions are errors of the simulated database. Told by shape and not by class, so that the instance may have a class of
// its own for them.
import { OraError } from '../sql/ora-error';

/** The error as an OraError; `null` when it is a fault of the lab. */
export function asOraError(error: unknown): OraError | null {
  if (error instanceof OraError) return error;
  if (!(error instanceof Error) || !('ora' in error) || !('text' in error)) return null;
  const { ora, text } = error;
  return typeof ora === 'number' && typeof text === 'string' ? new OraError(ora, text) : null;
}
