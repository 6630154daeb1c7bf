// Step 4 on a cluster: the agents of the other instances are asked at once and answer within their time; only instances that passed their
// checks get channels. One that hangs costs its time and is out for this run.
import { type InstancesOfRun } from '@adyton/contracts';
import { type BackupRun } from '../backup/backup-run';
import { ringDedupWorker } from '../backup/ring-dedup-worker';
import { checkThat, type Check } from '../checks/check-that';
import { checksOf, isAnswered, untilAnswered } from './instance-answers';
import { RunInstances } from './run-instances';

/** Of a database that is no cluster only the instance of the run itself. @throws RunFailure when the run must stop */
export async function gatherInstances(run: BackupRun): Promise<RunInstances> {
  const { claimed, config, controlPlane } = run;
  if (claimed.otherInstances.length === 0 || claimed.lane !== 'data')
    return RunInstances.watching(run, [], []);
  await ringDedupWorker(run, 'begin'); // its session must be there before those of other hosts
  await controlPlane.askInstances(claimed);
  const { items, writerSession } = await answersOf(run);
  if (writerSession === null) return RunInstances.watching(run, [], [noSession(run)]);
  const checks = items.flatMap((item) => checksOf(item, config.ADYTON_INSTANCE_CHECK_SECONDS));
  return RunInstances.watching(run, items, checks);
}

function answersOf({ claimed, config, controlPlane, clock, lease }: BackupRun): Promise<InstancesOfRun> {
  return untilAnswered({
    ...{ clock, sinceMs: clock.monotonicMs(), limitSeconds: config.ADYTON_INSTANCE_CHECK_SECONDS },
    look: () => controlPlane.instancesOfRun(claimed),
    isComplete: ({ items, writerSession }) => writerSession !== null && items.every(isAnswered),
    pause: (milliseconds) => lease.pause(milliseconds),
  });
}

function noSession({ config }: BackupRun): Check {
  const evidence = `the dedup-worker of this host opened no session within ${config.ADYTON_INSTANCE_CHECK_SECONDS} s`;
  return checkThat('writer-session', false, evidence);
}
