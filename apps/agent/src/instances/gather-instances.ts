// Step 4 on a cluster: the agents of the other instances are asked at once and answer within their time; only instances that passed their
// checks get channels. One that hangs costs its time and is out for this run.
import { type InstancesOfRun, type RunInstance } from '@adyton/contracts';
import { type BackupRun } from '../backup/backup-run';
import { ringDedupWorker } from '../backup/ring-dedup-worker';
import { checkThat, ofInstance, type Check } from '../checks/check-that';
import { RunInstances } from './run-instances';

/** Between two looks at the answers, ms. */
const POLL_MS = 250;

/** Of a database that is no cluster only the instance of the run itself. @throws RunFailure when the run must stop */
export async function gatherInstances(run: BackupRun): Promise<RunInstances> {
  const { claimed, controlPlane } = run;
  if (claimed.otherInstances.length === 0 || claimed.lane !== 'data')
    return RunInstances.watching(run, [], []);
  await ringDedupWorker(run, 'begin'); // its session must be there before those of other hosts
  await controlPlane.askInstances(claimed);
  const answers = await untilAnswered(run);
  const { writerSession } = answers;
  if (writerSession === null) return RunInstances.watching(run, [], [noSession(run)]);
  return RunInstances.watching(
    run,
    answers.items,
    answers.items.flatMap((i) => checksOf(run, i)),
  );
}

async function untilAnswered(run: BackupRun): Promise<InstancesOfRun> {
  const { claimed, config, controlPlane, clock, lease } = run;
  const startedMs = clock.monotonicMs();
  for (;;) {
    const answers = await controlPlane.instancesOfRun(claimed);
    const isOver = clock.monotonicMs() - startedMs > config.ADYTON_INSTANCE_CHECK_SECONDS * 1000;
    const isComplete = answers.writerSession !== null && answers.items.every((i) => i.state !== 'asked');
    if (isOver || isComplete) return answers;
    await lease.pause(POLL_MS);
  }
}

function checksOf({ config }: BackupRun, { sid, hostName, state, checks }: RunInstance): Check[] {
  if (state !== 'asked') return [...checks];
  const evidence = `the agent on ${hostName} did not answer within ${config.ADYTON_INSTANCE_CHECK_SECONDS} s`;
  return [ofInstance(sid, checkThat('agent', false, evidence))];
}

function noSession({ config }: BackupRun): Check {
  const evidence = `the dedup-worker of this host opened no session within ${config.ADYTON_INSTANCE_CHECK_SECONDS} s`;
  return checkThat('writer-session', false, evidence);
}
