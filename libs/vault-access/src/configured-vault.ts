// The vault of this installation: created by the prepare step, opened with the key file.
import { createVault, openVault, VaultError, type Vault } from '@adyton/vault';
import { defineSettings, setting, type ConfigOf } from '@adyton/runtime';
import { type StoreOpener } from './configured-store';
import { inOurWords } from './in-our-words';
import { readKeyFile } from './key-file';

/** Of every process that holds the master key. */
export const vaultKeySettings = defineSettings({
  ADYTON_VAULT_KEY_FILE: {
    schema: setting.path,
    doc: 'file with the 32-byte key that opens the vault, mode 0600',
  },
});
export type VaultSettings = ConfigOf<typeof vaultKeySettings>;

/** @throws AdytonError ADY_STORE_…, ADY_VAULT_MISSING, ADY_VAULT_KEY_WRONG */
export async function openConfiguredVault(config: VaultSettings, openStore: StoreOpener): Promise<Vault> {
  const key = await readKeyFile(config.ADYTON_VAULT_KEY_FILE);
  return inOurWords(async () => openVault(await openStore(), { kind: 'key-file', key }));
}

export type PreparedVault =
  | { readonly kind: 'opened'; readonly vaultId: string }
  /** The recovery key opens the vault when the key file is lost; it is shown this once. */
  | { readonly kind: 'created'; readonly vaultId: string; readonly recoveryKey: string };

/** Opens the vault, or creates it where there is none. @throws AdytonError as openConfiguredVault */
export async function prepareVault(
  config: VaultSettings,
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
