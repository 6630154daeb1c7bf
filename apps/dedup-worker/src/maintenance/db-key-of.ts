// The name of a registered database in the bucket.
import { findDatabase } from '@adyton/ledger';
import { deriveDatabaseKeys } from '@adyton/vault';
import { type MaintenanceParts } from './maintenance-parts';

export async function dbKeyOf({ ledger, vault }: MaintenanceParts, databaseId: string): Promise<string> {
  const dbid = (await findDatabase(ledger.session, databaseId))?.dbid ?? null;
  if (dbid === null)
    throw new Error(`invariant: an operation on database ${databaseId} is refused before it was identified`);
  return deriveDatabaseKeys(vault.masterKey, vault.vaultId, dbid).dbKey;
}
