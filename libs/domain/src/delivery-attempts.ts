// When a notification that was not taken is sent again: ten attempts, each pause twice the one before, within an hour. A test tells the
// person who waits for it, so it is tried once.
import { type TransitionTable } from './state-machine';

export type DeliveryState = 'pending' | 'delivered' | 'failed';

export const deliveryTransitions: TransitionTable<DeliveryState> = {
  pending: ['delivered', 'failed'],
  delivered: [],
  failed: [],
};

export const notificationEvents = ['alert.opened', 'alert.acknowledged', 'alert.resolved', 'test'] as const;
export type NotificationEvent = (typeof notificationEvents)[number];

export const DELIVERY_ATTEMPTS_MAX = 10;
const TEST_ATTEMPTS_MAX = 1;
/** Seven seconds, doubled eight times, add up to 59 minutes and 37 seconds: the nine pauses fill the hour that a receiver may be away. */
const FIRST_PAUSE_SECONDS = 7;
/** Pauses are shortened by up to this share, so that what failed together does not come back together, and never exceed the hour. */
const JITTER_SHARE = 0.2;

export function attemptsMaxOf(event: NotificationEvent): number {
  return event === 'test' ? TEST_ATTEMPTS_MAX : DELIVERY_ATTEMPTS_MAX;
}

/**
 * Seconds from this attempt to the next.
 * @param attempt of the one that begins now, from 1
 * @param fraction from 0 to 1, random
 */
export function secondsToNextAttempt(attempt: number, fraction: number): number {
  return FIRST_PAUSE_SECONDS * 2 ** (attempt - 1) * (1 - JITTER_SHARE * fraction);
}
