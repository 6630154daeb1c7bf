// Segments of one database as files on this host, or in memory for tests and small tools. A file is what the bucket holds, byte for byte:
// sealed, and checked when it is opened and at every page that is read. A cache may be deleted at any time.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileBytes, IndexCacheError, memoryBytes, type SegmentBytes } from './segment-bytes';

/** Parts of a segment in their order. */
type SegmentParts = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Every operation may fail with an IndexCacheError. */
export interface SegmentCache {
  open(name: string): Promise<SegmentBytes | null>;
  /** Keeps a segment. @throws what the parts throw */
  keep(name: string, parts: SegmentParts): Promise<SegmentBytes>;
  drop(name: string): Promise<void>;
  /** Drops what is not wanted any more. */
  keepOnly(names: ReadonlySet<string>): Promise<void>;
}

/** Another session of this process may be writing such a file; what other processes left is nobody's. */
const UNFINISHED = `.unfinished-${process.pid}-`;

/** @param directory made when it is not there; others who use the same one do no harm */
export function directoryCache(directory: string): SegmentCache {
  const pathOf = (name: string): string => join(directory, name);
  const inOurWords = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      throw cause instanceof IndexCacheError ? cause : new IndexCacheError(directory, cause);
    }
  };
  const make = (): Promise<unknown> => inOurWords(() => mkdir(directory, { recursive: true, mode: 0o700 }));
  return {
    open: async (name) => (existsSync(pathOf(name)) ? fileBytes(pathOf(name)) : null),
    keep: async (name, parts) => {
      await make();
      const temporary = pathOf(`${name}${UNFINISHED}${randomBytes(6).toString('hex')}`);
      try {
        const file = await inOurWords(() => open(temporary, 'wx', 0o600));
        try {
          for await (const part of parts) await inOurWords(() => file.writeFile(part));
        } finally {
          await file.close();
        }
        await inOurWords(() => rename(temporary, pathOf(name)));
      } finally {
        await inOurWords(() => rm(temporary, { force: true }));
      }
      return fileBytes(pathOf(name));
    },
    drop: (name) => inOurWords(() => rm(pathOf(name), { force: true })),
    keepOnly: async (wanted) => {
      await make();
      for (const name of await inOurWords(() => readdir(directory)))
        if (!wanted.has(name) && !name.includes(UNFINISHED))
          await inOurWords(() => rm(pathOf(name), { force: true }));
    },
  };
}

export function memoryCache(): SegmentCache {
  const segments = new Map<string, Buffer>();
  return {
    open: async (name) => {
      const bytes = segments.get(name);
      return bytes === undefined ? null : memoryBytes(bytes);
    },
    keep: async (name, parts) => {
      const all: Uint8Array[] = [];
      for await (const part of parts) all.push(part);
      const bytes = Buffer.concat(all);
      segments.set(name, bytes);
      return memoryBytes(bytes);
    },
    drop: async (name) => void segments.delete(name),
    keepOnly: async (wanted) => {
      for (const name of [...segments.keys()]) if (!wanted.has(name)) segments.delete(name);
    },
  };
}
