// For load balancers and kubelets: alive, and able to work. Unversioned and open.
import { type Ledger } from '@adyton/ledger';
import { pingRedis, type RedisConnection } from '@adyton/queue';
import { Controller, Get, Inject } from '@nestjs/common';
import { LEDGER, REDIS } from '../wiring/tokens';

@Controller('health')
export class HealthController {
  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(REDIS) private readonly redis: RedisConnection,
  ) {}

  @Get('live')
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  /** 503 with the code of what is missing. */
  @Get('ready')
  async ready(): Promise<{ status: 'ready' }> {
    await this.ledger.ping();
    await pingRedis(this.redis);
    return { status: 'ready' };
  }
}
