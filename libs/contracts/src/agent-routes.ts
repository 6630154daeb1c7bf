// The agent API: what a database host (agent and ingest dedup-worker) asks of the control-plane with its host token.
import { z } from 'zod';
import { backupQuestion, claimedRun } from './claimed-run';
import { databaseRegistration, recoveryPointContents } from './recovery-point-contents';
import { discoveryReport } from './discovery';
import { database, runPlan, runScript } from './rest-resources';
import { instanceRoutes } from './instance-routes';
import { recordRoutes } from './record-routes';
import { defineRoutes, nothing } from './route';
import {
  byteTotals,
  count,
  databaseId,
  dbid,
  fence,
  instant,
  plainName,
  progress,
  reason,
  runId,
  runPhase,
  runState,
} from './schemas';

/** Handles in one look-up; a database has at most 65,533 data files. */
const HANDLES_MAX = 70_000;
/** What agents of this release speak; raised when an older agent could not carry out what it is asked for. */
export const AGENT_PROTOCOL = 1;
/** Invocations of RMAN in one backup: two for its records, data files, logs, control file. */
const SCRIPTS_MAX = 5;
/** RMAN output kept with a run, characters. */
export const RUN_LOG_CHARS_MAX = 1_048_576;

const sessionGrant = z.object({
  runId,
  fence,
  databaseId,
  dbid,
  dbUniqueName: z.string(),
  /** Only a backup grant may write or remove pieces. */
  mode: z.enum(['backup', 'restore']),
  state: runState,
  /** Somebody cancelled the run: its sessions may do nothing more. */
  stopping: z.boolean(),
  /** sha256 (hex) of the token that libobk must present. */
  tokenSha256: z.string(),
  /** The policy's limit towards the object store, for all backups of the database on this host; absent when there is none. */
  bandwidthBytesPerSecond: z.int().positive().optional(),
  /** Writes beside the session of the run's own host, which ends last; absent for that host. */
  parentSession: z.string().optional(),
  /** What a restore reads: kept from retention and collection while it goes on. */
  restoreHandles: z.array(z.string()).max(HANDLES_MAX).optional(),
});
/** Key material of one database, base64; kept by the host in a 0600 file. The shape belongs to the vault. */
const databaseKeys = z.object({ vaultId: z.string(), keys: z.record(z.string(), z.string()) });

const ingestReport = z.strictObject({
  fence,
  totals: byteTotals,
  /** Pieces that were closed since the last report; reporting one twice is harmless. */
  pieces: z
    .array(
      z.object({ handle: z.string(), bytes: count, bytesNew: count, bytesStored: count, closedAt: instant }),
    )
    .max(10_000),
  /** SBT sessions open now. */
  channels: count.optional(),
  /** Pieces of this run that RMAN deleted since the last report. */
  removed: z.array(z.string()).max(10_000).optional(),
  /** Id of the vault's writer session, once it is open. */
  writerSession: z.string().max(64).optional(),
  /** No more pieces are taken, and this report tells of the last ones. */
  sealed: z.boolean().optional(),
});

/** How far the end of a run by hand is. */
const externalState = z.object({
  /** Somebody asked for the end, or no channel was open for the agreed time. */
  endAsked: z.boolean(),
  /** The dedup-worker takes no more pieces, and has told of all it took. */
  sealed: z.boolean(),
});

const underFence = z.strictObject({ fence });

export const agentRoutes = defineRoutes({
  ...instanceRoutes,
  ...recordRoutes,
  presence: {
    method: 'POST',
    path: '/agent/v1/presence',
    summary: 'The host is there',
    auth: 'host',
    status: 200,
    body: z.strictObject({ incarnation: z.string().max(64), version: z.string().max(32) }),
    response: z.object({ hostId: z.string(), now: instant }),
  },
  listOwnDatabases: {
    method: 'GET',
    path: '/agent/v1/databases',
    summary: 'The databases registered on this host',
    auth: 'host',
    status: 200,
    response: z.object({ items: z.array(database) }),
  },
  reportIdentity: {
    method: 'POST',
    path: '/agent/v1/databases/{id}/identity',
    summary: 'What the database says it is; refused when it is not the registered one',
    auth: 'host',
    status: 200,
    body: z.strictObject({ dbid, dbUniqueName: z.string().min(1).max(30) }),
    response: database,
  },
  reportDiscovery: {
    method: 'POST',
    path: '/agent/v1/discoveries/{id}',
    summary: 'What the agent saw on its host; judged at once, and the first report counts',
    auth: 'host',
    status: 204,
    body: discoveryReport,
    response: nothing,
  },
  reportRecoveryArea: {
    method: 'POST',
    path: '/agent/v1/databases/{id}/recovery-area',
    summary: 'How full the recovery area is; above the limit of the policy logs are backed up',
    auth: 'host',
    status: 204,
    body: z.strictObject({ percent: z.int().min(0).max(100) }),
    response: nothing,
  },
  lookUpPieces: {
    method: 'POST',
    path: '/agent/v1/databases/{id}/piece-lookup',
    summary: 'Which of these handles the vault holds',
    auth: 'host',
    status: 200,
    body: z.strictObject({ handles: z.array(z.string().max(511)).max(HANDLES_MAX) }),
    response: z.object({ known: z.array(z.string()) }),
  },
  getDatabaseKeys: {
    method: 'GET',
    path: '/agent/v1/databases/{id}/keys',
    summary: 'Subkeys of one database of this host',
    auth: 'host',
    status: 200,
    response: databaseKeys,
  },

  openDryRun: {
    method: 'GET',
    path: '/agent/v1/dry-runs/{id}',
    summary: 'What somebody wants to know about a backup that is not to be run',
    auth: 'host',
    status: 200,
    response: backupQuestion,
  },
  answerDryRun: {
    method: 'POST',
    path: '/agent/v1/dry-runs/{id}',
    summary: 'Plan and scripts of the backup that was not run, or why there are none',
    auth: 'host',
    status: 204,
    body: z.union([
      z.strictObject({ plan: runPlan, scripts: z.array(runScript).max(SCRIPTS_MAX) }),
      z.strictObject({ reason }),
    ]),
    response: nothing,
  },

  claimRequest: {
    method: 'POST',
    path: '/agent/v1/requests/{id}/claim',
    summary: 'Claims a request: makes the run and its fence, or refuses',
    auth: 'host',
    status: 200,
    body: z.strictObject({ incarnation: z.string().max(64) }),
    response: claimedRun,
  },
  heartbeat: {
    method: 'POST',
    path: '/agent/v1/runs/{id}/heartbeat',
    summary: 'Extends the lease and carries progress',
    auth: 'host',
    status: 200,
    body: z.strictObject({
      fence,
      phase: runPhase,
      progress: progress.pick({ bytesExpected: true }).partial().optional(),
    }),
    response: z.object({
      answer: z.enum(['continue', 'cancel', 'fenced']),
      state: runState,
      reason: reason.nullable(),
      /** Of a run by hand; null for all others. */
      external: externalState.nullable(),
    }),
  },
  storePlan: {
    method: 'PUT',
    path: '/agent/v1/runs/{id}/plan',
    summary: 'Plan and scripts, before a byte moves; the run goes to running. A run by hand has no plan',
    auth: 'host',
    status: 204,
    body: z.strictObject({
      fence,
      plan: runPlan.nullable(),
      scripts: z.array(runScript).min(1).max(SCRIPTS_MAX),
    }),
    response: nothing,
  },
  listRunPieces: {
    method: 'GET',
    path: '/agent/v1/runs/{id}/pieces',
    summary: 'Handles of the pieces of this run that the vault holds',
    auth: 'host',
    status: 200,
    response: z.object({ handles: z.array(z.string()) }),
  },
  listDeletableLogs: {
    method: 'GET',
    path: '/agent/v1/runs/{id}/deletable-logs',
    summary:
      'Archived logs that the policy lets go from disk after this run: recovery points hold them, and no other run may want them',
    auth: 'host',
    status: 200,
    response: z.object({
      /** Null when none may go now. */
      olderThanHours: z.int().nonnegative().nullable(),
      ranges: z.array(
        z.object({
          thread: z.int().positive(),
          fromSequence: z.int().positive(),
          untilSequence: z.int().positive(),
        }),
      ),
    }),
  },
  appendLog: {
    method: 'POST',
    path: '/agent/v1/runs/{id}/log',
    summary: 'More RMAN output',
    auth: 'host',
    status: 204,
    body: z.strictObject({ fence, text: z.string().max(RUN_LOG_CHARS_MAX) }),
    response: nothing,
  },
  submitCommit: {
    method: 'POST',
    path: '/agent/v1/runs/{id}/commit',
    summary: 'The reconciled contents; the run goes to committing',
    auth: 'host',
    status: 202,
    body: z.strictObject({ fence, contents: recoveryPointContents }),
    response: nothing,
  },
  failRun: {
    method: 'POST',
    path: '/agent/v1/runs/{id}/fail',
    summary: 'The run ends failed or cancelled, with its reason',
    auth: 'host',
    status: 204,
    body: z.strictObject({ fence, outcome: z.enum(['failed', 'cancelled']), reason }),
    response: nothing,
  },
  finishRestore: {
    method: 'POST',
    path: '/agent/v1/runs/{id}/restored',
    summary: 'The restore succeeded',
    auth: 'host',
    status: 204,
    body: underFence,
    response: nothing,
  },
  reportInstanceLost: {
    method: 'POST',
    path: '/agent/v1/runs/{id}/instance-lost',
    summary:
      'An instance went away in the middle of the run; one alert for each, however often it is reported',
    auth: 'host',
    status: 204,
    body: z.strictObject({ fence, instance: plainName, instanceHost: plainName, phase: runPhase }),
    response: nothing,
  },

  getGrant: {
    method: 'GET',
    path: '/agent/v1/runs/{id}/grant',
    summary: 'What an SBT session of this run may do',
    auth: 'host',
    status: 200,
    response: sessionGrant,
  },
  reportIngest: {
    method: 'POST',
    path: '/agent/v1/runs/{id}/ingest',
    summary: 'Bytes so far and pieces closed',
    auth: 'host',
    status: 200,
    body: ingestReport,
    /** `sealing`: a run by hand is to take no more pieces. `stopping`: the run was cancelled, its sessions may do nothing more. */
    response: z.object({ state: runState, fence, sealing: z.boolean(), stopping: z.boolean() }),
  },
  getCommitOrder: {
    method: 'GET',
    path: '/agent/v1/runs/{id}/commit',
    summary: 'The contents to build the manifest from',
    auth: 'host',
    status: 200,
    response: z.object({
      fence,
      state: runState,
      contents: recoveryPointContents,
      registration: databaseRegistration,
      /** What other hosts of the run told of their bytes. */
      totalsOfOthers: byteTotals,
    }),
  },
  reportCommitted: {
    method: 'POST',
    path: '/agent/v1/runs/{id}/committed',
    summary: 'The manifest exists; the recovery point is recorded',
    auth: 'host',
    status: 200,
    body: z.strictObject({
      fence,
      manifestKey: z.string().max(512),
      manifestSha256: z.string().regex(/^[0-9a-f]{64}$/),
      totals: byteTotals,
    }),
    response: z.object({ recoveryPointId: z.string() }),
  },
  refuseCommit: {
    method: 'POST',
    path: '/agent/v1/runs/{id}/commit-refused',
    summary: 'The manifest cannot be made; the run fails',
    auth: 'host',
    status: 204,
    body: z.strictObject({ fence, reason }),
    response: nothing,
  },
});

export type SessionGrant = z.infer<typeof sessionGrant>;
export type IngestReport = z.infer<typeof ingestReport>;
export type ExternalRunState = z.infer<typeof externalState>;
export type DatabaseKeysDocument = z.infer<typeof databaseKeys>;
