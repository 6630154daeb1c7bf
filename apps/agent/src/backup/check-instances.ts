// Step 4, first half: the pre-checks. Each has a verdict with its evidence; one that failed ends the run before RMAN starts.
import { join } from 'node:path';
import { RunFailure } from '../runs/run-failure';
import { type Identity, type Planning } from './backup-run';
import { checkDedupWorker, checkOpen, checkSbtLibrary } from './check-host';
import { checkThat, isExecutable, type Check } from './check-that';

export async function checkInstances(
  { config, claimed }: Pick<Planning, 'config' | 'claimed'>,
  identity: Identity,
): Promise<Check[]> {
  return [
    checkOpen(identity),
    checkThat(
      'archivelog-mode',
      identity.logMode === 'ARCHIVELOG',
      `log mode is ${identity.logMode}`,
      'ALTER DATABASE ARCHIVELOG in mount state',
    ),
    checkThat(
      'primary-role',
      identity.role === 'PRIMARY',
      `database role is ${identity.role}`,
      'back up the primary',
    ),
    await checkSbtLibrary(config),
    checkThat(
      'rman',
      await isExecutable(join(claimed.database.oracleHome, 'bin', 'rman')),
      join(claimed.database.oracleHome, 'bin', 'rman'),
      'correct ORACLE_HOME of the registered database',
    ),
    await checkDedupWorker(config),
  ];
}

/** @throws RunFailure naming every failed check; a warning stops nobody */
export function assertPassed(checks: readonly Check[]): void {
  const failed = checks.filter((c) => c.verdict === 'failed');
  const noArchivelog = failed.find((c) => c.code === 'archivelog-mode');
  if (noArchivelog !== undefined) throw new RunFailure('ADY_NOARCHIVELOG', noArchivelog.evidence);
  const gap = failed.find((c) => c.code === 'archived-logs');
  if (gap !== undefined) throw new RunFailure('ADY_LOG_GAP', gap.evidence);
  if (failed.length > 0)
    throw new RunFailure(
      'ADY_PRECHECK_FAILED',
      failed.map((c) => `${c.code}: ${c.evidence} (${c.hint})`).join('; '),
    );
}
