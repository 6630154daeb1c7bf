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

/** Code and detail; some checks have a code of their own. */
function causeOf(failed: readonly Check[]): [ErrorCode, string] {
  const role = failed.find((c) => c.code === 'primary-role');
  if (role !== undefined) return ['ADY_DATABASE_ROLE', role.evidence];
  const noArchivelog = failed.find((c) => c.code === 'archivelog-mode');
  if (noArchivelog !== undefined) return ['ADY_NOARCHIVELOG', noArchivelog.evidence];
  const gap = failed.find((c) => c.code === 'archived-logs');
  if (gap !== undefined) return ['ADY_LOG_GAP', gap.evidence];
  const store = failed.find((c) => c.code === 'object-store');
  const storeCode = /^ADY_\w+/.exec(store?.evidence ?? '')?.[0] ?? '';
  if (store !== undefined && isErrorCode(storeCode)) return [storeCode, store.evidence];
  const evidence = failed.map((c) => `${c.code}: ${c.evidence} (${c.hint})`);
  return ['ADY_PRECHECK_FAILED', evidence.join('; ')];
}
