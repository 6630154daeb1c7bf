// One of the outbox relays of the installation, woken up by what is written and polling besides.
import { listenForOutbox, relayOutboxBatch } from '@adyton/ledger';
import { startOutboxRelay } from '@adyton/queue';
import { type OpenedParts } from './open-parts';

export function startRelay(parts: OpenedParts): { stop(): Promise<void> } {
  const { config, ledger, producer, log } = parts;
  const relay = startOutboxRelay({
    source: { relayBatch: (limit, send) => relayOutboxBatch(ledger, limit, send) },
    producer,
    log,
  });
  const wakeUps = listenForOutbox({
    url: config.ADYTON_LEDGER_URL,
    onWake: () => relay.wake(),
    onError: (error) => log.warn({ err: error }, 'ledger.wake-up-lost'),
  });
  return {
    stop: async () => {
      await wakeUps.close();
      await relay.stop();
    },
  };
}
