import { MemoryStore } from './memory-store';
import { rateLimitedStore } from './rate-limited-store';

const MB = 1_000_000;
const PACK = Buffer.alloc(32 * 1024 * 1024);
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

function limited() {
  const clock = new SteppedClock();
  const counting = new CountingStore();
  const store = rateLimitedStore(counting, {
    bytesPerSecond: BYTES_PER_SECOND,
    nowMs: () => clock.ms,
    sleep: clock.sleep,
  });
  return { clock, counting, store };
}

async function uploadForEver(store: ReturnType<typeof limited>['store'], writer: number): Promise<void> {
  for (let i = 0; ; i += 1) await store.create(`w${writer}/${i}`, PACK);
}

describe('a store with a limited rate', () => {
  it('takes within a tenth of the rate over a minute, whatever the number of writers', async () => {
    for (const writers of [1, 4]) {
      const { clock, counting, store } = limited();
      for (let writer = 0; writer < writers; writer += 1) void uploadForEver(store, writer);
      await clock.runUntil(60_000);
      const share = counting.bytes / (60 * BYTES_PER_SECOND);
      expect(share).toBeGreaterThan(0.9);
      expect(share).toBeLessThan(1.1);
    }
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
    expect(() => rateLimitedStore(new MemoryStore(), { bytesPerSecond: 0 })).toThrow(RangeError);
  });
});
