// What a recovery point consists of, as the agent reconciled it: the draft of the manifest, and what a restore plan reads.
import { z } from 'zod';
import {
  backupLevel,
  byteTotals,
  connectDescriptor,
  count,
  dbid,
  hostPath,
  instant,
  keyId,
  oracleSid,
  plainName,
  scn,
} from './schemas';

/** Most channels one run may use: each is a server process on the database host. */
export const CHANNELS_MAX = 16;

const handle = z.string().min(1).max(511);

const contentsDataFile = z.object({
  file: z.int().positive(),
  name: z.string().max(513),
  tablespace: z.string(),
  bytes: count,
  blockBytes: count,
  /** Null: RMAN's full backup without INCREMENTAL. */
  level: z.union([z.literal(0), z.literal(1)]).nullable(),
  checkpointScn: scn,
  absoluteFuzzyScn: scn,
  /** '0' for level 0; otherwise the checkpoint SCN of the base this level 1 relies on. */
  incrementalScn: scn,
  handles: z.array(handle).min(1),
  /** The base pieces that a restore of this file needs first: level 0, then older level 1, whichever run wrote them. */
  baseHandles: z.array(handle),
});

/** A data file of the database that this point cannot give back. */
const leftOutFile = z.object({
  file: z.int().positive(),
  name: z.string().max(513),
  tablespace: z.string(),
  bytes: count,
  /** As v$datafile had it: `ONLINE`, `OFFLINE`, `RECOVER`. */
  status: z.string(),
  reason: z.enum(['inaccessible', 'redo-missing']),
  /** In a sentence. */
  detail: z.string().max(300),
});

/** A data file that came while the pieces were made: none of them holds it. A restore makes it empty, and recovery fills it. */
const recreatedFile = z.object({
  file: z.int().positive(),
  name: z.string().max(513),
  tablespace: z.string(),
  bytes: count,
  blockBytes: count,
  /** From here on the archived logs of the point have all that ever was in it. */
  creationScn: scn,
});

const contentsArchivedLog = z.object({
  thread: z.int().positive(),
  sequence: z.int().positive(),
  resetlogsScn: scn,
  firstScn: scn,
  nextScn: scn,
  handle,
});

/** A pluggable database by its CON_UID, which another one of the same name does not share. */
export const pluggableDatabase = z.object({ uid: z.string().regex(/^\d{1,20}$/), name: z.string().max(128) });

export const recoveryPointContents = z.object({
  dbid,
  dbName: z.string(),
  dbUniqueName: z.string(),
  version: z.string(),
  platform: z.string(),
  resetlogsScn: scn,
  level: backupLevel,
  /** Absent: a script of ours wrote the pieces; otherwise a person's own. */
  origin: z.literal('external').optional(),
  tag: z.string().max(30),
  startedAt: instant,
  completedAt: instant,
  /** max(checkpoint_change#, absolute_fuzzy_change#) over the data files, behind every recreated file's creation; for log runs the end of the logs. */
  consistentScn: scn,
  /** The smallest checkpoint_change# or creation: redo is needed from here on. */
  redoFromScn: scn,
  dataFiles: z.array(contentsDataFile).max(65_533),
  /** Not empty: the point is partial. */
  leftOut: z.array(leftOutFile).max(65_533).default([]),
  /** Absent: none, or the point is of an older release. */
  recreatedFiles: z.array(recreatedFile).max(65_533).optional(),
  /** Instances that went away while the pieces were made; what they had begun was done again on others. */
  lostInstances: z
    .array(z.object({ instance: z.string().max(30), detail: z.string().max(500) }))
    .max(100)
    .optional(),
  archivedLogs: z.array(contentsArchivedLog).max(100_000),
  /** Of a container database, the seed included; absent in those without, and in points of older releases. */
  pluggableDatabases: z.array(pluggableDatabase).max(4_100).optional(),
  /**
   * Master keys of encrypted tablespaces when the point was made, without which what it gives back cannot be opened. They are not in it: the
   * keystore is backed up outside. Absent: nothing is encrypted, or the point is of an older release.
   */
  encryptionKeys: z
    .array(z.object({ keyId, tablespaces: z.array(z.string().max(128)).max(65_533) }))
    .max(4_100)
    .optional(),
  controlFileHandle: handle.nullable(),
  spfileHandle: handle.nullable(),
  /** Every piece a restore from this point needs, base pieces included. */
  closure: z.array(handle).min(1),
});
export type RecoveryPointContents = z.infer<typeof recoveryPointContents>;

/** How the database was registered when it was backed up. */
export const databaseRegistration = z.object({
  name: plainName,
  hostName: plainName,
  oracleHome: hostPath,
  oracleSid,
  connectDescriptor,
  channels: z.int().min(1).max(CHANNELS_MAX),
});
export type DatabaseRegistration = z.infer<typeof databaseRegistration>;

/** What a manifest says beside its pieces: all that is needed to put the recovery point on record again from the bucket alone. */
export const manifestContents = recoveryPointContents.extend({
  registration: databaseRegistration,
  /** Of the run, when it committed; without the manifest itself. */
  totals: byteTotals,
});
export type ManifestContents = z.infer<typeof manifestContents>;
