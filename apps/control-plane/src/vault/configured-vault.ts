// The vault of this installation: opened with the key file, its database keys handed out in the shape hosts keep them.
import { createVault, deriveDatabaseKeys, openVault, VaultError, type CreatedVault } from '@adyton/vault';
import { type Config } from '../config';
import { type StoreOpener } from './configured-store';
import { readKeyFile } from './key-file';
import { inOurWords } from './store-errors';
import { type OpenedVault } from './vault-keeper';

/** @throws AdytonError ADY_STORE_…, ADY_VAULT_MISSING, ADY_VAULT_KEY_WRONG */
export async function openConfiguredVault(config: Config, openStore: StoreOpener): Promise<OpenedVault> {
  const keyFile = await readKeyFile(config.ADYTON_VAULT_KEY_FILE);
  return inOurWords(async () => {
    const vault = await openVault(await openStore(), { kind: 'key-file', key: keyFile });
    return {
      id: vault.vaultId,
      databaseKeys: (dbid) => documentOf(vault.vaultId, deriveDatabaseKeys(vault.masterKey, dbid)),
    };
  });
}
