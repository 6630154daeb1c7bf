// What each answer to a heartbeat means for a run that is under way, cancelled, in commit or over.
import { createLogger, systemClock } from '@adyton/runtime';
import { type ControlPlane } from '../control-plane';
import { type RunId } from '@adyton/domain';
import { RunLease } from './run-lease';

const log = createLogger({ process: 'spec', level: 'silent' });
type Answer = { answer: 'continue' | 'cancel' | 'fenced'; state: string; reason: null };

function leaseWith(answer: () => Answer): { lease: RunLease; beats: () => number } {
  let beats = 0;
  const controlPlane = {
    heartbeat: () => {
      beats += 1;
      return Promise.resolve(answer());
    },
  } as unknown as ControlPlane;
  const run = { runId: 'run_1' as RunId, fence: 1, leaseSeconds: 30, heartbeatSeconds: 0.005 };
  return { lease: new RunLease(run, { controlPlane, clock: systemClock, log }), beats: () => beats };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}

it('goes on showing a sign of life after it was cancelled, until RMAN has ended', async () => {
  const { lease, beats } = leaseWith(() => ({ answer: 'cancel', state: 'running', reason: null }));
  await until(() => lease.signal.aborted);
  expect(lease.signal.reason).toMatchObject({ code: 'ADY_CANCELLED' });
  const before = beats();
  await until(() => beats() > before + 2);
  await lease.release();
});

it('S1.9 stops a run that ended elsewhere, and says no more about it', async () => {
  const { lease, beats } = leaseWith(() => ({ answer: 'fenced', state: 'failed', reason: null }));
  await until(() => lease.signal.aborted);
  expect(lease.signal.reason).toMatchObject({ code: 'ADY_FENCED' });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(beats()).toBe(1);
  await lease.release();
});

it('takes the end of a run in commit for what it is waiting for', async () => {
  let state = 'running';
  const { lease } = leaseWith(() => ({
    answer: state === 'failed' ? 'fenced' : 'continue',
    state,
    reason: null,
  }));
  await lease.enter('commit');
  state = 'failed';
  expect(await lease.untilEnded()).toMatchObject({ state: 'failed' });
  expect(lease.signal.aborted).toBe(false);
  await lease.release();
});
