// The step before a control-plane starts: migrations of the ledger and, on first use, key file and vault. Safe to run again and again.
import { migrateLedger } from '@adyton/ledger';
import { createLogger, loadConfig, runProcess, systemClock } from '@adyton/runtime';
import { configuredStore, createKeyFile, KEY_FILE_BYTES, prepareVault } from '@adyton/vault-access';
import { randomBytes } from 'node:crypto';
import { settings, type Config } from './config';
import { openControlLedger } from './wiring/open-control-ledger';

async function prepare(): Promise<void> {
  const config = loadConfig(settings, process.env);
  await prepareLedger(config);
  if (config.ADYTON_VAULT_KEY_CREATE) await prepareKeyFile(config);
  const vault = await prepareVault(config, configuredStore(config), systemClock.now());
  if (vault.kind === 'opened') {
    say({ event: 'vault.opened', vaultId: vault.vaultId });
    return;
  }
  say({ event: 'vault.created', vaultId: vault.vaultId, recoveryKey: vault.recoveryKey });
  process.stderr.write(
    'The recovery key above is shown this once. Keep it offline: it opens the vault when the key file is lost.\n',
  );
}

async function prepareLedger(config: Config): Promise<void> {
  const log = createLogger({ process: 'control-plane-prepare', level: config.ADYTON_LOG_LEVEL });
  const ledger = openControlLedger(config, log);
  try {
    say({ event: 'ledger.migrated', applied: await migrateLedger(ledger) });
  } finally {
    await ledger.close();
  }
}

async function prepareKeyFile(config: Config): Promise<void> {
  const created = await createKeyFile(config.ADYTON_VAULT_KEY_FILE, randomBytes(KEY_FILE_BYTES));
  if (created) say({ event: 'vault.key-file-created', path: config.ADYTON_VAULT_KEY_FILE });
}

/** One JSON object a line on stdout, like the processes that start afterwards. */
function say(event: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

runProcess(prepare);
