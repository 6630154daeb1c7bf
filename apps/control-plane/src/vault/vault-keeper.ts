// The opened vault, and with it the keys of every database. Opened at start where the object store answers, else by the first who
// needs it; a wrong key or a missing vault stays an error for whoever asks.
import { type DatabaseKeysDocument } from '@adyton/contracts';
import {
  deriveDatabaseKeys,
  openLedgerSecret,
  sealLedgerSecret,
  serialiseDatabaseKeys,
  type Vault,
} from '@adyton/vault';

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

  /** Seals a secret for the ledger; `name` says what it belongs to. @throws as open */
  async seal(name: string, secret: string): Promise<Buffer> {
    return sealLedgerSecret(await this.opened(), name, secret);
  }

  /** @throws as open; VaultError when it was sealed under another name or by another vault. */
  async unseal(name: string, sealed: Uint8Array): Promise<string> {
    return openLedgerSecret(await this.opened(), name, sealed);
  }

  private opened(): Promise<Vault> {
    this.opening ??= this.openVault().catch((error: unknown) => {
      this.opening = undefined;
      throw error;
    });
    return this.opening;
  }
}
