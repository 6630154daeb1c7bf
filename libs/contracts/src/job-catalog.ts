// Every queue job, once: queue family, payload, attempts, lock. A job on a host queue is a doorbell: its processor claims or opens
// what the payload names and returns; a run's life hangs on its lease in Postgres, never on a queue lock.
import { z } from 'zod';
import { deliveryId } from './alert-resources';
import {
  databaseId,
  discoveryId,
  dryRunId,
  fence,
  oracleSid,
  requestId,
  runId,
  vaultOperationId,
} from './schemas';

export const queueFamilies = ['agent', 'dedup', 'vault', 'notify'] as const;
/**
 * A family has one queue per host, `agent.<hostId>` and `dedup.<hostId>`; the maintenance tier shares one, `vault`, and the
 * control-planes another, `notify`.
 */
export type QueueFamily = (typeof queueFamilies)[number];

export interface JobDefinition {
  readonly queue: QueueFamily;
  readonly payload: z.ZodType;
  /** Deliveries before the job counts as failed in the queue. Attempts of a *run* are rows in the ledger. */
  readonly attempts: number;
  /** How long one delivery may hold the job before it counts as stalled, seconds. */
  readonly lockSeconds: number;
}

/** Upper bound of a serialised payload, bytes: ids only, so that Redis holds nothing worth stealing or losing. */
export const JOB_PAYLOAD_BYTES_MAX = 1024;

const requestPayload = z.strictObject({ v: z.literal(1), requestId });
const runPayload = z.strictObject({ v: z.literal(1), runId, fence });

export const jobCatalog = {
  'backup.run': { queue: 'agent', payload: requestPayload, attempts: 1, lockSeconds: 15 },
  'restore.run': { queue: 'agent', payload: requestPayload, attempts: 1, lockSeconds: 15 },
  // another host of a cluster is asked to take part in a run
  'instance.join': {
    queue: 'agent',
    payload: z.strictObject({ v: z.literal(1), runId, fence, sid: oracleSid }),
    attempts: 1,
    lockSeconds: 15,
  },
  // another host of a cluster is asked how its instance is, for a backup that is not run
  'instance.check': {
    queue: 'agent',
    payload: z.strictObject({ v: z.literal(1), dryRunId, sid: oracleSid }),
    attempts: 1,
    lockSeconds: 60,
  },
  // a run left an instance that was not eligible: the host of the next one is asked to take it over
  'run.take-over': { queue: 'agent', payload: runPayload, attempts: 1, lockSeconds: 15 },
  /** A run was cancelled: its agent asks at once what it would hear with its next heartbeat. */
  'run.cancel': { queue: 'agent', payload: runPayload, attempts: 3, lockSeconds: 15 },
  'database.discover': {
    queue: 'agent',
    payload: z.strictObject({ v: z.literal(1), databaseId }),
    attempts: 3,
    lockSeconds: 60,
  },
  'host.discover': {
    queue: 'agent',
    payload: z.strictObject({ v: z.literal(1), discoveryId }),
    attempts: 3,
    lockSeconds: 60,
  },
  'pieces.uncatalog': {
    queue: 'agent',
    payload: z.strictObject({ v: z.literal(1), databaseId }),
    attempts: 1,
    lockSeconds: 60,
  },
  'backup.plan': {
    queue: 'agent',
    payload: z.strictObject({ v: z.literal(1), dryRunId }),
    attempts: 1,
    lockSeconds: 60,
  },
  'ingest.run': { queue: 'dedup', payload: runPayload, attempts: 3, lockSeconds: 15 },
  'recovery-point.commit': { queue: 'dedup', payload: runPayload, attempts: 8, lockSeconds: 30 },
  'vault.operate': {
    queue: 'vault',
    payload: z.strictObject({ v: z.literal(1), operationId: vaultOperationId }),
    attempts: 3,
    lockSeconds: 15,
  },
  // once: when it is tried again stands in the ledger, where no Redis can lose it
  'notification.deliver': {
    queue: 'notify',
    payload: z.strictObject({ v: z.literal(1), deliveryId }),
    attempts: 1,
    lockSeconds: 15,
  },
} as const satisfies Record<string, JobDefinition>;

export type JobName = keyof typeof jobCatalog;
export type JobPayload<N extends JobName> = z.infer<(typeof jobCatalog)[N]['payload']>;
export type JobNameOf<F extends QueueFamily> = {
  [N in JobName]: (typeof jobCatalog)[N]['queue'] extends F ? N : never;
}[JobName];

/** Exactly one handler per declared job of a family: a missing one does not compile. */
export type JobHandlers<F extends QueueFamily> = {
  readonly [N in JobNameOf<F>]: (payload: JobPayload<N>, signal: AbortSignal) => Promise<void>;
};

export const jobNames = Object.keys(jobCatalog) as JobName[];

/** BullMQ refuses ':' in queue names, hence the dot. @param host null for the family that all workers share */
export function queueName(family: QueueFamily, host: string | null): string {
  return host === null ? family : `${family}.${host}`;
}
