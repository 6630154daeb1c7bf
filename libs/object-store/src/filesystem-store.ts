// A store in a directory, for single machines. An object is written to a temporary file, made durable, and linked to its name:
// link(2) refuses a name that exists, so creation is atomic and conditional at once.
import { constants, type Dirent } from 'node:fs';
import { type FileHandle, link, mkdir, open, readdir, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  assertKey,
  type CreateOutcome,
  type GetOptions,
  type ObjectStore,
  type StoredObject,
} from './object-store';
import { ObjectStoreError, type ObjectStoreErrorKind } from './object-store-error';
import { wantedRange } from './range';

const TEMPORARY_DIR = '.incomplete';

const KIND_OF_ERRNO: Record<string, ObjectStoreErrorKind> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
};

export class FilesystemStore implements ObjectStore {
  readonly name: string;
  private sequence = 0;

  private constructor(private readonly directory: string) {
    this.name = `directory ${directory}`;
  }

  static async open(directory: string): Promise<FilesystemStore> {
    await mkdir(join(directory, TEMPORARY_DIR), { recursive: true, mode: 0o700 });
    return new FilesystemStore(directory);
  }

  async create(key: string, bytes: Uint8Array): Promise<CreateOutcome> {
    assertKey(key);
    return this.inStoreTerms(async () => {
      const path = join(this.directory, key);
      const temporary = join(this.directory, TEMPORARY_DIR, `${process.pid}.${++this.sequence}`);
      await writeDurably(temporary, bytes);
      try {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        await link(temporary, path);
        await syncDirectory(dirname(path));
        return 'created' as const;
      } catch (error) {
        if (errnoOf(error) === 'EEXIST') return 'exists' as const;
        throw error;
      } finally {
        await unlink(temporary);
      }
    });
  }

  async get(key: string, options: GetOptions = {}): Promise<Uint8Array | null> {
    assertKey(key);
    return this.inStoreTerms(async () => {
      const file = await openIfThere(join(this.directory, key));
      if (file === null) return null;
      try {
        const { offset, length } = wantedRange((await file.stat()).size, options, this.name);
        const bytes = Buffer.allocUnsafe(length);
        const { bytesRead } = await file.read(bytes, 0, length, offset);
        if (bytesRead !== length)
          throw new ObjectStoreError('corrupt-reply', this.name, `${key} was cut short`);
        return bytes;
      } finally {
        await file.close();
      }
    });
  }

  async head(key: string): Promise<{ bytes: number } | null> {
    assertKey(key);
    return this.inStoreTerms(async () => {
      try {
        return { bytes: (await stat(join(this.directory, key))).size };
      } catch (error) {
        if (isAbsent(error)) return null;
        throw error;
      }
    });
  }

  async *list(prefix: string): AsyncIterable<StoredObject> {
    const below = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    for (const key of (await this.keysBelow(below)).filter((k) => k.startsWith(prefix)).sort()) {
      const found = await this.head(key);
      if (found !== null) yield { key, bytes: found.bytes };
    }
  }

  async delete(key: string): Promise<void> {
    assertKey(key);
    await this.inStoreTerms(() => rm(join(this.directory, key), { force: true }));
  }

  private async keysBelow(folder: string): Promise<string[]> {
    const entries = await entriesOf(join(this.directory, folder));
    const keys: string[] = [];
    for (const entry of entries) {
      const key = `${folder}${entry.name}`;
      if (entry.name === TEMPORARY_DIR) continue;
      if (entry.isDirectory()) keys.push(...(await this.keysBelow(`${key}/`)));
      else keys.push(key);
    }
    return keys;
  }

  private async inStoreTerms<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof ObjectStoreError || cause instanceof RangeError) throw cause;
      const kind = KIND_OF_ERRNO[errnoOf(cause)] ?? 'unavailable';
      throw new ObjectStoreError(kind, this.name, cause instanceof Error ? cause.message : String(cause), {
        cause,
      });
    }
  }
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, constants.O_CREAT | constants.O_TRUNC | constants.O_WRONLY, 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

async function entriesOf(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(errnoOf(error));
}

/** Node's file errors carry their name in `code`; instanceof is no test for them across realms. */
function errnoOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
