// The backup workflow, from a claimed run to a recovery point. Each phase is a sibling file; the first failure ends the run with its reason.
import { type BackupRun } from './backup-run';
import { checkInstances } from './check-instances';
import { composePlan } from './compose-plan';
import { confirmIdentity } from './confirm-identity';
import { decideLevel } from './decide-level';
import { estimateDataFiles } from './estimate-data-files';
import { openDatabase } from './open-database';
import { reconcilePieces } from './reconcile-pieces';
import { streamPieces } from './stream-pieces';
import { submitCommit } from './submit-commit';

export async function runBackup(run: BackupRun): Promise<void> {
  const { lease } = run;
  // Step 1, admission and claim, has happened: the run exists, and its fence is ours.

  await lease.enter('identity');
  await using database = await openDatabase(run);
  const identity = await confirmIdentity(run, database);

  // Step 2: full, incremental or archived logs, per data file.
  await lease.enter('level');
  const decision = await decideLevel(run, database, identity);

  // Step 3: what will be read.
  await lease.enter('estimate');
  const estimate = await estimateDataFiles(database, decision);

  // Step 4: pre-checks, then settings become RMAN scripts. Plan and scripts are on record before a byte moves.
  await lease.enter('checks');
  const checks = await checkInstances(run, identity);
  await lease.enter('script');
  const plan = await composePlan(run, { identity, decision, estimate, checks });

  // Step 5: RMAN streams its pieces through libobk.so; then the recovery point is created.
  await lease.enter('transfer');
  await streamPieces(run, database, plan);
  await lease.enter('reconcile');
  const contents = await reconcilePieces(run, database, plan);
  await lease.enter('commit');
  await submitCommit(run, contents);
}
