// The opened vault, and with it the keys of every database. Opened at start where the object store answers, else by the first who
// needs it; a wrong key or a missing vault stays an error for whoever asks.
import { type DatabaseKeysDocument } from '@adyton/contracts';
import { deriveDatabaseKeys, serialiseDatabaseKeys, type Vault } from '@adyton/vault';

export class VaultKeeper {
  private opening: Promise<Vault> | undefined;

  constructor(private readonly openVault: () => Promise<Vault>) {}

  /** @returns the vault's id. @throws AdytonError ADY_STORE_…, ADY_VAULT_MISSING or ADY_VAULT_KEY_WRONG; the next call tries again. */
  async open(): Promise<string> {
    return (await this.opened()).vaultId;
  }

  /** Subkeys of one database; `dbid` as the database reports it. @throws as open */
  async databaseKeys(dbid: string): Promise<DatabaseKeysDocument> {
    const { vaultId, masterKey } = await this.opened();
    return { vaultId, keys: serialiseDatabaseKeys(deriveDatabaseKeys(masterKey, vaultId, dbid)) };
  }

  private opened(): Promise<Vault> {
    this.opening ??= this.openVault().catch((error: unknown) => {
      this.opening = undefined;
      throw error;
    });
    return this.opening;
  }
}
