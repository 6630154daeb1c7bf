// sbtclose2 waits until the piece is durable, but not for ever: RMAN and the database behind it wait with it. Its time is long while uploads
// advance, and short while nothing of the run arrives at the store any more.
import { AdytonError } from '@adyton/contracts';
import { type Clock, pause } from '@adyton/runtime';
import { type PieceIngest, type PieceSummary } from '@adyton/vault';

export interface CloseLimits {
  /** From the call to its answer, seconds. */
  readonly deadlineSeconds: number;
  /** Without a pack of the run becoming durable, seconds. */
  readonly stallSeconds: number;
}

export interface CloseWatch {
  readonly limits: CloseLimits;
  readonly clock: Clock;
  /** Grows while uploads of the run advance. */
  readonly uploadedBytes: () => number;
  /** How often both are looked at, ms. */
  readonly lookEveryMs?: number;
}

const LOOK_EVERY_MS = 250;

/** @throws AdytonError ADY_CLOSE_TIMEOUT, in time also when the store does not let go of a request; what made the piece fail otherwise */
export async function closeInTime(
  ingest: Pick<PieceIngest, 'handle' | 'close' | 'stop'>,
  watch: CloseWatch,
): Promise<PieceSummary> {
  const closing = ingest.close();
  const done = new AbortController();
  try {
    const late = await Promise.race([closing.then(() => null), untilLate(watch, done.signal)]);
    if (late === null) return await closing;
    const failure = new AdytonError('ADY_CLOSE_TIMEOUT', `piece ${ingest.handle}: ${late}`);
    ingest.stop(failure);
    closing.catch(() => undefined); // it ends with the same failure, when the store lets go of it
    throw failure;
  } finally {
    done.abort();
  }
}

/** Resolves with what took too long; null when it is not asked any more. */
async function untilLate(
  { limits, clock, uploadedBytes, lookEveryMs = LOOK_EVERY_MS }: CloseWatch,
  done: AbortSignal,
): Promise<string | null> {
  const beganMs = clock.monotonicMs();
  let advancedMs = beganMs;
  let uploaded = uploadedBytes();
  while (!done.aborted) {
    await pause(lookEveryMs, done);
    const nowMs = clock.monotonicMs();
    if (uploadedBytes() > uploaded) {
      uploaded = uploadedBytes();
      advancedMs = nowMs;
    }
    if (nowMs - beganMs > limits.deadlineSeconds * 1000)
      return `the store did not take all of it within ${limits.deadlineSeconds} s of its close`;
    if (nowMs - advancedMs > limits.stallSeconds * 1000)
      return `the store took nothing for ${Math.round(limits.stallSeconds)} s`;
  }
  return null;
}
