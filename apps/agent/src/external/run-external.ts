// A run by hand: a person runs RMAN with a script of their own. The agent gives out the channels, waits for the end, and then looks at what
// RMAN recorded, exactly as after a script of ours.
import { composeChannelSettings } from '@adyton/rman';
import { confirmIdentity } from '../backup/confirm-identity';
import { channelsOf, type BackupRun } from '../backup/backup-run';
import { openDatabase } from '../backup/open-database';
import { submitCommit } from '../backup/submit-commit';
import { ringDedupWorker } from '../backup/ring-dedup-worker';
import { RunFailure } from '../runs/run-failure';
import { reconcileExternal } from './reconcile-external';

export async function runExternal(run: BackupRun): Promise<void> {
  const { lease, controlPlane, claimed } = run;
  await lease.enter('identity');
  await confirmDatabase(run);

  const text = composeChannelSettings(channelsOf(run));
  await controlPlane.storePlan(claimed, null, [{ step: 'channels', text }]);
  await ringDedupWorker(run, 'begin');
  await lease.enter('transfer');
  await lease.untilEndAsked();

  // From here on no piece comes in, so what RMAN has recorded is all there will be.
  await lease.enter('reconcile');
  await ringDedupWorker(run, 'end');
  if (!(await lease.untilSealed()))
    throw new RunFailure('ADY_SBT_CONNECTION_LOST', 'the dedup-worker did not confirm the end of the run');
  const contents = await reconcileExternal(run);
  await lease.enter('commit');
  await submitCommit(run, contents);
}

/** The connection is not kept: a person may well shut the database down and restore it meanwhile. */
async function confirmDatabase(run: BackupRun): Promise<void> {
  await using database = await openDatabase(run);
  await confirmIdentity(run, database);
}
