// What can happen to an object at rest, as ways of changing its bytes; null: the object is gone.
import { type ObjectStore } from '@adyton/object-store';
import { PACK_KINDS } from '../format/pack';

/** Where a pack says what it holds. */
const PACK_KIND_AT = 9;

export const DAMAGES = {
  'one flipped bit': (bytes: Buffer) => withFlippedBit(bytes, Math.floor(bytes.length / 2) * 8),
  'its second half cut off': (bytes: Buffer) => bytes.subarray(0, Math.floor(bytes.length / 2)),
  'zeros instead of bytes': (bytes: Buffer) => Buffer.alloc(bytes.length),
  'being deleted': () => null,
} as const satisfies Record<string, (bytes: Buffer) => Buffer | null>;

export function withFlippedBit(bytes: Buffer, bit: number): Buffer {
  const flipped = Buffer.from(bytes);
  const at = bit >>> 3;
  flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit & 7));
  return flipped;
}

export async function bytesOf(store: ObjectStore, key: string): Promise<Buffer> {
  const bytes = await store.get(key);
  if (bytes === null) throw new Error(`${key} is not there`);
  return Buffer.from(bytes);
}

/** Objects are never overwritten, except here. */
export async function replaceObject(store: ObjectStore, key: string, bytes: Buffer | null): Promise<void> {
  await store.delete(key);
  if (bytes !== null) await store.create(key, bytes);
}

/** Flips a bit in the middle of a pack of block maps; a pack of data stays as it is. */
export async function damageMaps(store: ObjectStore, key: string): Promise<void> {
  const bytes = await bytesOf(store, key);
  if (bytes[PACK_KIND_AT] === PACK_KINDS.metadata)
    await replaceObject(store, key, withFlippedBit(bytes, (bytes.length >>> 1) * 8));
}

/** Those of the packs that hold data. */
export async function dataPacks(store: ObjectStore, keys: readonly string[]): Promise<string[]> {
  const kinds = await Promise.all(keys.map(async (key) => (await bytesOf(store, key))[PACK_KIND_AT]));
  return keys.filter((_, i) => kinds[i] === PACK_KINDS.data);
}
