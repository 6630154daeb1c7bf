// The opened vault, and with it the keys of every database. Opened at start where the object store answers, else by the first who
// needs it; a wrong key or a missing vault stays an error for whoever asks.
import { type DatabaseKeysDocument } from '@adyton/contracts';

export interface OpenedVault {
  readonly id: string;
  /** Subkeys of one database; `dbid` as the database reports it. */
  databaseKeys(dbid: string): DatabaseKeysDocument;
}

export class VaultKeeper {
  private opening: Promise<OpenedVault> | undefined;

  constructor(private readonly openVault: () => Promise<OpenedVault>) {}

  /** @throws AdytonError ADY_STORE_…, ADY_VAULT_MISSING or ADY_VAULT_KEY_WRONG; the next call tries again. */
  open(): Promise<OpenedVault> {
    this.opening ??= this.openVault().catch((error: unknown) => {
      this.opening = undefined;
      throw error;
    });
    return this.opening;
  }
}
