// The BullMQ queues of this process, one per family and host, opened when first needed and all on one fail-fast connection.
// A queue whose first contact failed is thrown away: BullMQ would answer every later call with that first failure.
import { AdytonError, queueName, type QueueFamily } from '@adyton/contracts';
import { Queue } from 'bullmq';
import { answered, KEY_PREFIX, refuseEviction, type RedisConnection } from './redis-connection';

export interface HostQueues {
  /** Runs a command on a host's queue. @throws AdytonError ADY_QUEUE_UNAVAILABLE within about a second. */
  use<T>(family: QueueFamily, hostId: string | null, command: (queue: Queue) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export function openHostQueues(redis: RedisConnection): HostQueues {
  const opened = new Map<string, Queue>();
  let evictionChecked = false;

  const open = async (name: string): Promise<Queue> => {
    if (redis.status !== 'ready')
      throw new AdytonError('ADY_QUEUE_UNAVAILABLE', 'the job queue cannot be reached');
    if (!evictionChecked) {
      await refuseEviction(redis);
      evictionChecked = true;
    }
    const known = opened.get(name);
    if (known !== undefined) return known;
    const queue = new Queue(name, { connection: redis, prefix: KEY_PREFIX, skipWaitingForReady: true });
    queue.on('error', () => undefined); // every call reports its own failure; BullMQ repeats them here
    try {
      await queue.waitUntilReady();
    } catch (error) {
      await queue.close().catch(() => undefined);
      throw error;
    }
    const raced = opened.get(name);
    if (raced !== undefined) return raced;
    opened.set(name, queue);
    return queue;
  };

  // a restarted Redis may come back with another configuration
  redis.on('close', () => {
    evictionChecked = false;
  });
  return {
    use: (family, hostId, command) => answered(async () => command(await open(queueName(family, hostId)))),
    close: async () => {
      await Promise.all([...opened.values()].map((queue) => queue.close().catch(() => undefined)));
      opened.clear();
    },
  };
}
