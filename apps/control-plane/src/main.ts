// The control-plane: REST API for people, agent API for hosts, one of the two outbox relays, and the worker that delivers notifications.
import { AdytonError } from '@adyton/contracts';
import { pendingMigrations } from '@adyton/ledger';
import {
  createLogger,
  loadConfig,
  runProcess,
  shutDown,
  untilAskedToEnd,
  type Logger,
} from '@adyton/runtime';
import { settings } from './config';
import { startNotifyWorker } from './notifications/start-notify-worker';
import { startServer } from './start-server';
import { type VaultKeeper } from './vault/vault-keeper';
import { openParts, type OpenedParts } from './wiring/open-parts';
import { startRelay } from './wiring/start-relay';

async function main(): Promise<void> {
  const config = loadConfig(settings, process.env);
  const log = createLogger({ process: 'control-plane', level: config.ADYTON_LOG_LEVEL });
  const parts = await openParts(config, log);
  await refuseOldSchema(parts);
  await openVaultEarly(parts.vault, log);
  const asked = untilAskedToEnd();
  const relay = startRelay(parts);
  const notifyWorker = startNotifyWorker(parts);
  const server = await startServer(parts);
  process.stdout.write(`${JSON.stringify({ event: 'control-plane.listening', url: server.url })}\n`);
  log.info({ signal: await asked }, 'control-plane.stopping');
  await shutDown(
    [
      { name: 'http', run: () => server.close() },
      { name: 'notify-worker', run: () => notifyWorker.stop() },
      { name: 'relay', run: () => relay.stop() },
      ...parts.closing,
    ],
    log,
  );
}

/** A server on an old schema would fail later and less clearly. */
async function refuseOldSchema({ ledger }: OpenedParts): Promise<void> {
  const pending = await pendingMigrations(ledger);
  if (pending.length > 0)
    throw new Error(`the ledger lacks migrations (${pending.join(', ')}); run the prepare step first`);
}

/** A wrong key or a missing vault stops the start; an object store that is away for now does not. */
async function openVaultEarly(vault: VaultKeeper, log: Logger): Promise<void> {
  try {
    log.info({ vaultId: await vault.open() }, 'vault.opened');
  } catch (error) {
    if (!(error instanceof AdytonError && error.code === 'ADY_STORE_UNAVAILABLE')) throw error;
    log.warn({ err: error }, 'vault.not-opened-yet');
  }
}

runProcess(main);
