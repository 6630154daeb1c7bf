// Errors of the object store and the vault in the words of the catalog.
import { AdytonError, type ErrorCode } from '@adyton/contracts';
import { ObjectStoreError, type ObjectStoreErrorKind } from '@adyton/object-store';
import { VaultError, type VaultErrorKind } from '@adyton/vault';

const STORE_CODES: Readonly<Record<ObjectStoreErrorKind, ErrorCode>> = {
  unavailable: 'ADY_STORE_UNAVAILABLE',
  timeout: 'ADY_STORE_UNAVAILABLE',
  'corrupt-reply': 'ADY_STORE_UNAVAILABLE',
  'out-of-range': 'ADY_VAULT_DAMAGED',
  denied: 'ADY_STORE_DENIED',
  locked: 'ADY_STORE_DENIED',
  full: 'ADY_STORE_FULL',
  'no-bucket': 'ADY_VAULT_MISSING',
  'not-supported': 'ADY_STORE_UNFIT',
};

const VAULT_CODES: Readonly<Record<VaultErrorKind, ErrorCode>> = {
  'no-vault': 'ADY_VAULT_MISSING',
  'wrong-key': 'ADY_VAULT_KEY_WRONG',
  'mistyped-key': 'ADY_VAULT_KEY_WRONG',
  'no-such-slot': 'ADY_NOT_FOUND',
  'last-slot': 'ADY_VAULT_KEY_WRONG',
  'unsupported-version': 'ADY_VAULT_VERSION',
  'vault-exists': 'ADY_ALREADY_EXISTS',
  'piece-exists': 'ADY_ALREADY_EXISTS',
  'piece-missing': 'ADY_PIECE_MISSING',
  'piece-needed': 'ADY_PIECE_NEEDED',
  damaged: 'ADY_VAULT_DAMAGED',
  'session-ended': 'ADY_FENCED',
  'unfit-store': 'ADY_STORE_UNFIT',
  condemned: 'ADY_PIECE_MISSING',
};

/** Runs a call of store or vault. @throws AdytonError with the code of what went wrong; anything else as it is. */
export async function inOurWords<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof ObjectStoreError || error instanceof VaultError)) throw error;
    throw new AdytonError(errorCodeOf(error), error.message, {}, { cause: error });
  }
}

/** ADY_INTERNAL for what is neither an error of ours nor of store or vault. */
export function errorCodeOf(error: unknown): ErrorCode {
  if (error instanceof AdytonError) return error.code;
  if (error instanceof ObjectStoreError) return STORE_CODES[error.kind];
  if (error instanceof VaultError) return VAULT_CODES[error.kind];
  return 'ADY_INTERNAL';
}
