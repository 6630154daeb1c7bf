// A run that must stop may be waiting for something that does not come: a database that hangs, above all. Its end is not held up by that.
// What is left behind can do no harm: RMAN does not start for a run that was stopped, and the control-plane takes nothing of one that ended.
import { pause } from '@adyton/runtime';

/** Longer than the end of an RMAN takes; with the record of the end below the 15 s a cancel may take, ms. */
const GRACE_MS = 12_500;

/** @throws what the work threw, or the reason of the stop when the work does not come back in time after it */
export async function leaveHanging(
  work: Promise<void>,
  stopped: AbortSignal,
  graceMs = GRACE_MS,
): Promise<void> {
  const done = new AbortController();
  const tooLate = untilFires(AbortSignal.any([stopped, done.signal])).then(() => pause(graceMs, done.signal));
  try {
    const cameBack = await Promise.race([work.then(() => true), tooLate.then(() => false)]);
    if (!cameBack) throw stopped.reason;
  } finally {
    done.abort();
    work.catch(() => undefined); // of a run that was left nobody wants to know it any more
  }
}

function untilFires(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener('abort', () => resolve(), { once: true });
  return promise;
}
