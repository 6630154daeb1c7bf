// A store in memory: the twin that tests and tools use. It keeps every rule of the contract.
import {
  assertKey,
  type CreateOutcome,
  type GetOptions,
  type ObjectStore,
  type StoredObject,
} from './object-store';
import { sliceRange } from './range';

export class MemoryStore implements ObjectStore {
  readonly name = 'memory store';
  private readonly objects = new Map<string, Uint8Array>();

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

  async head(key: string): Promise<{ bytes: number } | null> {
    const bytes = this.objects.get(key);
    return bytes === undefined ? null : { bytes: bytes.length };
  }

  async *list(prefix: string): AsyncIterable<StoredObject> {
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    for (const key of keys) {
      const bytes = this.objects.get(key);
      if (bytes !== undefined) yield { key, bytes: bytes.length };
    }
  }

  async delete(key: string): Promise<void> {
    this.objects.delete(key);
  }
}
