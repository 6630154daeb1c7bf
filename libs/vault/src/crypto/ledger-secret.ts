// Secrets of the control tier that must be read again, such as the signing secret of a webhook: kept in the ledger, sealed under a key that
// follows from the master key. Whoever has the ledger alone learns nothing; a new key file of the vault changes nothing.
import { hkdfSync } from 'node:crypto';
import { openDocument, sealDocument } from './sealed-document';

interface VaultSecrets {
  readonly vaultId: string;
  readonly masterKey: Uint8Array;
}

const KEY_BYTES = 32;
const PURPOSE = 'adyton ledger secret';

/** @param name what it belongs to: under another name it does not open */
export function sealLedgerSecret(vault: VaultSecrets, name: string, secret: string): Buffer {
  return sealDocument(keyOf(vault), 'ledger-secret', Buffer.from(secret), name);
}

/** @throws VaultError damaged when it was sealed under another name or by another vault. */
export function openLedgerSecret(vault: VaultSecrets, name: string, sealed: Uint8Array): string {
  return openDocument(keyOf(vault), 'ledger-secret', sealed, name).toString();
}

function keyOf({ vaultId, masterKey }: VaultSecrets): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, vaultId, PURPOSE, KEY_BYTES));
}
