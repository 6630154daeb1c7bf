// What can be wrong with a vault, in kinds that code may branch on.
export type VaultErrorKind =
  | 'no-vault'
  | 'wrong-key'
  | 'mistyped-key'
  | 'no-such-slot'
  | 'last-slot'
  | 'unsupported-version'
  | 'vault-exists'
  | 'piece-exists'
  | 'piece-missing'
  /** Something relies on what was to be removed. */
  | 'piece-needed'
  | 'damaged'
  | 'session-ended'
  /** The store breaks a promise the vault is built on. */
  | 'unfit-store'
  /** What was asked for waits to be collected. */
  | 'condemned';

export interface VaultErrorFacts {
  readonly objectKey?: string;
  readonly handle?: string;
  readonly damage?: 'missing' | 'truncated' | 'altered';
}

export class VaultError extends Error {
  constructor(
    readonly kind: VaultErrorKind,
    detail: string,
    readonly facts: VaultErrorFacts = {},
    options?: ErrorOptions,
  ) {
    super(detail, options);
    this.name = 'VaultError';
  }
}

export function damaged(
  objectKey: string,
  damage: 'missing' | 'truncated' | 'altered',
  handle?: string,
): VaultError {
  const piece = handle === undefined ? '' : `, needed by piece ${handle}`;
  return new VaultError('damaged', `${objectKey} is ${damage}${piece}`, {
    objectKey,
    damage,
    ...(handle === undefined ? {} : { handle }),
  });
}

/** @param version what the object says of itself */
export function unsupported(objectKey: string, version: unknown): VaultError {
  return new VaultError(
    'unsupported-version',
    `${objectKey} has format version ${String(version)}, which is not known to this program`,
    { objectKey },
  );
}

/** For what only saves space: null when it is damaged. An outage of the store is an error as ever. */
export async function unlessDamaged<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof VaultError || error instanceof RangeError) return null;
    throw error;
  }
}
