// The dedup-worker in its maintenance role: it verifies the vault, collects its garbage, and rebuilds what can be rebuilt from the bucket. It
// runs beside the control-plane, away from database hosts, and prints one JSON line when it is ready.
import { openLedger } from '@adyton/ledger';
import { startWorker } from '@adyton/queue';
import {
  createLogger,
  loadConfig,
  runProcess,
  shutDown,
  systemClock,
  untilAskedToEnd,
} from '@adyton/runtime';
import { threadCompute } from '@adyton/vault';
import { configuredStore, openConfiguredVault } from '@adyton/vault-access';
import { settings } from './maintenance/config';
import { operationTable } from './maintenance/operation-table';
import { Operations } from './maintenance/operations';

async function main(): Promise<void> {
  const config = loadConfig(settings, process.env);
  const log = createLogger({ process: 'maintenance', level: config.ADYTON_LOG_LEVEL });
  const ledger = openLedger({
    url: config.ADYTON_LEDGER_URL,
    applicationName: 'adyton-maintenance',
    onIdleError: (error) => log.warn({ err: error }, 'ledger.connection-lost'),
  });
  const openStore = configuredStore(config);
  const vault = await openConfiguredVault(config, openStore);
  log.info({ vaultId: vault.vaultId }, 'vault.opened');
  const compute = threadCompute({ threads: config.ADYTON_COMPUTE_THREADS });
  const table = operationTable({ ledger, vault, store: await openStore(), compute, clock: systemClock, log });
  const operations = new Operations({ ledger, table, log });
  const worker = await startWorker({
    redisUrl: config.ADYTON_REDIS_URL,
    family: 'vault',
    hostId: null,
    handlers: { 'vault.operate': ({ operationId }) => operations.accept(operationId) },
    log,
  });
  process.stdout.write(`${JSON.stringify({ event: 'maintenance.ready', vaultId: vault.vaultId })}\n`);
  await untilAskedToEnd();
  await shutDown(
    [
      { name: 'queue', run: () => worker.stop() },
      { name: 'operations', run: () => operations.close() },
      { name: 'compute', run: () => compute.close() },
      { name: 'ledger', run: () => ledger.close() },
    ],
    log,
  );
}

runProcess(main);
