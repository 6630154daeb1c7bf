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
  full: 'ADY_STORE_FULL',
  'no-bucket': 'ADY_VAULT_MISSING',
  'not-supported': 'ADY_STORE_DENIED',
};

const VAULT_CODES: Readonly<Partial<Record<VaultErrorKind, ErrorCode>>> = {
  'no-vault': 'ADY_VAULT_MISSING',
  'wrong-key': 'ADY_VAULT_KEY_WRONG',
  'mistyped-key': 'ADY_VAULT_KEY_WRONG',
  damaged: 'ADY_VAULT_DAMAGED',
};

/** Runs a call of store or vault. @throws AdytonError with the code of what went wrong; anything else as it is. */
export async function inOurWords<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined || !(error instanceof Error)) throw error;
    throw new AdytonError(code, error.message, {}, { cause: error });
  }
}

function codeOf(error: unknown): ErrorCode | undefined {
  if (error instanceof ObjectStoreError) return STORE_CODES[error.kind];
  if (error instanceof VaultError) return VAULT_CODES[error.kind];
  return undefined;
}
