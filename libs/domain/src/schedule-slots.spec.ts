// Slots on ordinary days and on those when the clocks change, with jitter and after a silence.
import { faultOfTiming, judgeSlots, nextSlots, slotsOf } from './schedule-slots';

const berlin = (after: string, upTo: string, cron: string) =>
  slotsOf({ cron, timeZone: 'Europe/Berlin', after: new Date(after), upTo: new Date(upTo) });

it('S1.12 fires a local slot once on the day the clocks go back', () => {
  const { due } = berlin('2026-10-24T22:00:00Z', '2026-10-25T22:00:00Z', '30 2 * * *');
  expect(due.map((d) => d.toISOString())).toEqual(['2026-10-25T00:30:00.000Z']);
});

it('S1.12 fires a slot that the clocks jump over once, an hour later by the wall', () => {
  const { due } = berlin('2026-03-28T22:00:00Z', '2026-03-29T22:00:00Z', '30 2 * * *');
  expect(due).toHaveLength(1);
});

it.each([
  ['Europe/Berlin', '30 2 * * *'],
  ['America/New_York', '30 1 * * *'],
  ['Australia/Lord_Howe', '45 1 * * *'],
  ['America/Sao_Paulo', '0 0 * * *'],
])('S1.12 fires a daily slot on every day of a year in %s', (timeZone, cron) => {
  const { due } = slotsOf({
    cron,
    timeZone,
    after: new Date('2026-01-01T12:00:00Z'),
    upTo: new Date('2027-01-01T12:00:00Z'),
  });
  const local = new Intl.DateTimeFormat('en-CA', { timeZone });
  expect(new Set(due.map((d) => local.format(d))).size).toBe(365);
  expect(due).toHaveLength(365);
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

describe('jitter', () => {
  const timing = { cron: '0 * * * *', timeZone: 'UTC', jitterSeconds: 600 };

  it('delays when a slot comes due, the same for every scheduler, and leaves its name', () => {
    const after = new Date('2026-01-01T00:30:00Z');
    const [first] = nextSlots({ ...timing, seed: 'sch_1' }, after, 1);
    const [again] = nextSlots({ ...timing, seed: 'sch_1' }, after, 1);
    expect(again).toEqual(first);
    expect(first?.scheduledAt.toISOString()).toBe('2026-01-01T01:00:00.000Z');
    const upTo = first?.dueAt ?? after;
    const justBefore = new Date(upTo.getTime() - 1);
    expect(slotsOf({ ...timing, seed: 'sch_1', after, upTo: justBefore }).due).toEqual([]);
    expect(slotsOf({ ...timing, seed: 'sch_1', after, upTo }).due).toEqual([first?.scheduledAt]);
  });

  it('spreads schedules over its whole length and never beyond', () => {
    const delays = Array.from({ length: 500 }, (_, i) => {
      const [slot] = nextSlots({ ...timing, seed: `sch_${i}` }, new Date('2026-01-01T00:30:00Z'), 1);
      return (slot?.dueAt.getTime() ?? 0) - (slot?.scheduledAt.getTime() ?? 0);
    });
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...delays)).toBeLessThan(600_000);
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(500_000);
  });
});

describe('after a silence', () => {
  const hours = [1, 2, 3].map((h) => new Date(`2026-01-01T0${h}:00:00Z`));
  const schedule = { cron: '0 * * * *', timeZone: 'UTC' };
  const now = new Date('2026-01-01T03:20:00Z');

  it('run-once runs the newest slot and misses the others', () => {
    expect(judgeSlots(hours, { ...schedule, misfire: 'run-once' }, now)).toEqual({
      missed: hours.slice(0, 2),
      run: hours[2],
    });
  });

  it('skip runs only what was seen in time', () => {
    expect(judgeSlots(hours, { ...schedule, misfire: 'skip' }, now)).toEqual({ missed: hours, run: null });
    const inTime = new Date('2026-01-01T03:00:02Z');
    expect(judgeSlots(hours, { ...schedule, misfire: 'skip' }, inTime).run).toEqual(hours[2]);
  });
});

it('names the field that is wrong', () => {
  expect(faultOfTiming({ cron: '61 * * * *', timeZone: 'UTC' })?.field).toBe('cron');
  expect(faultOfTiming({ cron: '0 * * * *', timeZone: 'Mars/Olympus' })?.field).toBe('timeZone');
  expect(faultOfTiming({ cron: '0 * * * *', timeZone: 'Europe/Berlin' })).toBeNull();
});
