// This agent's being there: a lease in Redis for quick answers, and a sign in the ledger for when Redis cannot be asked. Both come from the
// event loop that also carries the runs, so that a hung agent is not believed to run.
import { type HostId } from '@adyton/domain';
import { keepPresence, type RedisConnection } from '@adyton/queue';
import { pause, type Logger } from '@adyton/runtime';
import { type ControlPlane } from '../control-plane';

export interface PresenceParts {
  readonly redis: RedisConnection;
  readonly controlPlane: ControlPlane;
  readonly hostId: HostId;
  readonly incarnation: string;
  readonly version: string;
  readonly ttlSeconds: number;
  readonly log: Logger;
}

/** Signs within one lease: two may be lost before it ends. */
const SIGNS_PER_LEASE = 3;

export function showPresence(parts: PresenceParts): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const lease = keepPresence(parts.redis, {
    ...parts,
    onError: (error) => parts.log.warn({ err: error }, 'presence.lease-not-renewed'),
  });
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await parts.controlPlane.showPresence(parts.incarnation, parts.version);
      } catch (error) {
        parts.log.warn({ err: error }, 'presence.sign-not-taken');
      }
      await pause((parts.ttlSeconds * 1000) / SIGNS_PER_LEASE, stopping.signal);
    }
  };
  const ended = loop();
  return {
    stop: async () => {
      stopping.abort();
      await lease.stop();
      await ended;
    },
  };
}
