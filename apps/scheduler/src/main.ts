// The scheduler: schedules, expiry windows, leases, outbox relay. Any number may run; rows are taken with SKIP LOCKED.
// It prints one JSON line when it is ready.
import { openLedger } from '@adyton/ledger';
import { closeRedis, connectRedis } from '@adyton/queue';
import { createLogger, loadConfig, runProcess, shutDown, untilAskedToEnd } from '@adyton/runtime';
import { NestFactory } from '@nestjs/core';
import 'reflect-metadata';
import { settings } from './config';
import { SchedulerModule } from './scheduler.module';
import { startDuties } from './start-duties';

async function main(): Promise<void> {
  const config = loadConfig(settings, process.env);
  const log = createLogger({ process: 'scheduler', level: config.ADYTON_LOG_LEVEL });
  const ledger = openLedger({
    url: config.ADYTON_LEDGER_URL,
    applicationName: 'adyton-scheduler',
    onIdleError: (error) => log.warn({ err: error }, 'ledger.session-lost'),
  });
  const redis = connectRedis(config.ADYTON_REDIS_URL, {
    onError: (error) => log.warn({ err: error }, 'redis.connection-failed'),
  });
  const app = await NestFactory.create(SchedulerModule.with(ledger), { logger: false });
  await app.listen(config.ADYTON_HTTP_PORT, config.ADYTON_HTTP_HOST);
  const duties = startDuties({ config, ledger, redis, log });
  process.stdout.write(`${JSON.stringify({ event: 'scheduler.ready', url: await app.getUrl() })}\n`);
  await untilAskedToEnd();
  await shutDown(
    [
      ...duties,
      { name: 'http', run: () => app.close() },
      { name: 'redis', run: async () => closeRedis(redis) },
      { name: 'ledger', run: () => ledger.close() },
    ],
    log,
  );
}

runProcess(main);
