// Holds the bytes that are created in a store to a rate, for a run whose policy says how much of the line it may take. An object pays
// before it leaves: it waits as long as its bytes take at the rate, after those that came before it. So no stretch of time carries more
// than its share and one object; from 6 MB/s up that is within a tenth over a minute, packs being 32 MiB. Reading is not limited.
// Put around the store's retries: bytes sent again after a failure are not counted.
import { setTimeout as sleepFor } from 'node:timers/promises';
import { type GetOptions, type ObjectStore, type RequestOptions } from './object-store';

export interface RateLimit {
  /** Bytes of bodies, without what protocols add; more than 0. */
  readonly bytesPerSecond: number;
  /** Monotonic, ms. */
  readonly nowMs?: () => number;
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** What an idle line saves up: small objects that follow one another need not wait. */
const SAVED_MS_MAX = 1000;

/** @throws RangeError for a rate that lets nothing through */
export function rateLimitedStore(store: ObjectStore, limit: RateLimit): ObjectStore {
  const pace = new Pace(limit);
  return {
    name: store.name,
    create: async (key: string, bytes: Uint8Array, o: RequestOptions = {}) => {
      await pace.pay(bytes.length, o.signal);
      return store.create(key, bytes, o);
    },
    get: (key: string, o: GetOptions = {}) => store.get(key, o),
    head: (key: string, o: RequestOptions = {}) => store.head(key, o),
    delete: (key: string, o: RequestOptions = {}) => store.delete(key, o),
    list: (prefix: string, o: RequestOptions = {}) => store.list(prefix, o),
  };
}

class Pace {
  private readonly nowMs: () => number;
  /** When all that was let through so far has been paid for. */
  private paidUntilMs: number;

  constructor(private readonly limit: RateLimit) {
    if (!(limit.bytesPerSecond > 0))
      throw new RangeError(`a rate of ${limit.bytesPerSecond} bytes/s lets nothing through`);
    this.nowMs = limit.nowMs ?? (() => performance.now());
    this.paidUntilMs = this.nowMs();
  }

  /** Waits for its turn. An aborted request goes on at once and ends with the store's own error. */
  async pay(bytes: number, signal: AbortSignal | undefined): Promise<void> {
    const now = this.nowMs();
    this.paidUntilMs =
      Math.max(this.paidUntilMs, now - SAVED_MS_MAX) + (bytes / this.limit.bytesPerSecond) * 1000;
    if (this.paidUntilMs > now)
      await (this.limit.sleep ?? sleepUnlessAborted)(this.paidUntilMs - now, signal);
  }
}

async function sleepUnlessAborted(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleepFor(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}
