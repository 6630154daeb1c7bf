// Bounds what is under way at once: requests, and bytes of bodies. What does not fit waits in order; a request that is aborted meanwhile
// goes on at once and ends with the store's own error.
import { type GetOptions, type ObjectStore, type RequestOptions } from './object-store';

export interface StoreLimits {
  readonly requestsInFlightMax?: number;
  readonly bytesInFlightMax?: number;
}

/** Enough to fill a 10 Gbit/s path with 32 MiB objects; few enough for any store. */
const REQUESTS_IN_FLIGHT_MAX = 16;
/** Two packs for each of two channels, and as much again. */
const BYTES_IN_FLIGHT_MAX = 128 * 1024 * 1024;

export function limitedStore(store: ObjectStore, limits: StoreLimits = {}): ObjectStore {
  const gate = new Gate(
    limits.requestsInFlightMax ?? REQUESTS_IN_FLIGHT_MAX,
    limits.bytesInFlightMax ?? BYTES_IN_FLIGHT_MAX,
  );
  return {
    name: store.name,
    create: (key: string, bytes: Uint8Array, o?: RequestOptions) =>
      gate.through(bytes.length, o?.signal, () => store.create(key, bytes, o)),
    get: (key: string, o: GetOptions = {}) => gate.through(o.length ?? 0, o.signal, () => store.get(key, o)),
    head: (key: string, o?: RequestOptions) => gate.through(0, o?.signal, () => store.head(key, o)),
    delete: (key: string, o?: RequestOptions) => gate.through(0, o?.signal, () => store.delete(key, o)),
    list: (prefix: string, o?: RequestOptions) => store.list(prefix, o),
    ...(store.lock === undefined
      ? {}
      : {
          lock: (key: string, until: Date, o?: RequestOptions) =>
            gate.through(0, o?.signal, async () => store.lock?.(key, until, o)),
        }),
    ...(store.clock === undefined ? {} : { clock: store.clock.bind(store) }),
  };
}

interface Waiting {
  readonly bytes: number;
  readonly enter: () => void;
}

class Gate {
  private requests = 0;
  private bytes = 0;
  private readonly waiting: Waiting[] = [];

  constructor(
    private readonly requestsMax: number,
    private readonly bytesMax: number,
  ) {}

  async through<T>(bytes: number, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    if (!(await this.enter(bytes, signal))) return work();
    try {
      return await work();
    } finally {
      this.requests -= 1;
      this.bytes -= bytes;
      this.admitWaiting();
    }
  }

  /** False when it was aborted first: then nothing was taken. */
  private async enter(bytes: number, signal: AbortSignal | undefined): Promise<boolean> {
    if (this.waiting.length === 0 && this.fits(bytes)) {
      this.take(bytes);
      return true;
    }
    if (signal?.aborted === true) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiting: Waiting = { bytes, enter: () => resolve(true) };
    const leave = (): void => {
      const at = this.waiting.indexOf(waiting);
      if (at < 0) return;
      this.waiting.splice(at, 1);
      resolve(false);
      this.admitWaiting();
    };
    this.waiting.push(waiting);
    signal?.addEventListener('abort', leave, { once: true });
    const entered = await promise;
    signal?.removeEventListener('abort', leave);
    return entered;
  }

  private admitWaiting(): void {
    for (
      let first = this.waiting[0];
      first !== undefined && this.fits(first.bytes);
      first = this.waiting[0]
    ) {
      this.waiting.shift();
      this.take(first.bytes);
      first.enter();
    }
  }

  /** A body larger than the whole budget passes alone. */
  private fits(bytes: number): boolean {
    return this.requests < this.requestsMax && (this.requests === 0 || this.bytes + bytes <= this.bytesMax);
  }

  private take(bytes: number): void {
    this.requests += 1;
    this.bytes += bytes;
  }
}
