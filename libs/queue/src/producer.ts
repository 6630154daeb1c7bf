// Puts jobs on host queues: payload checked against the catalog, bounded in size, under a job id the queue remembers.
import { JOB_PAYLOAD_BYTES_MAX, jobCatalog, type JobName, type JobPayload } from '@adyton/contracts';
import { type JobsOptions } from 'bullmq';
import { type HostQueues } from './host-queues';

export interface Producer {
  /**
   * Sending the same job id again does nothing while the queue remembers the first.
   * @throws AdytonError ADY_QUEUE_UNAVAILABLE; ZodError or RangeError when the job itself is wrong.
   */
  enqueue<N extends JobName>(
    jobName: N,
    hostId: string | null,
    payload: JobPayload<N>,
    jobId: string,
  ): Promise<void>;
}

/** Finished jobs are kept for support and for recognising repeated ids; the ledger holds the truth. */
const COMPLETED_JOBS_KEPT = 1_000;
const FAILED_JOBS_KEPT = 5_000;
/** Pause before the second delivery of a job that may be delivered again; doubles each time. */
const RETRY_MS = 1_000;

export function createProducer(queues: HostQueues): Producer {
  return {
    enqueue: async (jobName, hostId, payload, jobId) => {
      if (jobId.includes(':')) throw new RangeError(`job id ${jobId} contains ':', which BullMQ refuses`);
      const definition = jobCatalog[jobName];
      const data: unknown = definition.payload.parse(payload);
      const bytes = Buffer.byteLength(JSON.stringify(data));
      if (bytes > JOB_PAYLOAD_BYTES_MAX)
        throw new RangeError(`payload of ${jobName} has ${bytes} bytes, at most ${JOB_PAYLOAD_BYTES_MAX}`);
      const options: JobsOptions = {
        jobId,
        attempts: definition.attempts,
        backoff: { type: 'exponential', delay: RETRY_MS },
        removeOnComplete: { count: COMPLETED_JOBS_KEPT },
        removeOnFail: { count: FAILED_JOBS_KEPT },
        sizeLimit: JOB_PAYLOAD_BYTES_MAX,
      };
      await queues.use(definition.queue, hostId, (queue) => queue.add(jobName, data, options));
    },
  };
}
