// A pre-check: a verdict with its evidence; the catalog says how bad it is when it does not hold, and what to do.
import { checkCatalog, type CheckCode, type RunPlan } from '@adyton/contracts';

export type Check = RunPlan['checks'][number];

/** Of the run's own instance and the database. */
export function checkThat(code: CheckCode, holds: boolean, evidence: string): Check {
  const { otherwise } = checkCatalog[code];
  return judged(code, holds ? 'ok' : otherwise === 'warning' ? 'warning' : 'failed', evidence);
}

/** With a verdict of the check's own, where the catalog names an exception. */
export function judged(code: CheckCode, verdict: Check['verdict'], evidence: string): Check {
  return { code, verdict, evidence, hint: verdict === 'ok' ? '' : checkCatalog[code].hint };
}

/** What nobody could find out is a warning, and never ends a run by itself. */
export function unknown(code: CheckCode, error: unknown): Check {
  return judged(code, 'warning', `cannot be told: ${error instanceof Error ? error.message : String(error)}`);
}

/** The same about another instance of a cluster: what would end a run leaves that instance out of it. */
export function ofInstance(instance: string, check: Check): Check {
  return { ...check, instance, verdict: check.verdict === 'failed' ? 'ineligible' : check.verdict };
}
