// Holds the bytes that are created in stores to a rate, for backups whose policy says how much of the line they may take. An object pays
// before it leaves: it waits as long as its bytes take at the rate, after those that came before it, through whichever of the stores. So no
// stretch of time carries more than its share and one object; from 6 MB/s up that is within a tenth over a minute, packs being 32 MiB.
// Reading is not limited. Put around the store's retries: bytes sent again after a failure are not counted.
import { setTimeout as sleepFor } from 'node:timers/promises';
import { type GetOptions, type ObjectStore, type RequestOptions } from './object-store';

export interface PaceOptions {
  /** Monotonic, ms. */
  readonly nowMs?: () => number;
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** What an idle line saves up: small objects that follow one another need not wait. */
const SAVED_MS_MAX = 1000;

/** What is created pays first. Stores that are given the same pace share its rate. */
export function rateLimitedStore(store: ObjectStore, pace: Pace): ObjectStore {
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
    ...(store.lock === undefined
      ? {}
      : {
          lock: async (key: string, until: Date, o: RequestOptions = {}) => store.lock?.(key, until, o),
        }),
  };
}

export class Pace {
  private readonly nowMs: () => number;
  /** When all that was let through so far has been paid for. */
  private paidUntilMs: number;
  private rate: number;

  /** @param bytesPerSecond of bodies, without what protocols add. @throws RangeError for a rate that lets nothing through */
  constructor(
    bytesPerSecond: number,
    private readonly options: PaceOptions = {},
  ) {
    this.rate = checkedRate(bytesPerSecond);
    this.nowMs = options.nowMs ?? (() => performance.now());
    this.paidUntilMs = this.nowMs();
  }

  /** What has paid already stays paid. */
  set bytesPerSecond(bytesPerSecond: number) {
    this.rate = checkedRate(bytesPerSecond);
  }

  /** Waits for its turn. An aborted request goes on at once and ends with the store's own error. */
  async pay(bytes: number, signal: AbortSignal | undefined): Promise<void> {
    const now = this.nowMs();
    this.paidUntilMs = Math.max(this.paidUntilMs, now - SAVED_MS_MAX) + (bytes / this.rate) * 1000;
    if (this.paidUntilMs > now)
      await (this.options.sleep ?? sleepUnlessAborted)(this.paidUntilMs - now, signal);
  }
}

function checkedRate(bytesPerSecond: number): number {
  if (bytesPerSecond > 0) return bytesPerSecond;
  throw new RangeError(`a rate of ${bytesPerSecond} bytes/s lets nothing through`);
}

async function sleepUnlessAborted(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleepFor(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}
