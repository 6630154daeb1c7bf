// How often and when a notification is sent again.
import { attemptsMaxOf, DELIVERY_ATTEMPTS_MAX, secondsToNextAttempt } from './delivery-attempts';
import { severitiesUpTo } from './alert-states';

const HOUR_SECONDS = 3_600;
const pauses = (fraction: number): number[] =>
  Array.from({ length: DELIVERY_ATTEMPTS_MAX - 1 }, (_, i) => secondsToNextAttempt(i + 1, fraction));
const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);

it('tries ten times within an hour, and uses most of it', () => {
  expect(DELIVERY_ATTEMPTS_MAX).toBe(10);
  expect(sum(pauses(0))).toBeLessThanOrEqual(HOUR_SECONDS);
  expect(sum(pauses(0))).toBeGreaterThan(0.95 * HOUR_SECONDS);
  expect(sum(pauses(1))).toBeGreaterThan(0.75 * HOUR_SECONDS);
});

it('waits twice as long each time, and jitter only ever shortens a pause', () => {
  const steady = pauses(0);
  for (let i = 1; i < steady.length; i += 1) expect(steady[i]).toBe(2 * (steady[i - 1] ?? 0));
  for (const fraction of [0.1, 0.5, 0.99])
    for (const [i, pause] of pauses(fraction).entries()) {
      expect(pause).toBeLessThan(steady[i] ?? 0);
      expect(pause).toBeGreaterThan(0.79 * (steady[i] ?? 0));
    }
});

it('tries a test once', () => {
  expect(attemptsMaxOf('test')).toBe(1);
  expect(attemptsMaxOf('alert.resolved')).toBe(DELIVERY_ATTEMPTS_MAX);
});

it('tells a channel about its least severity and worse', () => {
  expect(severitiesUpTo('warning')).toEqual(['info', 'warning']);
  expect(severitiesUpTo('critical')).toEqual(['info', 'warning', 'critical']);
});
