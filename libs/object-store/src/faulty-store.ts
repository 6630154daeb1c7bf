// A store that fails as real ones do, when it is told to: for tests. It wraps another store, which stays as whole as a real one would.
import { type ObjectStore, type StoredObject } from './object-store';
import { ObjectStoreError } from './object-store-error';

export type StoreOperation = 'create' | 'get' | 'head' | 'list' | 'delete';

export type StoreFault =
  /** It is done, and nobody hears of it. */
  | 'reply-lost'
  /** 503: nothing was done. */
  | 'unavailable'
  /** 409, as S3 answers a conditional create that met another: nothing was done. */
  | 'conflict'
  /** A body shorter than announced. */
  | 'cut-body'
  /** A listing that does not show what was created last. A store that does so is unfit, and the probe must say it. */
  | 'stale-list';

/** Says which fault, if any, befalls the operation. */
export type FaultChoice = (operation: StoreOperation, key: string) => StoreFault | null;

/** Creations that a stale listing misses, unless it is told otherwise. */
const STALE_CREATIONS = 4;

export function faultyStore(
  store: ObjectStore,
  faultOf: FaultChoice,
  staleCreations = STALE_CREATIONS,
): ObjectStore {
  const created: string[] = [];
  const failure = (fault: StoreFault): ObjectStoreError =>
    new ObjectStoreError(
      fault === 'cut-body' ? 'corrupt-reply' : 'unavailable',
      store.name,
      `fault: ${fault}`,
    );
  const through = async <T>(operation: StoreOperation, key: string, work: () => Promise<T>): Promise<T> => {
    const fault = faultOf(operation, key);
    if (fault === null || fault === 'stale-list') return work();
    if (fault === 'reply-lost') await work();
    throw failure(fault);
  };
  return {
    name: store.name,
    create: (key, bytes, options) =>
      through('create', key, async () => {
        const outcome = await store.create(key, bytes, options);
        if (outcome === 'created') created.push(key);
        return outcome;
      }),
    get: (key, options) => through('get', key, () => store.get(key, options)),
    head: (key, options) => through('head', key, () => store.head(key, options)),
    delete: (key, options) => through('delete', key, () => store.delete(key, options)),
    list: (prefix, options) => {
      const fault = faultOf('list', prefix);
      if (fault !== null && fault !== 'stale-list') return failingList(failure(fault));
      const hidden = new Set(fault === null ? [] : created.slice(-staleCreations));
      return without(hidden, store.list(prefix, options));
    },
    ...(store.lock === undefined ? {} : { lock: store.lock.bind(store) }),
  };
}

async function* without(
  hidden: ReadonlySet<string>,
  objects: AsyncIterable<StoredObject>,
): AsyncIterable<StoredObject> {
  for await (const object of objects) if (!hidden.has(object.key)) yield object;
}

async function* failingList(error: ObjectStoreError): AsyncIterable<StoredObject> {
  throw error;
}
