// Create, get, list and delete objects over S3, a directory or memory.
export {
  type CreateOutcome,
  type GetOptions,
  type ObjectFacts,
  type ObjectStore,
  type RequestOptions,
  type StoredObject,
} from './object-store';
export { ObjectStoreError, type ObjectStoreErrorKind } from './object-store-error';
export { MemoryStore } from './memory-store';
export { faultyStore, type FaultChoice, type StoreFault, type StoreOperation } from './faulty-store';
export { openObjectStore, type ObjectStoreConfig } from './open-object-store';
export { retryingStore, type RetryOptions } from './retrying-store';
export { limitedStore, type StoreLimits } from './limited-store';
export { Pace, rateLimitedStore, type PaceOptions } from './rate-limited-store';
export {
  isFit,
  probeAccess,
  probeObjectStore,
  type AccessReport,
  type ProbeReport,
} from './probe-object-store';
