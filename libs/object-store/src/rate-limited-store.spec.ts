// What goes over a line with a limit in any minute, with the clock moved by hand.
import { MemoryStore } from './memory-store';
import { Pace, rateLimitedStore } from './rate-limited-store';

const MB = 1_000_000;
const PACK = Buffer.alloc(32 * 1024 * 1024);
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const BYTES_PER_SECOND = 10 * MB;

/** A clock that stands still until everybody sleeps, then jumps to whoever wakes first. */
class SteppedClock {
  ms = 0;
  private readonly sleepers: { readonly at: number; readonly wake: () => void }[] = [];

  sleep = (ms: number): Promise<void> =>
    new Promise((wake) => {
      this.sleepers.push({ at: this.ms + ms, wake });
    });

  async runUntil(endMs: number): Promise<void> {
    for (;;) {
      await new Promise(setImmediate);
      this.sleepers.sort((a, b) => a.at - b.at);
      const next = this.sleepers[0];
      if (next === undefined || next.at > endMs) return;
      this.sleepers.shift();
      this.ms = next.at;
      next.wake();
    }
  }
}

class CountingStore extends MemoryStore {
  bytes = 0;
  override async create(_key: string, bytes: Uint8Array): Promise<'created'> {
    this.bytes += bytes.length;
    return 'created';
  }
}

function limited(stores = 1) {
  const clock = new SteppedClock();
  const counting = new CountingStore();
  const pace = new Pace(BYTES_PER_SECOND, { nowMs: () => clock.ms, sleep: clock.sleep });
  const all = Array.from({ length: stores }, () => rateLimitedStore(counting, pace));
  return { clock, counting, pace, stores: all, store: all[0] ?? counting };
}

type LimitedStore = ReturnType<typeof limited>['store'];

async function uploadForEver(store: LimitedStore, writer: number): Promise<void> {
  for (let i = 0; ; i += 1) await store.create(`w${writer}/${i}`, PACK);
}

/** Objects as a backup makes them: mostly full packs, some that end early, and small recipes and markers between; with pauses. */
async function uploadAsABackup(store: LimitedStore, clock: SteppedClock, seed: number): Promise<void> {
  let state = seed;
  const random = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  for (let i = 0; ; i += 1) {
    const share = [1, 1, 1, random(), random() / 1000][Math.floor(random() * 5)] ?? 1;
    await store.create(`w${seed}/${i}`, PACK.subarray(0, Math.ceil(PACK.length * share)));
    await clock.sleep(random() * 300);
  }
}

/** Share of the rate that was used in each minute that begins at a whole second of five. */
async function sharesOfMinutes(clock: SteppedClock, counting: CountingStore): Promise<number[]> {
  const sums: number[] = [];
  for (let second = 0; second <= 300; second += 1) {
    await clock.runUntil(second * 1000);
    sums.push(counting.bytes);
  }
  return sums.slice(60).map((sum, i) => (sum - (sums[i] ?? 0)) / (60 * BYTES_PER_SECOND));
}

describe('a store with a limited rate', () => {
  it('S5.10 takes within a tenth of the rate over any minute, whatever the number of channels and runs that share it', async () => {
    for (const writers of [1, 4, 8]) {
      const { clock, counting, stores } = limited(2);
      for (let writer = 0; writer < writers; writer += 1)
        void uploadForEver(stores[writer % 2] ?? counting, writer);
      for (const share of await sharesOfMinutes(clock, counting)) {
        expect(share).toBeGreaterThan(0.9);
        expect(share).toBeLessThan(1.1);
      }
    }
  });

  it('S5.10 holds for objects of all sizes and writers that pause', async () => {
    for (const seed of SEEDS) {
      const { clock, counting, stores } = limited(2);
      for (const writer of [1, 2, 3, 4])
        void uploadAsABackup(stores[writer % 2] ?? counting, clock, 10 * seed + writer);
      for (const share of await sharesOfMinutes(clock, counting)) {
        expect(share).toBeGreaterThan(0.9);
        expect(share).toBeLessThan(1.1);
      }
    }
  });

  it('S5.10 follows a policy that changes while runs are under way', async () => {
    const { clock, counting, pace, store } = limited();
    void uploadForEver(store, 1);
    await clock.runUntil(60_000);
    const before = counting.bytes;
    pace.bytesPerSecond = 2 * BYTES_PER_SECOND;
    await clock.runUntil(120_000);
    expect((counting.bytes - before) / (60 * BYTES_PER_SECOND)).toBeGreaterThan(1.8);
  });

  it('does not save up while nothing is sent', async () => {
    const { clock, counting, store } = limited();
    clock.ms = 3_600_000;
    void uploadForEver(store, 1);
    await clock.runUntil(clock.ms + 60_000);
    expect(counting.bytes / (60 * BYTES_PER_SECOND)).toBeLessThan(1.1);
  });

  it('lets small objects pass and reading alone', async () => {
    const { clock, store } = limited();
    clock.ms = 10_000;
    expect(await store.create('marker', Buffer.alloc(100))).toBe('created');
    expect(await store.get('absent')).toBeNull();
  });

  it('refuses a rate that lets nothing through', () => {
    expect(() => new Pace(0)).toThrow(RangeError);
  });
});
