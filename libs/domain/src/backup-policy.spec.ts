// The schedules that a policy stands for, and how far they lie apart.
import {
  daysBetweenFulls,
  LOG_INTERVALS_MINUTES,
  schedulesOfPolicy,
  type BackupPolicy,
} from './backup-policy';
import { nextSlots } from './schedule-slots';

const policy: BackupPolicy = {
  enabled: true,
  databaseRoles: ['primary'],
  timeZone: 'Europe/Berlin',
  fullCron: '30 1 * * 0',
  incrementalCron: '30 1 * * 1-6',
  logEveryMinutes: 15,
  logWhenRecoveryAreaPercent: 80,
  deleteLogsAfterHours: null,
  expiryWindowMinutes: 240,
  jitterSeconds: 3600,
  misfire: 'run-once',
  bandwidthBytesPerSecond: null,
  retention: { recoveryWindowDays: 30, redundancy: null },
};

it('stands for one schedule of each kind it names', () => {
  expect(schedulesOfPolicy(policy).map((s) => s.kind)).toEqual(['full', 'incremental', 'archivelog']);
  const none = { ...policy, fullCron: null, incrementalCron: null, logEveryMinutes: null };
  expect(schedulesOfPolicy(none)).toEqual([]);
});

it.each(LOG_INTERVALS_MINUTES)('backs logs up every %i minutes, day after day', (minutes) => {
  const log = schedulesOfPolicy({ ...policy, logEveryMinutes: minutes, jitterSeconds: 0 }).at(-1);
  const slots = log === undefined ? [] : nextSlots(log, new Date('2026-10-24T00:00:00Z'), 300);
  const pauses = slots
    .slice(1)
    .map((s, i) => s.scheduledAt.getTime() - (slots[i]?.scheduledAt.getTime() ?? 0));
  expect(new Set(pauses)).toEqual(new Set([minutes * 60_000]));
});

it('does not delay a log backup past half of its interval', () => {
  expect(schedulesOfPolicy(policy).at(-1)?.jitterSeconds).toBe(450);
});

it.each([
  ['30 1 * * 0', 7],
  ['30 1 * * *', 1],
  ['0 */6 * * *', 1],
  ['0 2 * * 1,4', 4],
  ['0 2 1 * *', 31],
])('knows the longest time between two full backups of "%s", clock changes or not', (fullCron, days) => {
  const now = new Date('2026-10-20T00:00:00Z');
  expect(daysBetweenFulls({ ...policy, fullCron }, now)).toBe(days);
});

it('knows none for a policy that asks for no full backup, or starts nothing', () => {
  expect(daysBetweenFulls({ ...policy, fullCron: null }, new Date())).toBeNull();
  expect(daysBetweenFulls({ ...policy, enabled: false }, new Date())).toBeNull();
});
