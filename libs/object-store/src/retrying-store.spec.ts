// Failures that pass by themselves, replies that were lost, and whose memory is sent again.
import { MemoryStore } from './memory-store';
import { type CreateOutcome } from './object-store';
import { ObjectStoreError } from './object-store-error';
import { retryingStore } from './retrying-store';

/** Does what it is asked and then loses its answers, or hangs until its time-out. */
class UnreliableStore extends MemoryStore {
  readonly bodies: Uint8Array[] = [];
  attempts = 0;
  nowMs = 0;

  constructor(
    private readonly answersLost: number,
    private readonly timeoutMs = 0,
  ) {
    super();
  }

  override async create(key: string, bytes: Uint8Array): Promise<CreateOutcome> {
    this.bodies.push(bytes);
    const outcome = await super.create(key, bytes);
    this.answer();
    return outcome;
  }

  async clock(): Promise<Date> {
    this.answer();
    return new Date(0);
  }

  private answer(): void {
    this.attempts += 1;
    this.nowMs += this.timeoutMs;
    if (this.attempts <= this.answersLost) throw new ObjectStoreError('timeout', this.name, 'no answer');
  }
}

function retrying(store: UnreliableStore, slept: number[] = []) {
  const sleep = async (ms: number): Promise<void> => {
    slept.push(ms);
    store.nowMs += ms;
  };
  return retryingStore(store, { sleep, nowMs: () => store.nowMs, random: () => 0.5 });
}

describe('a store that tries again', () => {
  it('answers that an object exists when the answer to its own creation was lost, and holds the bytes', async () => {
    const store = new UnreliableStore(1);
    expect(await retrying(store).create('pack/aa/1', Buffer.from('bytes'))).toBe('exists');
    expect(await store.get('pack/aa/1')).toEqual(new Uint8Array(Buffer.from('bytes')));
  });

  it('asks for the time again when its connection was reset: a backup must not fail its checks for that', async () => {
    const store = new UnreliableStore(1);
    expect(await retrying(store).clock?.()).toEqual(new Date(0));
    expect(store.attempts).toBe(2);
  });

  it('sends the very memory it was given, every time', async () => {
    const store = new UnreliableStore(3);
    const body = Buffer.alloc(1000);
    await retrying(store).create('pack/aa/1', body);
    expect(store.bodies).toHaveLength(4);
    for (const sent of store.bodies) expect(sent).toBe(body);
  });

  it('waits longer each time, never twice the same for all clients', async () => {
    const slept: number[] = [];
    await retrying(new UnreliableStore(4), slept).create('pack/aa/1', Buffer.alloc(1));
    expect(slept).toEqual([150, 300, 600, 1200]);
  });

  it('begins no attempt later than three minutes after the first', async () => {
    const store = new UnreliableStore(Infinity, 60_000);
    await expect(retrying(store).create('pack/aa/1', Buffer.alloc(1))).rejects.toThrow(ObjectStoreError);
    expect(store.attempts).toBe(3);
  });
});
