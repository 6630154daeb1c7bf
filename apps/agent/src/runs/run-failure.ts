// How a run ends early: an error with a code of the catalog, the phase it happened in, and RMAN's own words where there are any.
import { AdytonError, reasonOf, type ErrorCode, type Reason, type RunPlan } from '@adyton/contracts';
import { type RunPhase } from '@adyton/domain';
import { OracleError } from '@adyton/oracle';
import { RmanScriptError } from '@adyton/rman';

export class RunFailure extends Error {
  /** The instance of a cluster it is about. */
  readonly instance: string | null;

  constructor(
    readonly code: ErrorCode,
    detail: string,
    readonly oraErrors: readonly string[] = [],
    options: ErrorOptions & { readonly instance?: string } = {},
  ) {
    super(detail, options);
    this.name = 'RunFailure';
    this.instance = options.instance ?? null;
  }
}

/** Pre-checks that the run's own instance failed: another instance may pass them. */
export class IneligibleInstance extends RunFailure {
  constructor(
    code: ErrorCode,
    detail: string,
    readonly checks: RunPlan['checks'],
  ) {
    super(code, detail);
    this.name = 'IneligibleInstance';
  }
}

/** The reason that goes on record, with the phase of a run where there is one; what nobody foresaw is ADY_INTERNAL. */
export function reasonOfFailure(error: unknown, phase: RunPhase | null): Reason {
  if (error instanceof RunFailure)
    return reasonOf(error.code, error.message, {
      phase,
      oraErrors: error.oraErrors,
      ...(error.instance === null ? {} : { instance: error.instance }),
    });
  if (error instanceof AdytonError) return reasonOf(error.code, error.message, { phase });
  if (error instanceof RmanScriptError) return reasonOf('ADY_SCRIPT_REFUSED', error.message, { phase });
  if (error instanceof OracleError) {
    return reasonOf('ADY_DATABASE_UNREACHABLE', error.message, {
      phase,
      oraErrors: error.oraCode === null ? [] : [error.oraCode],
    });
  }
  return reasonOf('ADY_INTERNAL', error instanceof Error ? error.message : String(error), { phase });
}
