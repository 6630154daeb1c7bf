// The resources of the REST API: what hosts, databases, requests, runs, recovery points and plans look like on the wire.
import { z } from 'zod';
import { CHANNELS_MAX, recoveryPointContents } from './recovery-point-contents';
import {
  askedKind,
  backupLevel,
  byteTotals,
  connectDescriptor,
  count,
  databaseId,
  dbid,
  fence,
  hostId,
  hostPath,
  instant,
  lane,
  misfireRule,
  operation,
  oracleSid,
  plainName,
  progress,
  reason,
  recoveryPointId,
  recoveryPointState,
  requestId,
  requestState,
  requestTrigger,
  restorePlanId,
  runId,
  runOrigin,
  runPhase,
  runState,
  scheduleId,
  scn,
} from './schemas';

export const MINUTES_PER_WEEK = 7 * 24 * 60;

export const host = z.object({
  id: hostId,
  name: plainName,
  /** From the presence lease: `unknown` when the queue's store cannot be asked. */
  agent: z.enum(['running', 'not-running', 'unknown']),
  lastSeenAt: instant.nullable(),
  agentVersion: z.string().nullable(),
  createdAt: instant,
});
/** The token is shown this once; only its hash is kept. */
export const enrolledHost = host.extend({ token: z.string() });

export const database = z.object({
  id: databaseId,
  name: plainName,
  hostId,
  oracleHome: hostPath,
  oracleSid,
  connectDescriptor,
  channels: z.int().min(1).max(CHANNELS_MAX),
  /** Null until the agent has asked the database. */
  dbid: dbid.nullable(),
  dbUniqueName: z.string().nullable(),
  createdAt: instant,
});
export const registerDatabase = z.strictObject({
  name: plainName,
  hostId,
  oracleHome: hostPath,
  oracleSid,
  connectDescriptor,
  channels: z.int().min(1).max(CHANNELS_MAX).default(2),
});

export const schedule = z.object({
  id: scheduleId,
  databaseId,
  kind: askedKind,
  /** Five-field cron expression, read in `timeZone`. */
  cron: z.string(),
  timeZone: z.string(),
  expiryWindowMinutes: z.int().min(1).max(MINUTES_PER_WEEK),
  jitterSeconds: z.int().min(0),
  misfire: misfireRule,
  /** Made by the policy of the database: changes with it. */
  ofPolicy: z.boolean(),
  enabled: z.boolean(),
  nextAt: instant.nullable(),
});
export const createSchedule = z.strictObject({
  kind: askedKind,
  cron: z.string().min(9).max(100),
  timeZone: z.string().min(1).max(64),
  expiryWindowMinutes: z.int().min(1).max(MINUTES_PER_WEEK),
});

export const backupRequest = z.object({
  id: requestId,
  databaseId,
  operation,
  trigger: requestTrigger,
  kind: askedKind,
  lane,
  state: requestState,
  reason: reason.nullable(),
  scheduledAt: instant.nullable(),
  expiresAt: instant.nullable(),
  replayOf: runId.nullable(),
  runId: runId.nullable(),
  createdAt: instant,
});
export const createBackupRequest = z.strictObject({
  /** Name or id. */
  database: z.string().min(1).max(64),
  kind: askedKind.default('auto'),
});

/** Longest pause of a run by hand, minutes; the default leaves room for a look at a log between two commands. */
const IDLE_MINUTES_MAX = 24 * 60;
const IDLE_MINUTES_DEFAULT = 30;
export const openExternalRun = z.strictObject({
  /** The run ends by itself when no channel was open for so long. */
  idleMinutes: z.int().min(1).max(IDLE_MINUTES_MAX).default(IDLE_MINUTES_DEFAULT),
});

export const run = z.object({
  id: runId,
  requestId,
  databaseId,
  databaseName: plainName,
  hostId,
  operation,
  origin: runOrigin,
  lane,
  attempt: z.int().positive(),
  fence,
  state: runState,
  phase: runPhase,
  level: backupLevel.nullable(),
  levelReason: z.string().nullable(),
  progress,
  reason: reason.nullable(),
  recoveryPointId: recoveryPointId.nullable(),
  restorePlanId: restorePlanId.nullable(),
  replayOf: runId.nullable(),
  startedAt: instant,
  finishedAt: instant.nullable(),
});
/** One pre-check with its evidence. `ineligible`: its instance is out for this run, which goes on without it. */
export const instanceCheck = z.object({
  code: z.string().max(64),
  verdict: z.enum(['ok', 'warning', 'ineligible', 'failed']),
  evidence: z.string(),
  hint: z.string(),
  /** The instance of a cluster it is about; absent for the one the run was started on, and for the database. */
  instance: z.string().max(30).optional(),
});
export const runPlan = z.object({
  level: backupLevel,
  levelReason: z.string(),
  files: z.array(
    z.object({
      file: z.int(),
      name: z.string(),
      bytes: count,
      bytesExpected: count,
      level: z.union([z.literal(0), z.literal(1)]).nullable(),
      reason: z.string().nullable(),
      baseHandle: z.string().nullable(),
      status: z.string(),
      /** Bytes RMAN will read; null in plans of older releases. */
      bytesToRead: count.nullable().default(null),
      /** How the estimate was found. */
      method: z.string().nullable().default(null),
    }),
  ),
  archivedLogs: z.array(z.object({ thread: z.int(), sequence: z.int(), bytes: count })),
  bytesExpected: count,
  checks: z.array(instanceCheck),
});
/** One RMAN invocation of a run, without secrets. */
export const runScript = z.object({
  step: z.enum([
    ...['records', 'resume', 'data', 'logs', 'control-file'],
    ...['start', 'mount', 'restore', 'channels'],
  ] as const),
  text: z.string(),
});
/** What a backup would do now; nothing was run for it. */
export const dryRun = z.object({
  databaseId,
  kind: askedKind,
  plan: runPlan,
  scripts: z.array(runScript),
});
const runInstance = z.object({ instance: oracleSid, hostName: plainName });
/** Before any data flowed the run left an instance that was not eligible. */
const runMove = z.object({
  at: instant,
  from: runInstance,
  to: runInstance,
  /** The failed checks of the instance that was left, with their evidence. */
  reason,
  /** When the agent of the new host took the run over; null while it has not. */
  takenAt: instant.nullable(),
});
export const runDetail = run.extend({
  plan: runPlan.nullable(),
  scripts: z.array(runScript),
  /** What RMAN printed is not on record any more since then. */
  logKeptUntil: instant.nullable(),
  /** Oldest first. */
  moves: z.array(runMove),
});

export const recoveryPoint = z.object({
  id: recoveryPointId,
  databaseId,
  databaseName: plainName,
  runId,
  origin: runOrigin,
  level: backupLevel,
  tag: z.string(),
  consistentScn: scn,
  createdAt: instant,
  startedAt: instant,
  completedAt: instant,
  totals: byteTotals,
  /** `corrupt`: verification found that the vault cannot give back all of it. */
  state: recoveryPointState,
  /** Of one that is expiring: until then it can be taken back. */
  expiresAt: instant.nullable(),
  /** Somebody keeps it whatever retention says. */
  hold: z.object({ by: z.string(), reason: z.string(), since: instant }).nullable(),
  /** Data files of the database are missing in it; `contents.leftOut` names them. */
  partial: z.boolean(),
});
export const recoveryPointDetail = recoveryPoint.extend({
  manifestKey: z.string(),
  contents: recoveryPointContents,
});

export const createRestorePlan = z.strictObject({
  database: z.string().min(1).max(64),
  /** Exclusive, as Oracle's UNTIL SCN; null restores to the latest recoverable SCN. */
  untilScn: scn.nullable().default(null),
  /** Restore without the data files that no recovery point can give back, instead of refusing. */
  acceptMissingFiles: z.boolean().default(false),
  target: z.strictObject({
    /** A new or empty directory on the database host. */
    directory: hostPath,
    /** The instance that is made for the restored copy; must not be a running one. */
    oracleSid,
  }),
});
export const restorePlan = z.object({
  id: restorePlanId,
  databaseId,
  databaseName: plainName,
  untilScn: scn,
  target: z.object({ directory: hostPath, oracleSid }),
  basePoint: recoveryPointId,
  controlFileHandle: z.string(),
  handles: z.array(z.string()),
  dataFiles: z.array(z.object({ file: z.int(), name: z.string(), bytes: count })),
  /** Of these, those that no piece holds: RMAN makes them anew, and the redo since their creation fills them. */
  recreatedFiles: z.array(z.object({ file: z.int(), name: z.string(), creationScn: scn })).default([]),
  /** Data files that will be missing: taken offline in the restored database. */
  missingFiles: z.array(z.object({ file: z.int(), name: z.string(), detail: z.string() })).default([]),
  archivedLogs: z.array(z.object({ thread: z.int(), sequence: z.int() })),
  bytesToRead: count,
  script: z.string(),
  createdAt: instant,
  runId: runId.nullable(),
});

/** Why a request or run is as it is: what it waits for or why it ended, what led there, and what to do. */
export const explanation = z.object({
  id: z.string(),
  subject: z.enum(['request', 'run']),
  databaseName: plainName,
  state: z.string(),
  /** One sentence. */
  summary: z.string(),
  reason: reason.nullable(),
  /** What to do; empty when nothing is to be done. */
  next: z.string(),
  facts: z.array(z.object({ name: z.string(), value: z.string() })),
  /** Oldest first: the request's and the run's audit trail. */
  events: z.array(
    z.object({ at: instant, principal: z.string(), action: z.string(), detail: z.string().nullable() }),
  ),
});

const doctorCheck = z.object({
  name: z.string(),
  verdict: z.enum(['ok', 'warning', 'failed']),
  detail: z.string(),
  hint: z.string(),
});
export const doctorReport = z.object({ checks: z.array(doctorCheck) });

export type Host = z.infer<typeof host>;
export type EnrolledHost = z.infer<typeof enrolledHost>;
export type Database = z.infer<typeof database>;
export type RegisterDatabase = z.infer<typeof registerDatabase>;
export type Schedule = z.infer<typeof schedule>;
export type CreateSchedule = z.infer<typeof createSchedule>;
export type BackupRequest = z.infer<typeof backupRequest>;
export type Run = z.infer<typeof run>;
export type RunDetail = z.infer<typeof runDetail>;
export type RunMove = z.infer<typeof runMove>;
export type RunPlan = z.infer<typeof runPlan>;
export type RunScript = z.infer<typeof runScript>;
export type RecoveryPoint = z.infer<typeof recoveryPoint>;
export type RecoveryPointDetail = z.infer<typeof recoveryPointDetail>;
export type CreateRestorePlan = z.infer<typeof createRestorePlan>;
export type RestorePlan = z.infer<typeof restorePlan>;
export type Explanation = z.infer<typeof explanation>;
export type DryRun = z.infer<typeof dryRun>;
export type DoctorCheck = z.infer<typeof doctorCheck>;
