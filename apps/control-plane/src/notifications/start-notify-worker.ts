// The control-plane's end of the queue of notifications. It begins when Redis can be reached, now or later: a control-plane without Redis
// still answers.
import { startWorker, waitForRedis, type RunningWorker } from '@adyton/queue';
import { pause, systemClock } from '@adyton/runtime';
import { secureFraction } from '../wiring/new-id';
import { type Parts } from '../app.module';
import { deliverNotification, type DeliveryParts } from './deliver-notification';
import { addressGuard } from './webhook-address';

/** One look whether Redis is there, and the pause after a start that failed, ms. */
const LOOK_MS = 1_000;

export function startNotifyWorker(parts: Parts): { stop(): Promise<void> } {
  const { config, ledger, log, redis, vault } = parts;
  const delivery: DeliveryParts = {
    ledger,
    log,
    clock: systemClock,
    isAllowed: addressGuard(config.ADYTON_NOTIFY_ALLOWED_NETWORKS ?? []),
    unseal: (name, sealed) => vault.unseal(name, sealed),
    randomFraction: secureFraction,
  };
  const stopping = new AbortController();
  const start = async (): Promise<RunningWorker | null> => {
    while (!stopping.signal.aborted) {
      if (!(await waitForRedis(redis, LOOK_MS))) continue;
      try {
        return await startWorker({
          redisUrl: config.ADYTON_REDIS_URL,
          family: 'notify',
          hostId: null,
          handlers: { 'notification.deliver': ({ deliveryId }) => deliverNotification(delivery, deliveryId) },
          log,
        });
      } catch (error) {
        log.error({ err: error }, 'notify.not-started');
        await pause(LOOK_MS, stopping.signal);
      }
    }
    return null;
  };
  const started = start();
  return {
    stop: async () => {
      stopping.abort();
      await (await started)?.stop();
    },
  };
}
