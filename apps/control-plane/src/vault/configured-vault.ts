// The vault of this installation: created by the prepare step, opened with the key file, its database keys handed out to hosts.
import { createVault, deriveDatabaseKeys, openVault, serialiseDatabaseKeys, VaultError } from '@adyton/vault';
import { type Config } from '../config';
import { type StoreOpener } from './configured-store';
import { readKeyFile } from './key-file';
import { inOurWords } from './store-errors';
import { type OpenedVault } from './vault-keeper';

/** @throws AdytonError ADY_STORE_…, ADY_VAULT_MISSING, ADY_VAULT_KEY_WRONG */
export async function openConfiguredVault(config: Config, openStore: StoreOpener): Promise<OpenedVault> {
  const key = await readKeyFile(config.ADYTON_VAULT_KEY_FILE);
  return inOurWords(async () => {
    const { vaultId, masterKey } = await openVault(await openStore(), { kind: 'key-file', key });
    return {
      id: vaultId,
      databaseKeys: (dbid) => ({
        vaultId,
        keys: serialiseDatabaseKeys(deriveDatabaseKeys(masterKey, vaultId, dbid)),
      }),
    };
  });
}

export type PreparedVault =
  | { readonly kind: 'opened'; readonly vaultId: string }
  /** The recovery key opens the vault when the key file is lost; it is shown this once. */
  | { readonly kind: 'created'; readonly vaultId: string; readonly recoveryKey: string };

/** Opens the vault, or creates it where there is none. @throws AdytonError as openConfiguredVault */
export async function prepareVault(
  config: Config,
  openStore: StoreOpener,
  now: Date,
): Promise<PreparedVault> {
  const key = await readKeyFile(config.ADYTON_VAULT_KEY_FILE);
  return inOurWords(async () => {
    const store = await openStore();
    const unlock = { kind: 'key-file', key } as const;
    try {
      const { vaultId, recoveryKey } = await createVault(store, { unlock, now });
      return { kind: 'created', vaultId, recoveryKey };
    } catch (error) {
      if (!(error instanceof VaultError && error.kind === 'vault-exists')) throw error;
      return { kind: 'opened', vaultId: (await openVault(store, unlock)).vaultId };
    }
  });
}
