// What becomes of a run whose pre-checks failed: it ends before RMAN backs anything up, with the evidence of each. What the run's own instance
// failed is told apart, because another instance may pass it.
import { isErrorCode, type ErrorCode } from '@adyton/contracts';
import { IneligibleInstance, RunFailure } from '../runs/run-failure';
import { type Check } from './check-that';

/** @throws RunFailure naming every failed check; a warning stops nobody */
export function assertPassed(checks: readonly Check[]): void {
  const failed = failedOf(checks);
  if (failed.length > 0) throw new RunFailure(...causeOf(failed));
}

/** @param checks of the run's own instance. @throws IneligibleInstance */
export function assertEligible(checks: readonly Check[]): void {
  const failed = failedOf(checks);
  if (failed.length > 0) throw new IneligibleInstance(...causeOf(failed), failed);
}

function failedOf(checks: readonly Check[]): Check[] {
  return checks.filter((c) => c.verdict === 'failed');
}

/** Checks whose failure has a code of its own: that of the first one here that failed is told. */
const OWN_CODES = [
  ['primary-role', 'ADY_DATABASE_ROLE'],
  ['archivelog-mode', 'ADY_NOARCHIVELOG'],
  ['archived-logs', 'ADY_LOG_GAP'],
] as const;

/** Code and detail; what the object store failed with, its evidence says. */
function causeOf(failed: readonly Check[]): [ErrorCode, string] {
  for (const [check, code] of OWN_CODES) {
    const own = failed.find((c) => c.code === check);
    if (own !== undefined) return [code, own.evidence];
  }
  const store = failed.find((c) => c.code === 'object-store');
  const storeCode = /^ADY_\w+/.exec(store?.evidence ?? '')?.[0] ?? '';
  if (store !== undefined && isErrorCode(storeCode)) return [storeCode, store.evidence];
  const evidence = failed.map((c) => `${c.code}: ${c.evidence} (${c.hint})`);
  return ['ADY_PRECHECK_FAILED', evidence.join('; ')];
}
