// One policy per database: when it is backed up, how long a request may wait, how much of the line it may take, and what is kept.
import { nextSlots, type MisfireRule, type ScheduleTiming } from './schedule-slots';
import { type AskedKind } from './request-states';
import { type RetentionRule } from './plan-retention';

/** Minutes between two log backups: whole parts of an hour or of a day, so that slots fall on the same minutes every day. */
export const LOG_INTERVALS_MINUTES = [5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440] as const;
type LogIntervalMinutes = (typeof LOG_INTERVALS_MINUTES)[number];

/**
 * Roles that a policy can name. Only a primary is backed up: at a physical standby no log can be switched, so that no data files of it become
 * consistent, and a restored control file of it makes another standby.
 */
export const DATABASE_ROLES = ['primary', 'physical-standby'] as const;
export type DatabaseRole = (typeof DATABASE_ROLES)[number];

export interface BackupPolicy {
  /** A disabled policy starts nothing; what it keeps stays kept. */
  readonly enabled: boolean;
  /** In which of them the database may be when it is backed up. */
  readonly databaseRoles: DatabaseRole[];
  /** IANA zone of the two cron expressions. */
  readonly timeZone: string;
  /** Five-field cron of level 0 backups; null for none. */
  readonly fullCron: string | null;
  /** Five-field cron of level 1 backups; null for none. */
  readonly incrementalCron: string | null;
  readonly logEveryMinutes: LogIntervalMinutes | null;
  /** Logs are also backed up when the recovery area is fuller than this, per cent; null for never. */
  readonly logWhenRecoveryAreaPercent: number | null;
  /** Archived logs that a recovery point holds are deleted from disk when they are this old, hours; null for never. */
  readonly deleteLogsAfterHours: number | null;
  readonly expiryWindowMinutes: number;
  readonly jitterSeconds: number;
  readonly misfire: MisfireRule;
  /** Of the whole run, towards the object store; null for no limit. */
  readonly bandwidthBytesPerSecond: number | null;
  readonly retention: RetentionRule;
}

export type PolicyKind = Extract<AskedKind, 'full' | 'incremental' | 'archivelog'>;

export interface PolicySchedule extends Required<Omit<ScheduleTiming, 'seed'>> {
  readonly kind: PolicyKind;
  readonly misfire: MisfireRule;
  readonly expiryWindowMinutes: number;
}

/** The schedules a policy stands for; a log request that waits longer than its interval would only be superseded. */
export function schedulesOfPolicy(policy: BackupPolicy): readonly PolicySchedule[] {
  const { timeZone, jitterSeconds, misfire, expiryWindowMinutes } = policy;
  const common = { timeZone, jitterSeconds, misfire, expiryWindowMinutes };
  const { fullCron, incrementalCron, logEveryMinutes } = policy;
  return [
    ...(fullCron === null ? [] : [{ ...common, kind: 'full' as const, cron: fullCron }]),
    ...(incrementalCron === null ? [] : [{ ...common, kind: 'incremental' as const, cron: incrementalCron }]),
    ...(logEveryMinutes === null ? [] : [logSchedule(policy, logEveryMinutes)]),
  ];
}

const MINUTES_PER_HOUR = 60;
const MINUTES_PER_DAY = 1440;

/** An interval knows no clock changes, so it is counted in UTC. */
function logSchedule(policy: BackupPolicy, everyMinutes: LogIntervalMinutes): PolicySchedule {
  return {
    kind: 'archivelog',
    cron: cronOfInterval(everyMinutes),
    timeZone: 'UTC',
    jitterSeconds: Math.min(policy.jitterSeconds, everyMinutes * 30),
    misfire: policy.misfire,
    expiryWindowMinutes: Math.max(everyMinutes, policy.expiryWindowMinutes),
  };
}

function cronOfInterval(minutes: LogIntervalMinutes): string {
  if (minutes < MINUTES_PER_HOUR) return `*/${minutes} * * * *`;
  if (minutes === MINUTES_PER_DAY) return '0 0 * * *';
  return minutes === MINUTES_PER_HOUR ? '0 * * * *' : `0 */${minutes / MINUTES_PER_HOUR} * * *`;
}

/** Slots looked at for the longest pause: more than a month of daily ones, and a year of monthly ones. */
const SLOTS_LOOKED_AT = 32;
const DAY_MS = 86_400_000;

/** The longest time from one full backup to the next, days; null for a policy that asks for none. */
export function daysBetweenFulls(policy: BackupPolicy, now: Date): number | null {
  const { enabled, fullCron, timeZone } = policy;
  if (!enabled || fullCron === null) return null;
  const slots = nextSlots({ cron: fullCron, timeZone }, now, SLOTS_LOOKED_AT);
  const pausesMs = slots
    .slice(1)
    .map(({ scheduledAt }, i) => scheduledAt.getTime() - (slots[i]?.scheduledAt.getTime() ?? 0));
  return pausesMs.length === 0 ? null : Math.max(1, Math.round(Math.max(...pausesMs) / DAY_MS)); // a clock change is no day
}
