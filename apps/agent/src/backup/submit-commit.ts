// Hands the reconciled contents over and waits for the manifest: the run has succeeded when the ledger says so, not before.
import { isErrorCode, type RecoveryPointContents } from '@adyton/contracts';
import { RunFailure } from '../runs/run-failure';
import { type BackupRun } from './backup-run';

export async function submitCommit(run: BackupRun, contents: RecoveryPointContents): Promise<void> {
  await run.controlPlane.submitCommit(run.claimed, contents);
  const { state, reason } = await run.lease.untilEnded();
  run.log.info({ runId: run.claimed.runId, state }, 'run.ended');
  if (state === 'succeeded' || state === 'degraded') return;
  const code = reason !== null && isErrorCode(reason.code) ? reason.code : 'ADY_INTERNAL';
  throw new RunFailure(code, reason?.detail ?? `the run ended ${state}`);
}
