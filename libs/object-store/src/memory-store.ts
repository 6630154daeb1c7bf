// A store in memory: the twin that tests and tools use. It keeps every rule of the contract.
import {
  assertKey,
  type CreateOutcome,
  type GetOptions,
  type ObjectFacts,
  type ObjectStore,
  type StoredObject,
} from './object-store';
import { ObjectStoreError } from './object-store-error';
import { sliceRange } from './range';

export class MemoryStore implements ObjectStore {
  readonly name = 'memory store';
  private readonly objects = new Map<string, Uint8Array>();
  private readonly locks = new Map<string, Date>();

  /** @param now the clock that locks run out by; without it they never do */
  constructor(private readonly now: () => Date = () => new Date(0)) {}

  async create(key: string, bytes: Uint8Array): Promise<CreateOutcome> {
    assertKey(key);
    if (this.objects.has(key)) return 'exists';
    this.objects.set(key, Uint8Array.from(bytes));
    return 'created';
  }

  async get(key: string, options: GetOptions = {}): Promise<Uint8Array | null> {
    const bytes = this.objects.get(key);
    return bytes === undefined ? null : Uint8Array.from(sliceRange(bytes, options, this.name));
  }

  async head(key: string): Promise<ObjectFacts | null> {
    const bytes = this.objects.get(key);
    const lockedUntil = this.locks.get(key);
    if (bytes === undefined) return null;
    return { bytes: bytes.length, ...(lockedUntil === undefined ? {} : { lockedUntil }) };
  }

  async *list(prefix: string): AsyncIterable<StoredObject> {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    for (const key of keys) {
      const bytes = this.objects.get(key);
      if (bytes !== undefined) yield { key, bytes: bytes.length };
    }
  }

  async delete(key: string): Promise<void> {
    const lockedUntil = this.locks.get(key);
    if (lockedUntil !== undefined && lockedUntil > this.now())
      throw new ObjectStoreError('locked', this.name, `${key} is locked until ${lockedUntil.toISOString()}`);
    this.objects.delete(key);
    this.locks.delete(key);
  }

  async lock(key: string, until: Date): Promise<void> {
    const lockedUntil = this.locks.get(key);
    if (lockedUntil === undefined || lockedUntil < until) this.locks.set(key, until);
  }
}
