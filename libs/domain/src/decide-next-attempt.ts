// The agent died under a run: is what was asked for tried once more? The run itself stays failed whatever the answer; a new attempt is a
// new run of the same request, with a new fence.
import { type RequestTrigger } from './request-states';

/** Starts of one request. What has taken its agent with it so often would do it again, and would keep later slots from running. */
export const RUN_ATTEMPTS_MAX = 3;

export interface LostAttempt {
  readonly trigger: RequestTrigger;
  /** End of the expiry window; null for requests that never wait. */
  readonly expiresAt: Date | null;
  /** Of the run that was lost, counted from 1. */
  readonly attempt: number;
  /** Somebody had asked for the end of the run. */
  readonly cancelRequested: boolean;
  /** The next slot of the same schedule has its request already: that one runs. */
  readonly newerSlotWaits: boolean;
}

export type NextAttempt =
  | { readonly kind: 'again'; readonly attempt: number; readonly until: Date }
  /** The request has used up its starts. */
  | { readonly kind: 'quarantine' }
  | { readonly kind: 'none' };

/** @param now Postgres time */
export function decideNextAttempt(lost: LostAttempt, now: Date): NextAttempt {
  if (lost.trigger !== 'scheduled' || lost.expiresAt === null) return { kind: 'none' };
  if (lost.cancelRequested) return { kind: 'none' };
  if (lost.attempt >= RUN_ATTEMPTS_MAX) return { kind: 'quarantine' };
  if (now >= lost.expiresAt || lost.newerSlotWaits) return { kind: 'none' };
  return { kind: 'again', attempt: lost.attempt + 1, until: lost.expiresAt };
}
