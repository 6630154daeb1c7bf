// What the queue knows of a job: for the reconciler, which compares it with the ledger, and for the sweeper, which takes back what expired.
import { type QueueFamily } from '@adyton/contracts';
import { type HostQueues } from './host-queues';

/** `pending`: waits, is delayed or is being processed. `finished`: completed or failed. `absent`: the queue does not know it. */
export type JobPresence = 'pending' | 'finished' | 'absent';

export interface QueueInspector {
  /** @throws AdytonError ADY_QUEUE_UNAVAILABLE */
  presenceOf(family: QueueFamily, hostId: string | null, jobId: string): Promise<JobPresence>;
  /** Takes a job off the queue unless somebody works on it: then it stays, and its claim is refused. */
  removeJob(family: QueueFamily, hostId: string, jobId: string): Promise<void>;
}

export function createInspector(queues: HostQueues): QueueInspector {
  return {
    presenceOf: (family, hostId, jobId) =>
      queues.use(family, hostId, async (queue) => {
        const state = await queue.getJobState(jobId);
        if (state === 'unknown') return 'absent';
        return state === 'completed' || state === 'failed' ? 'finished' : 'pending';
      }),
    removeJob: (family, hostId, jobId) =>
      queues.use(family, hostId, async (queue) => {
        await queue.remove(jobId);
      }),
  };
}
