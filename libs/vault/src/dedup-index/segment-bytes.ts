// The bytes of a segment where they can be read at once: in a file of the host's cache, or in memory.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** What a cache directory cannot do: full, not ours, broken. It costs space, never a backup. */
export class IndexCacheError extends Error {
  constructor(path: string, cause: unknown) {
    super(`the index cache ${path} cannot be used`, { cause });
    this.name = 'IndexCacheError';
  }
}

export interface SegmentBytes {
  readonly size: number;
  /** Fills `into` from a position on. @returns false when the bytes end before. @throws IndexCacheError */
  read(into: Buffer, position: number): boolean;
  close(): void;
}

/** @throws IndexCacheError */
export function fileBytes(path: string): SegmentBytes {
  const inOurWords = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      throw new IndexCacheError(path, cause);
    }
  };
  const file = inOurWords(() => openSync(path, 'r'));
  return {
    size: inOurWords(() => fstatSync(file).size),
    read: (into, position) =>
      inOurWords(() => readSync(file, into, 0, into.length, position)) === into.length,
    close: () => closeSync(file),
  };
}

export function memoryBytes(bytes: Uint8Array): SegmentBytes {
  return {
    size: bytes.length,
    read: (into, position) => {
      into.set(bytes.subarray(position, position + into.length));
      return position + into.length <= bytes.length;
    },
    close: () => undefined,
  };
}
