// The backup workflow, from a claimed run to a recovery point. Each phase is a sibling file; the first failure ends the run with its reason, unless
// it is one of this instance alone: then another instance of the cluster has the run from there on.
import { assertEligible, assertPassed } from '../checks/assert-passed';
import { checkLogFiles } from '../checks/check-log-files';
import { gatherInstances } from '../instances/gather-instances';
import { meetInstance } from '../instances/meet-instance';
import { type BackupRun, channelsOf, withChannelsOfEdition } from './backup-run';
import { composePlan, scriptsOf } from './compose-plan';
import { deleteLogs } from './delete-logs';
import { healRecords } from './heal-records';
import { openDatabase } from './open-database';
import { reconcilePieces } from './reconcile-pieces';
import { resumeFiles } from './resume-files';
import { streamPieces } from './stream-pieces';
import { submitCommit } from './submit-commit';
import { surveyDatabase } from './survey-database';

export async function runBackup(asked: BackupRun): Promise<void> {
  const { lease, controlPlane, claimed } = asked;
  // Step 1, admission and claim, has happened: the run exists, and its fence is ours.

  await lease.enter('identity');
  await meetInstance(asked);
  await using database = await openDatabase(asked);

  // Steps 2 to 4: level, estimate, pre-checks; from the state of the database now, not when the request was made.
  const survey = await surveyDatabase(asked, database, {
    enter: (phase) => lease.enter(phase),
    judgeFirst: (role, ofInstance) => {
      assertPassed([role]);
      assertEligible(ofInstance);
    },
    checkRecords: (identity) => healRecords(asked, database, identity),
    resume: (identity, level) => resumeFiles(asked, database, identity, level),
  });
  assertPassed(survey.checks);
  const run = withChannelsOfEdition(asked, survey);

  // On a cluster: the instances that pass their checks give channels, and are watched from here on.
  await using instances = await gatherInstances(run);
  const logFiles = checkLogFiles(survey, instances.takingPart);
  assertPassed([logFiles]);

  // Step 4, second half: settings become RMAN scripts. Plan and scripts are on record before a byte moves.
  await lease.enter('script');
  const plan = composePlan(run, survey, [logFiles, ...instances.checks]);
  await controlPlane.storePlan(
    claimed,
    plan.document,
    scriptsOf(plan, channelsOf(run, instances.places), null),
  );

  // Step 5: RMAN streams its pieces through libobk.so; then the recovery point is created.
  await lease.enter('transfer');
  const reported = await streamPieces(run, database, plan, instances);
  await lease.enter('reconcile');
  const contents = await reconcilePieces(run, database, plan, { reported, lostInstances: instances.lost });
  await lease.enter('commit');
  await submitCommit(run, contents);
  await deleteLogs(run, database, plan);
}
