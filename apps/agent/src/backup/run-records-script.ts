// A script beside the backup itself, about RMAN's records of our pieces: its failure is told, and ends no backup.
import { type RunNames } from '@adyton/rman';
import { runScript } from '../rman/run-script';
import { RunFailure } from '../runs/run-failure';
import { type BackupRun } from './backup-run';
import { endingOf } from './ending-of-backup';

/** @returns why RMAN failed; null when it did not. @throws RunFailure when the run was stopped */
export async function runRecordsScript(
  run: BackupRun,
  { step, text }: { readonly step: string; readonly text: string },
  names: RunNames,
): Promise<string | null> {
  const { claimed, controlPlane, files, lease } = run;
  const { oracleHome, oracleSid } = claimed.database;
  const script = {
    ...{ name: step, text, oracleHome, oracleSid, signal: lease.signal },
    ...{ target: null, ending: endingOf(run, names) },
  };
  try {
    await runScript(claimed, controlPlane, files, script);
    return null;
  } catch (error) {
    if (!(error instanceof RunFailure) || lease.signal.aborted) throw error;
    return `${error.code}: ${error.message}`;
  }
}
