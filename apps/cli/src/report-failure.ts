// One shape for every failure: what, code, HINT; and the documented exit code. Unknown codes are failures (1).
import { AdytonError } from '@adyton/contracts';
import { type Terminal } from './context';

/** Exit codes of outcomes that are no errors of a call. */
export const EXIT = { ok: 0, failed: 1, usage: 2, degraded: 3, interrupted: 130 } as const;

/** A command that finished its work with an outcome other than success. */
export class CommandOutcome extends Error {
  constructor(readonly exitCode: number) {
    super(`outcome ${exitCode}`);
  }
}

/** Writes the failure and returns the exit code. */
export function reportFailure(error: unknown, err: Terminal, json: boolean): number {
  if (error instanceof CommandOutcome) return error.exitCode;
  if (isUsageError(error)) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (!(error instanceof AdytonError)) {
    err.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.failed;
  }
  const { title, hint, exit } = error.spec;
  if (json) {
    err.write(
      `${JSON.stringify({ type: 'error', code: error.code, title, detail: error.message, hint, context: error.context })}\n`,
    );
    return exit;
  }
  err.write(`error: ${title}  [${error.code}]\n  why:  ${error.message}\n`);
  for (const [name, value] of Object.entries(error.context))
    if (typeof value === 'string' && value.startsWith('/')) err.write(`  ${name}:  ${value}\n`);
  err.write(`  HINT: ${hint}\n`);
  return exit;
}

/** Commander prints usage errors itself and throws them with an exit code. */
function isUsageError(error: unknown): error is { exitCode: number } {
  return (
    error instanceof Error &&
    'code' in error &&
    String(error.code).startsWith('commander.') &&
    'exitCode' in error
  );
}
