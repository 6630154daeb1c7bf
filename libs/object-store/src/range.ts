// Byte ranges: asked for exactly, or refused.
import { type GetOptions } from './object-store';
import { ObjectStoreError } from './object-store-error';

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** The wanted range of an object of `size` bytes. @throws ObjectStoreError out-of-range when the object is too short for it. */
export function wantedRange(size: number, options: GetOptions, store: string): ByteRange {
  const offset = options.offset ?? 0;
  const length = options.length ?? size - offset;
  if (offset < 0 || length < 0 || offset + length > size) {
    throw new ObjectStoreError(
      'out-of-range',
      store,
      `bytes ${offset}+${length} were asked of an object of ${size} bytes`,
    );
  }
  return { offset, length };
}

export function sliceRange(bytes: Uint8Array, options: GetOptions, store: string): Uint8Array {
  const { offset, length } = wantedRange(bytes.length, options, store);
  return bytes.subarray(offset, offset + length);
}
