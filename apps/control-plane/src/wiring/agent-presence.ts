// Whether an agent runs, from its lease in Redis, or from its last visit where a Redis that just started cannot know yet.
import { wasSeenWithin, type Ledger } from '@adyton/ledger';
import { readPresence, type RedisConnection } from '@adyton/queue';
import { type AgentPresence, type HostId } from '@adyton/domain';
import { Inject, Injectable } from '@nestjs/common';
import { type Config } from '../config';
import { CONFIG, LEDGER, REDIS } from './tokens';

@Injectable()
export class AgentPresences {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(REDIS) private readonly redis: RedisConnection,
  ) {}

  /** `unknown` only when Redis cannot be asked, and then no job can be sent either. */
  async read(hostId: HostId): Promise<AgentPresence> {
    const answer = await readPresence(this.redis, hostId);
    if (answer.kind !== 'unknown') return answer.kind;
    if (answer.because === 'unreachable') return 'unknown';
    const seen = await wasSeenWithin(this.ledger.session, hostId, this.config.ADYTON_PRESENCE_TTL_SECONDS);
    return seen ? 'running' : 'not-running';
  }
}
