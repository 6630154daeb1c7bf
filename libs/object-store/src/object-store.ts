// The object store under the vault: five operations, and two more where it can lock and tells the time. Objects are created once and never overwritten, so that a crash or a second writer
// can leave garbage but never damage. Behaviour such as retries and limits is added by wrappers; one contract suite holds for all.

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
}

export interface ObjectFacts {
  readonly bytes: number;
  /** Until then the store lets nobody delete the object. */
  readonly lockedUntil?: Date;
}

export interface RequestOptions {
  readonly signal?: AbortSignal;
}

export interface GetOptions extends RequestOptions {
  /** First byte, default 0. */
  readonly offset?: number;
  /** Bytes wanted; default to the end. A range that reaches past the end is an error of the caller. */
  readonly length?: number;
}

/** `exists`: the key was taken. After a lost reply it may have been taken by the caller's own earlier attempt: compare where it matters. */
export type CreateOutcome = 'created' | 'exists';

export interface ObjectStore {
  /** For messages; never contains secrets. */
  readonly name: string;
  /** Creates the object unless the key exists. Atomic: a reader sees nothing or all of it. */
  create(key: string, bytes: Uint8Array, options?: RequestOptions): Promise<CreateOutcome>;
  /** Exactly the bytes asked for, or null when the store says, with valid credentials, that the key does not exist. */
  get(key: string, options?: GetOptions): Promise<Uint8Array | null>;
  head(key: string, options?: RequestOptions): Promise<ObjectFacts | null>;
  /** All objects whose key begins with `prefix`, in the order of their keys. */
  list(prefix: string, options?: RequestOptions): AsyncIterable<StoredObject>;
  /**
   * Deletes for good: in a versioned bucket every version, for a marker would let the key be created again over it. Deleting what does
   * not exist is fine. @throws ObjectStoreError locked
   */
  delete(key: string, options?: RequestOptions): Promise<void>;
  /** Locks the object until then; never earlier than it is locked already. Missing where the store has no locks. */
  lock?(key: string, until: Date, options?: RequestOptions): Promise<void>;
  /** What time it is at the store, to the second, whether or not it takes our credentials. Missing where the store tells no time. */
  clock?(options?: RequestOptions): Promise<Date>;
}

/** Longest key, bytes: S3's own limit. */
const KEY_BYTES_MAX = 1024;

/** @throws RangeError for keys that some store or file system would not keep apart. */
export function assertKey(key: string): void {
  const clean = /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/.test(key);
  if (!clean || key.split('/').some((part) => part === '.' || part === '..') || key.length > KEY_BYTES_MAX) {
    throw new RangeError(`not an object key: ${JSON.stringify(key.slice(0, 200))}`);
  }
}
