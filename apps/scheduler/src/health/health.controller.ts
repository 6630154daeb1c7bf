// Liveness: the process answers. Readiness: the ledger answers; without it nothing here can be done.
import { type Ledger } from '@adyton/ledger';
import { Controller, Get, HttpException, HttpStatus, Inject } from '@nestjs/common';

export const LEDGER = Symbol('ledger');

@Controller('health')
export class HealthController {
  constructor(@Inject(LEDGER) private readonly ledger: Ledger) {}

  @Get('live')
  live(): { status: string } {
    return { status: 'live' };
  }

  @Get('ready')
  async ready(): Promise<{ status: string }> {
    try {
      await this.ledger.ping();
    } catch {
      throw new HttpException({ status: 'the ledger does not answer' }, HttpStatus.SERVICE_UNAVAILABLE);
    }
    return { status: 'ready' };
  }
}
