// Bounds what is under way at once: requests, and bytes of bodies. What does not fit waits in order.
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
      gate.through(bytes.length, () => store.create(key, bytes, o)),
    get: (key: string, o: GetOptions = {}) => gate.through(o.length ?? 0, () => store.get(key, o)),
    head: (key: string, o?: RequestOptions) => gate.through(0, () => store.head(key, o)),
    delete: (key: string, o?: RequestOptions) => gate.through(0, () => store.delete(key, o)),
    list: (prefix: string, o?: RequestOptions) => store.list(prefix, o),
    ...(store.lock === undefined
      ? {}
      : {
          lock: (key: string, until: Date, o?: RequestOptions) =>
            gate.through(0, async () => store.lock?.(key, until, o)),
        }),
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

  async through<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    await this.enter(bytes);
    try {
      return await work();
    } finally {
      this.requests -= 1;
      this.bytes -= bytes;
      this.admitWaiting();
    }
  }

  private async enter(bytes: number): Promise<void> {
    if (this.waiting.length > 0 || !this.fits(bytes)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.waiting.push({ bytes, enter: resolve });
      await promise;
      return;
    }
    this.take(bytes);
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
