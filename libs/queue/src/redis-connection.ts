// Connections to Redis. A control-tier process wants an answer or an error within a second; a worker waits for Redis to come back.
// A Redis that may evict keys loses jobs in silence, so it is refused.
import { AdytonError } from '@adyton/contracts';
import { Redis, type CommonRedisOptions } from 'ioredis';

export type RedisConnection = Redis;

/** Namespace of every key of ours. */
export const KEY_PREFIX = 'adyton';
/** A request of a person waits for this; local Redis answers in under a millisecond. */
const COMMAND_TIMEOUT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 2_000;
/** First pause before connecting again, and the longest: a restarted Redis is used again within two seconds. */
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 2_000;

export interface RedisEvents {
  /** Called for every failed attempt to connect and every broken connection. */
  readonly onError: (error: Error) => void;
}

const retryStrategy = (attempt: number): number => Math.min(RETRY_MS_MIN * 2 ** attempt, RETRY_MS_MAX);

/** For commands that must fail fast: nothing is queued while Redis is away, nothing waits longer than a second. */
export function connectRedis(url: string, events: RedisEvents): RedisConnection {
  return connect(url, events, {
    enableOfflineQueue: false,
    commandTimeout: COMMAND_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
  });
}

/** For workers, which have nothing to do while Redis is away but to wait for it. */
export function connectRedisForWorker(url: string, events: RedisEvents): RedisConnection {
  return connect(url, events, { maxRetriesPerRequest: null });
}

type Choices = Pick<CommonRedisOptions, 'enableOfflineQueue' | 'commandTimeout' | 'maxRetriesPerRequest'>;

function connect(url: string, events: RedisEvents, options: Choices): RedisConnection {
  const redis = new Redis(url, { connectTimeout: CONNECT_TIMEOUT_MS, retryStrategy, ...options });
  redis.on('error', events.onError);
  return redis;
}

/** Waits for the first connection, at most `timeoutMs`. @returns whether it stands. */
export async function waitForRedis(redis: RedisConnection, timeoutMs: number): Promise<boolean> {
  if (redis.status === 'ready') return true;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), timeoutMs);
  const ready = (): void => resolve(true);
  redis.once('ready', ready);
  const answer = await promise;
  clearTimeout(timer);
  redis.off('ready', ready);
  return answer;
}

/** @throws AdytonError ADY_QUEUE_UNAVAILABLE when Redis does not answer. */
export async function readEvictionPolicy(redis: RedisConnection): Promise<string> {
  const memory = await infoOf(redis, 'memory');
  return memory.get('maxmemory_policy') ?? 'unknown';
}

/** @throws AdytonError ADY_QUEUE_UNAVAILABLE when Redis may drop keys, or does not answer. */
export async function refuseEviction(redis: RedisConnection): Promise<void> {
  const policy = await readEvictionPolicy(redis);
  if (policy !== 'noeviction')
    throw new AdytonError(
      'ADY_QUEUE_UNAVAILABLE',
      `Redis has maxmemory-policy ${policy}; jobs need noeviction`,
      {
        policy,
      },
    );
}

/** @throws AdytonError ADY_QUEUE_UNAVAILABLE */
export async function pingRedis(redis: RedisConnection): Promise<void> {
  await answered(() => redis.ping());
}

/** Fields of one section of INFO. */
export async function infoOf(redis: RedisConnection, section: string): Promise<Map<string, string>> {
  const text = await answered(() => redis.info(section));
  const lines = text.split('\r\n').filter((line) => line.includes(':'));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}

/** Gives whatever goes wrong between us and Redis its code. */
export async function answered<T>(command: () => Promise<T>): Promise<T> {
  try {
    return await command();
  } catch (cause) {
    if (cause instanceof AdytonError) throw cause;
    throw new AdytonError('ADY_QUEUE_UNAVAILABLE', 'the job queue does not answer', {}, { cause });
  }
}

export function closeRedis(redis: RedisConnection): void {
  redis.disconnect();
}
