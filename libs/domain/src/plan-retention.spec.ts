// Which points a rule keeps, and the reason it gives for each.
import { planRetention, planRetentionOf, type RetainablePoint, type RetentionRule } from './plan-retention';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const EPOCH = Date.parse('2026-03-01T00:00:00Z');
const day = (n: number) => new Date(EPOCH + n * DAY_MS);

function point(name: string, onDay: number, extras: Partial<RetainablePoint> = {}): RetainablePoint {
  return {
    id: name as RetainablePoint['id'],
    level: 'level1',
    startedAt: new Date(day(onDay).getTime() - HOUR_MS),
    completedAt: day(onDay),
    good: true,
    held: false,
    ...extras,
  };
}
const window = (days: number): RetentionRule => ({ recoveryWindowDays: days, redundancy: null });
const redundancy = (count: number): RetentionRule => ({ recoveryWindowDays: null, redundancy: count });
const keptOf = (points: readonly RetainablePoint[], rule: RetentionRule, onDay: number) =>
  planRetention(points, rule, day(onDay)).kept.map((k) => `${k.id}:${k.reason}`);
const log = { level: 'archivelog' } as const;

it('keeps what lies in the window, and the newest point before it, from which the window begins', () => {
  const points = [point('a', 1), point('b', 5), point('c', 10), point('d', 14)];
  expect(keptOf(points, window(7), 15)).toEqual(['d:window', 'c:window', 'b:window-base']);
  expect(planRetention(points, window(7), day(15)).expired).toEqual(['a']);
});

it('keeps as many data points as redundancy says, not counting logs and damaged points', () => {
  const points = [
    point('a', 1),
    point('b', 2),
    point('bad', 3, { good: false }),
    point('l', 4, log),
    point('c', 5),
  ];
  expect(keptOf(points, redundancy(2), 6)).toEqual(['c:redundancy', 'l:logs', 'bad:logs', 'b:redundancy']);
});

it('keeps more where window and redundancy are both given', () => {
  const points = [point('a', 1), point('b', 2), point('c', 3)];
  expect(keptOf(points, { recoveryWindowDays: 1, redundancy: 3 }, 30)).toHaveLength(3);
  expect(keptOf(points, { recoveryWindowDays: 40, redundancy: 1 }, 30)).toHaveLength(3);
});

it('keeps the logs after the oldest kept data point, and lets older ones go', () => {
  const points = [
    point('l0', 1, log),
    point('a', 2),
    point('l1', 3, log),
    point('b', 4),
    point('l2', 5, log),
  ];
  expect(planRetention(points, redundancy(1), day(6))).toEqual({
    kept: [
      { id: 'l2', reason: 'logs' },
      { id: 'b', reason: 'redundancy' },
    ],
    expired: ['l1', 'a', 'l0'],
  });
});

it('never lets the last good data point go, however old: a disabled database keeps it for ever', () => {
  const points = [point('a', 1), point('b', 2), point('bad', 3, { good: false })];
  for (const onDay of [10, 100, 10_000]) {
    expect(keptOf(points, window(1), onDay)).toContain('b:window-base');
    expect(keptOf(points, redundancy(1), onDay)).toContain('b:redundancy');
    expect(keptOf(points, { recoveryWindowDays: null, redundancy: null }, onDay)).toContain('b:last-good');
  }
});

it('lets nothing go while there is no good data point', () => {
  const points = [point('l', 1, log), point('bad', 2, { good: false })];
  expect(planRetention(points, window(1), day(100)).expired).toEqual([]);
  expect(planRetention([], window(1), day(100))).toEqual({ kept: [], expired: [] });
});

it('never expires again what a longer rule would keep, and keeps no hole between kept points', () => {
  const points = Array.from({ length: 40 }, (_, i) =>
    point(`p${i}`, i, { level: i % 3 === 0 ? 'level0' : i % 3 === 1 ? 'archivelog' : 'level1' }),
  );
  let before = new Set<string>();
  for (let days = 1; days < 60; days += 1) {
    const { kept } = planRetention(points, window(days), day(45));
    const ids = new Set<string>(kept.map((k) => k.id));
    expect([...before].every((id) => ids.has(id))).toBe(true);
    const order = points.map((p) => ids.has(p.id));
    expect(order.lastIndexOf(false)).toBeLessThan(order.indexOf(true));
    before = ids;
  }
});

it('K1 keeps what is held, and nothing else because of it', () => {
  const points = [point('a', 1, { held: true }), point('l', 2, log), point('b', 3), point('c', 4)];
  expect(planRetention(points, redundancy(1), day(5))).toEqual({
    kept: [
      { id: 'c', reason: 'redundancy' },
      { id: 'a', reason: 'hold' },
    ],
    expired: ['b', 'l'],
  });
});

it('lets nothing go where the policy is disabled: what it keeps stays kept', () => {
  const points = [point('a', 1), point('b', 2)];
  const rule = { retention: redundancy(1) };
  expect(planRetentionOf({ ...rule, enabled: true }, points, day(3)).expired).toEqual(['a']);
  expect(planRetentionOf({ ...rule, enabled: false }, points, day(3))).toEqual({
    kept: [
      { id: 'b', reason: 'policy-disabled' },
      { id: 'a', reason: 'policy-disabled' },
    ],
    expired: [],
  });
});
