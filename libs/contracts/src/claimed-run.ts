// A run as its agent gets it, with everything it needs to begin: whoever claims a request is answered with it, and so is whoever takes a run over
// from the instance it was started on.
import { z } from 'zod';
import { pluggableDatabase } from './recovery-point-contents';
import { database, restorePlan } from './rest-resources';
import {
  askedKind,
  fence,
  instant,
  keyId,
  KEYSTORE_KEYS_MAX,
  lane,
  oracleSid,
  plainName,
  requestId,
  runId,
  scn,
} from './schemas';

/** Instances of one database: Oracle's limit is 100. */
export const RUN_INSTANCES_MAX = 100;
/** Interrupted attempts that a claim names: of a request there are three at most, of replays by hand as many as somebody has patience for. */
export const EARLIER_ATTEMPTS_MAX = 20;

const claimed = z.object({
  runId,
  requestId,
  fence,
  attempt: z.int().positive(),
  /** As it is reached from the instance the run is on. */
  database,
  lane,
  /** Secret of this run's SBT sessions: goes into a 0600 file on the host and nowhere else. */
  sbtToken: z.string(),
  leaseSeconds: z.int().positive(),
  heartbeatSeconds: z.number().positive(),
  startedAt: instant,
});
/** What the level and the logs of a backup are decided from. */
export const backupQuestion = z.object({
  database,
  kind: askedKind,
  /** The newest recovery point with data files; null when there is none. */
  lastPoint: z
    .object({
      id: z.string(),
      completedAt: instant,
      resetlogsScn: scn,
      consistentScn: scn,
      /** A data file created since is in no piece of it. */
      redoFromScn: scn,
      /** Null when that point does not say. */
      pluggableDatabases: z.array(pluggableDatabase).nullable(),
    })
    .nullable(),
  /** Archived logs are chosen from our manifests: the end of what the vault holds, per incarnation and thread. */
  lastLogs: z.array(z.object({ resetlogsScn: scn, thread: z.int(), sequence: z.int() })),
  /** Longest time from one full backup to the next, as the policy has it, days; null without a policy that asks for any. */
  daysBetweenFulls: z.number().positive().nullable(),
  /** Ids of the master keys that somebody has recorded as backed up. */
  keystoreKeys: z.array(keyId).max(KEYSTORE_KEYS_MAX),
  /** The other running instances of a cluster, as the last discovery found them. */
  otherInstances: z.array(z.object({ sid: oracleSid, hostName: plainName })).max(RUN_INSTANCES_MAX),
});
const claimedBackup = claimed.extend({
  operation: z.literal('backup'),
  ...backupQuestion.shape,
  /** Of the last hours, at the same backup, newest first: the data files they finished need not be read again. */
  earlierAttempts: z.array(z.object({ runId, fence })).max(EARLIER_ATTEMPTS_MAX),
});
const claimedRestore = claimed.extend({ operation: z.literal('restore'), plan: restorePlan });
export const claimedRun = z.discriminatedUnion('operation', [claimedBackup, claimedRestore]);

export type BackupQuestion = z.infer<typeof backupQuestion>;
export type ClaimedRun = z.infer<typeof claimedRun>;
export type ClaimedBackup = z.infer<typeof claimedBackup>;
export type ClaimedRestore = z.infer<typeof claimedRestore>;
