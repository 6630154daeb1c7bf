// What can be wrong with a vault, in kinds that code may branch on.
export type VaultErrorKind =
  | 'no-vault'
  | 'wrong-key'
  | 'unsupported-version'
  | 'vault-exists'
  | 'piece-exists'
  | 'piece-missing'
  | 'damaged'
  | 'session-ended';

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
