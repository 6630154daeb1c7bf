// Tries temporary failures again, with back-off and jitter, for a bounded time. A create whose reply was lost may answer 'exists' the next
// time although nobody else wrote: for names that come from the content or are ours alone that is success, elsewhere callers compare.
// A body is the caller's own memory in every attempt, never a copy.
import { setTimeout as sleepFor } from 'node:timers/promises';
import { type GetOptions, type ObjectStore, type RequestOptions, type StoredObject } from './object-store';
import { ObjectStoreError } from './object-store-error';

export interface RetryOptions {
  readonly attemptsMax?: number;
  readonly baseDelayMs?: number;
  readonly delayMsMax?: number;
  /** No attempt begins later than this after the first, ms. */
  readonly totalMsMax?: number;
  /** Monotonic, ms. */
  readonly nowMs?: () => number;
  /** 0 ≤ x < 1; spreads the attempts of many clients. */
  readonly random?: () => number;
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Six tries over some ten seconds ride out a restart of a store; longer outages are for the caller to decide about. */
const ATTEMPTS_MAX = 6;
const BASE_DELAY_MS = 200;
const DELAY_MS_MAX = 5_000;
/** A store that hangs uses up a time-out with every attempt: three of them, then its caller hears of it. */
const TOTAL_MS_MAX = 180_000;

export function retryingStore(store: ObjectStore, options: RetryOptions = {}): ObjectStore {
  const again = <T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> =>
    retry(work, options, signal);
  const clock = store.clock?.bind(store);
  return {
    name: store.name,
    create: (key: string, bytes: Uint8Array, o: RequestOptions = {}) =>
      again(() => store.create(key, bytes, o), o.signal),
    get: (key: string, o: GetOptions = {}) => again(() => store.get(key, o), o.signal),
    head: (key: string, o: RequestOptions = {}) => again(() => store.head(key, o), o.signal),
    delete: (key: string, o: RequestOptions = {}) => again(() => store.delete(key, o), o.signal),
    list: (prefix: string, o: RequestOptions = {}) => listAgain(store, prefix, o, again),
    ...(store.lock === undefined
      ? {}
      : {
          lock: (key: string, until: Date, o: RequestOptions = {}) =>
            again(async () => store.lock?.(key, until, o), o.signal),
        }),
    ...(clock === undefined ? {} : { clock: (o: RequestOptions = {}) => again(() => clock(o), o.signal) }),
  };
}

/** A listing that broke begins anew; nothing of it is given out before it is whole. */
async function* listAgain(
  store: ObjectStore,
  prefix: string,
  options: RequestOptions,
  again: <T>(work: () => Promise<T>, signal: AbortSignal | undefined) => Promise<T>,
): AsyncIterable<StoredObject> {
  const objects = await again(async () => {
    const collected: StoredObject[] = [];
    for await (const object of store.list(prefix, options)) collected.push(object);
    return collected;
  }, options.signal);
  yield* objects;
}

async function retry<T>(
  work: () => Promise<T>,
  options: RetryOptions,
  signal: AbortSignal | undefined,
): Promise<T> {
  const attemptsMax = options.attemptsMax ?? ATTEMPTS_MAX;
  const nowMs = options.nowMs ?? (() => performance.now());
  const lastStartMs = nowMs() + (options.totalMsMax ?? TOTAL_MS_MAX);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const delay = delayMs(attempt, options);
      if (
        !(error instanceof ObjectStoreError) ||
        !error.temporary ||
        attempt >= attemptsMax ||
        nowMs() + delay > lastStartMs ||
        signal?.aborted === true
      )
        throw error;
      await (options.sleep ?? sleepUnlessAborted)(delay, signal);
    }
  }
}

function delayMs(attempt: number, options: RetryOptions): number {
  const full = Math.min(
    (options.baseDelayMs ?? BASE_DELAY_MS) * 2 ** (attempt - 1),
    options.delayMsMax ?? DELAY_MS_MAX,
  );
  const random = options.random ?? defaultRandom;
  return full / 2 + (random() * full) / 2;
}

/** Jitter needs no quality: it only keeps clients from marching in step. */
function defaultRandom(): number {
  return (performance.now() * 1000) % 1;
}

async function sleepUnlessAborted(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleepFor(ms, undefined, signal === undefined ? {} : { signal });
  } catch {
    return; // aborted: the next attempt ends at once with the store's own error
  }
}
