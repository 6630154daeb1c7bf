import { slotsOf } from './slots-of';

const berlin = (after: string, upTo: string, cron: string) =>
  slotsOf({ cron, timeZone: 'Europe/Berlin', after: new Date(after), upTo: new Date(upTo) });

it('fires a local slot once on the day the clocks go back', () => {
  const { due } = berlin('2026-10-24T22:00:00Z', '2026-10-25T22:00:00Z', '30 2 * * *');
  expect(due.map((d) => d.toISOString())).toEqual(['2026-10-25T00:30:00.000Z']);
});

it('fires a slot that the clocks jump over once, an hour later by the wall', () => {
  const { due } = berlin('2026-03-28T22:00:00Z', '2026-03-29T22:00:00Z', '30 2 * * *');
  expect(due).toHaveLength(1);
});

it('lists every slot since the last look, and the next one', () => {
  const { due, next } = slotsOf({
    cron: '0 * * * *',
    timeZone: 'UTC',
    after: new Date('2026-11-23T00:00:00Z'),
    upTo: new Date('2026-11-23T03:30:00Z'),
  });
  expect(due.map((d) => d.getUTCHours())).toEqual([1, 2, 3]);
  expect(next?.toISOString()).toBe('2026-11-23T04:00:00.000Z');
});

it('bounds what it lists after a long silence', () => {
  const { due } = slotsOf({
    cron: '* * * * *',
    timeZone: 'UTC',
    after: new Date('2026-01-01T00:00:00Z'),
    upTo: new Date('2026-01-03T00:00:00Z'),
  });
  expect(due).toHaveLength(1_000);
  expect(due.at(-1)?.toISOString()).toBe('2026-01-03T00:00:00.000Z');
});
