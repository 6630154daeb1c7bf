// Presence: a key an agent renews and Redis lets expire. A hint only; the claim is the proof that an agent runs.
import { AdytonError, AGENT_PROTOCOL } from '@adyton/contracts';
import { pause } from '@adyton/runtime';
import { answered, infoOf, KEY_PREFIX, type RedisConnection } from './redis-connection';

export interface PresenceToKeep {
  readonly hostId: string;
  /** Which start of the agent this is. */
  readonly incarnation: string;
  readonly version: string;
  readonly ttlSeconds: number;
  /** Told when a renewal failed; the loop goes on. */
  readonly onError: (error: unknown) => void;
}

export interface KeptPresence {
  /** Ends the renewal and removes the lease, so that nobody counts on a leaving agent. */
  stop(): Promise<void>;
}

export type PresenceAnswer =
  | { readonly kind: 'running'; readonly incarnation: string; readonly version: string }
  | { readonly kind: 'not-running' }
  /** `just-started`: an agent had no time yet to report to a Redis this young. */
  | { readonly kind: 'unknown'; readonly because: 'unreachable' | 'just-started' };

/** Renewals in one lease: two may be lost before it ends. */
const RENEWALS_PER_LEASE = 3;
/** One renewal period of the default lease and a second of slack. */
const REDIS_UPTIME_SECONDS_MIN = 6;

export function presenceKey(hostId: string): string {
  return `${KEY_PREFIX}:presence:${hostId}`;
}

/** Renews at once and then three times per lease, in the event loop of the caller: a hung agent loses its lease. */
export function keepPresence(redis: RedisConnection, presence: PresenceToKeep): KeptPresence {
  const stopping = new AbortController();
  const ttlMs = Math.round(presence.ttlSeconds * 1000);
  let seq = 0;
  const renew = async (): Promise<void> => {
    seq += 1;
    const value = JSON.stringify({
      incarnation: presence.incarnation,
      version: presence.version,
      protocol: AGENT_PROTOCOL,
      seq,
    });
    await redis.set(presenceKey(presence.hostId), value, 'PX', ttlMs).catch(presence.onError);
  };
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await renew();
      await pause(ttlMs / RENEWALS_PER_LEASE, stopping.signal);
    }
  };
  const ended = loop();
  return {
    stop: async () => {
      stopping.abort();
      await ended;
      await redis.del(presenceKey(presence.hostId)).catch(presence.onError);
    },
  };
}

/** Never throws for a Redis that is away: not knowing is an answer. */
export async function readPresence(redis: RedisConnection, hostId: string): Promise<PresenceAnswer> {
  try {
    const value = await answered(() => redis.get(presenceKey(hostId)));
    if (value !== null) return judgePresence(parsePresence(value));
    const server = await infoOf(redis, 'server');
    const uptimeSeconds = Number(server.get('uptime_in_seconds'));
    if (!(uptimeSeconds >= REDIS_UPTIME_SECONDS_MIN)) return { kind: 'unknown', because: 'just-started' };
    return { kind: 'not-running' };
  } catch (error) {
    if (error instanceof AdytonError && error.code === 'ADY_QUEUE_UNAVAILABLE')
      return { kind: 'unknown', because: 'unreachable' };
    throw error;
  }
}

/** An agent that speaks another protocol could not carry out what it is asked for. */
function judgePresence({ incarnation, version, protocol }: ParsedPresence): PresenceAnswer {
  return protocol === AGENT_PROTOCOL ? { kind: 'running', incarnation, version } : { kind: 'not-running' };
}

interface ParsedPresence {
  readonly incarnation: string;
  readonly version: string;
  readonly protocol: number;
}

/** A lease is a lease whatever it says: an unreadable one still proves that somebody renews it. */
function parsePresence(text: string): ParsedPresence {
  const unknown = { incarnation: 'unknown', version: 'unknown', protocol: AGENT_PROTOCOL };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return unknown;
    const { incarnation, version, protocol } = value as Record<string, unknown>;
    return {
      incarnation: typeof incarnation === 'string' ? incarnation : 'unknown',
      version: typeof version === 'string' ? version : 'unknown',
      protocol: typeof protocol === 'number' ? protocol : AGENT_PROTOCOL,
    };
  } catch {
    return unknown;
  }
}
