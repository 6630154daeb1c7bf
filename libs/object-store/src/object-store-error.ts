// What can go wrong with a store, in kinds that code may branch on.
export type ObjectStoreErrorKind =
  | 'unavailable'
  | 'timeout'
  | 'denied'
  | 'locked'
  | 'full'
  | 'no-bucket'
  | 'not-supported'
  | 'corrupt-reply'
  | 'out-of-range';

const HINTS: Record<ObjectStoreErrorKind, string> = {
  unavailable: 'check that the endpoint is right and reachable',
  timeout: 'the store did not answer in time; check its load and the network',
  denied: 'check access key, secret and bucket policy',
  locked: 'the object is under Object Lock: it can be deleted when the lock has run out',
  full: 'free or add space at the store',
  'no-bucket': 'create the bucket, or correct its name',
  'not-supported': 'this store lacks a feature that the vault needs',
  'corrupt-reply': 'the store sent other bytes than it announced; check the network between',
  'out-of-range': 'the object is shorter than what is written about it: it was cut or replaced at the store',
};

/** Kinds that may go away by themselves: worth a retry. */
const TEMPORARY: ReadonlySet<ObjectStoreErrorKind> = new Set(['unavailable', 'timeout', 'corrupt-reply']);

export class ObjectStoreError extends Error {
  readonly temporary: boolean;
  readonly hint: string;

  constructor(
    readonly kind: ObjectStoreErrorKind,
    readonly store: string,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`${store}: ${detail}`, options);
    this.name = 'ObjectStoreError';
    this.temporary = TEMPORARY.has(kind);
    this.hint = HINTS[kind];
  }
}
