// The policy of a database on the wire, and what a simulation of it answers.
import { DATABASE_ROLES, LOG_INTERVALS_MINUTES } from '@adyton/domain';
import { z } from 'zod';
import { MINUTES_PER_WEEK } from './rest-resources';
import { backupLevel, databaseId, instant, misfireRule, recoveryPointId } from './schemas';

/** A slot that is delayed by more would meet the next day's. */
const JITTER_SECONDS_MAX = 6 * 60 * 60;
/** 64 KiB/s: less would not carry the heartbeat of an upload. */
const BANDWIDTH_MIN = 65_536;
/** Ten years. */
const RETENTION_DAYS_MAX = 3_660;
const REDUNDANCY_MAX = 1_000;
/** Slots a simulation lists. */
const SIMULATED_SLOTS_MAX = 500;
const SIMULATED_SLOTS_DEFAULT = 10;

/** Ninety days: who keeps them longer on disk does not need them deleted. */
const DELETE_LOGS_HOURS_MAX = 2_160;

const cron = z.string().min(9).max(100);
const retentionRule = z
  .strictObject({
    /** Every moment of the last so many days stays recoverable. */
    recoveryWindowDays: z.int().min(1).max(RETENTION_DAYS_MAX).nullable(),
    /** At least so many data recovery points stay. */
    redundancy: z.int().min(1).max(REDUNDANCY_MAX).nullable(),
  })
  .refine((r) => r.recoveryWindowDays !== null || r.redundancy !== null, {
    message: 'a recovery window, redundancy, or both',
  });

const backupPolicy = z.strictObject({
  enabled: z.boolean().default(true),
  /** Anything but the primary is refused in this release. */
  databaseRoles: z.array(z.enum(DATABASE_ROLES)).min(1).max(DATABASE_ROLES.length).default(['primary']),
  timeZone: z.string().min(1).max(64).default('UTC'),
  fullCron: cron.nullable().default(null),
  incrementalCron: cron.nullable().default(null),
  logEveryMinutes: z
    .literal([...LOG_INTERVALS_MINUTES])
    .nullable()
    .default(null),
  logWhenRecoveryAreaPercent: z.int().min(1).max(99).nullable().default(null),
  deleteLogsAfterHours: z.int().min(0).max(DELETE_LOGS_HOURS_MAX).nullable().default(null),
  expiryWindowMinutes: z.int().min(1).max(MINUTES_PER_WEEK).default(240),
  jitterSeconds: z.int().min(0).max(JITTER_SECONDS_MAX).default(0),
  misfire: misfireRule.default('run-once'),
  bandwidthBytesPerSecond: z.int().min(BANDWIDTH_MIN).nullable().default(null),
  retention: retentionRule,
});

export const policyDetail = z.object({ databaseId, policy: backupPolicy });

export const changePolicy = z.strictObject({
  policy: backupPolicy,
  /** Digest of the shown retention plan; needed when the change lets recovery points go that the former policy keeps. */
  acceptedPlan: z.string().max(64).optional(),
});

export const simulatePolicy = z.strictObject({
  /** Absent: the policy the database has. */
  policy: backupPolicy.optional(),
  /** The day to simulate; absent: now. */
  at: instant.optional(),
  slots: z.int().min(1).max(SIMULATED_SLOTS_MAX).default(SIMULATED_SLOTS_DEFAULT),
});

const simulatedPoint = z.object({ id: recoveryPointId, level: backupLevel, completedAt: instant });
const retentionPlan = z.object({
  at: instant,
  kept: z.array(simulatedPoint.extend({ reason: z.string() })),
  expired: z.array(simulatedPoint),
  /** Names this plan: the points it lets go. */
  digest: z.string(),
});
export const policySimulation = z.object({
  nextRuns: z.array(
    z.object({
      kind: z.enum(['full', 'incremental', 'archivelog']),
      scheduledAt: instant,
      /** The end of its jitter: it comes due until then. */
      dueBy: instant,
      expiresAt: instant,
    }),
  ),
  retention: retentionPlan,
});

export type ChangePolicy = z.input<typeof changePolicy>;
export type PolicyDetail = z.infer<typeof policyDetail>;
export type PolicySimulation = z.infer<typeof policySimulation>;
