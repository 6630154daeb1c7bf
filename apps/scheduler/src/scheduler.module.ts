// Wiring of the scheduler's HTTP side: health, and nothing else.
import { type Ledger } from '@adyton/ledger';
import { Module, type DynamicModule } from '@nestjs/common';
import { HealthController, LEDGER } from './health/health.controller';

@Module({})
export class SchedulerModule {
  static with(ledger: Ledger): DynamicModule {
    return {
      module: SchedulerModule,
      controllers: [HealthController],
      providers: [{ provide: LEDGER, useValue: ledger }],
    };
  }
}
