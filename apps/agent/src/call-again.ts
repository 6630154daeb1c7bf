// A control-plane or ledger that is away for a moment must not end a backup of hours: calls that are answered the same when they are
// repeated are made again, for less than a lease lasts.
import { AdytonError } from '@adyton/contracts';
import { pause, type Clock } from '@adyton/runtime';

/** Below the lease of a run: whoever waits longer has lost it anyway, ms. */
const PATIENCE_MS = 40_000;
const PAUSE_MS = 1_000;

/** @throws what the last call threw; anything but "nobody answers" at once */
export async function callAgain<T>(
  call: () => Promise<T>,
  clock: Pick<Clock, 'monotonicMs'>,
  pauseMs = PAUSE_MS,
): Promise<T> {
  const beganMs = clock.monotonicMs();
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isAway(error) || clock.monotonicMs() - beganMs > PATIENCE_MS) throw error;
      await pause(pauseMs);
    }
  }
}

function isAway(error: unknown): boolean {
  if (!(error instanceof AdytonError)) return false;
  return error.code === 'ADY_LEDGER_UNAVAILABLE' || error.context['unreachable'] === true;
}
