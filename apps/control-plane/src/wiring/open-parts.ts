// Opens everything the process is made of, from its settings, and closes it in reverse order.
import {
  closeRedis,
  connectRedis,
  createProducer,
  openHostQueues,
  refuseEviction,
  waitForRedis,
  type Producer,
} from '@adyton/queue';
import { systemClock, type Logger, type ShutdownStep } from '@adyton/runtime';
import { configuredStore, openConfiguredVault, storeProbe } from '@adyton/vault-access';
import { type Parts } from '../app.module';
import { type Config } from '../config';
import { VaultKeeper } from '../vault/vault-keeper';
import { idSource, requestIdSource } from './new-id';
import { openControlLedger } from './open-control-ledger';

export interface OpenedParts extends Parts {
  readonly producer: Producer;
  readonly closing: readonly ShutdownStep[];
}

/** Long enough for a Redis that is there; without one the server starts and says so on every request that needs it. */
const REDIS_WAIT_MS = 2_000;

/** @throws AdytonError when Redis may evict jobs. */
export async function openParts(config: Config, log: Logger): Promise<OpenedParts> {
  const ledger = openControlLedger(config, log);
  const redis = connectRedis(config.ADYTON_REDIS_URL, {
    onError: (error) => log.warn({ err: error }, 'redis.connection-failed'),
  });
  if (await waitForRedis(redis, REDIS_WAIT_MS)) await refuseEviction(redis);
  const queues = openHostQueues(redis);
  const openStore = configuredStore(config);
  const newRequestId = requestIdSource(systemClock);
  return {
    config,
    log,
    ledger,
    redis,
    producer: createProducer(queues),
    vault: new VaultKeeper(() => openConfiguredVault(config, openStore)),
    probeStore: storeProbe(openStore, newRequestId),
    newId: idSource(systemClock),
    newRequestId,
    closing: [
      { name: 'queues', run: () => queues.close() },
      { name: 'redis', run: async () => closeRedis(redis) },
      { name: 'ledger', run: () => ledger.close() },
    ],
  };
}
