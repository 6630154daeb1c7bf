// Step 4, first half: the pre-checks. Each has a verdict with its evidence; one that failed ends the run before RMAN starts.
import { isErrorCode } from '@adyton/contracts';
import { join } from 'node:path';
import { RunFailure } from '../runs/run-failure';
import { type Identity, type Planning } from '../backup/backup-run';
import { checkHost, checkOpen } from './check-host';
import { checkThat, type Check } from './check-that';
import { isExecutable } from './look-at-host';

export async function checkInstances(
  { config, claimed }: Pick<Planning, 'config' | 'claimed'>,
  identity: Identity,
): Promise<Check[]> {
  const rman = join(claimed.database.oracleHome, 'bin', 'rman');
  return [
    checkOpen(identity),
    checkThat('archivelog-mode', identity.logMode === 'ARCHIVELOG', `log mode is ${identity.logMode}`),
    checkThat('primary-role', identity.role === 'PRIMARY', `database role is ${identity.role}`),
    checkThat('rman', await isExecutable(rman), rman),
    ...(await checkHost(config)),
  ];
}

/** @throws RunFailure naming every failed check; a warning stops nobody */
export function assertPassed(checks: readonly Check[]): void {
  const failed = checks.filter((c) => c.verdict === 'failed');
  const noArchivelog = failed.find((c) => c.code === 'archivelog-mode');
  if (noArchivelog !== undefined) throw new RunFailure('ADY_NOARCHIVELOG', noArchivelog.evidence);
  const gap = failed.find((c) => c.code === 'archived-logs');
  if (gap !== undefined) throw new RunFailure('ADY_LOG_GAP', gap.evidence);
  const store = failed.find((c) => c.code === 'object-store');
  const storeCode = /^ADY_\w+/.exec(store?.evidence ?? '')?.[0] ?? '';
  if (store !== undefined && isErrorCode(storeCode)) throw new RunFailure(storeCode, store.evidence);
  if (failed.length > 0)
    throw new RunFailure(
      'ADY_PRECHECK_FAILED',
      failed.map((c) => `${c.code}: ${c.evidence} (${c.hint})`).join('; '),
    );
}
