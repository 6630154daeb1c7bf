// Whether an agent runs: its lease in Redis, or, when Redis cannot tell, its last sign in the ledger.
import { type AgentPresence, type HostId } from '@adyton/domain';
import { wasSeenWithin, type Ledger } from '@adyton/ledger';
import { readPresence, type RedisConnection } from '@adyton/queue';

export interface PresenceSources {
  readonly ledger: Ledger;
  readonly redis: RedisConnection;
  readonly presenceTtlSeconds: number;
}

/** A schedule never needs `unknown`: without an answer its request waits, which is what a missing agent would mean too. */
export async function askPresence(sources: PresenceSources, hostId: HostId): Promise<AgentPresence> {
  const answer = await readPresence(sources.redis, hostId);
  if (answer.kind !== 'unknown') return answer.kind;
  const seen = await wasSeenWithin(sources.ledger.session, hostId, sources.presenceTtlSeconds);
  return seen ? 'running' : 'not-running';
}
