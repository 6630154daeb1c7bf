// Objects as files: written aside, made durable, then linked (a conditional create) or renamed (any other PUT) to their name.
import { createHash } from 'node:crypto';
import { link, mkdir, open, readdir, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { S3Error } from './s3-error';

export interface ObjectFacts {
  readonly bytes: number;
  readonly modifiedAt: Date;
}

export class ObjectFiles {
  private sequence = 0;
  private stored = 0;

  private constructor(
    private readonly directory: string,
    private readonly bytesMax: number,
  ) {}

  static async open(directory: string, bytesMax: number): Promise<ObjectFiles> {
    await mkdir(join(directory, '.incomplete'), { recursive: true });
    const files = new ObjectFiles(directory, bytesMax);
    for (const bucket of await files.buckets())
      for await (const key of files.keys(bucket))
        files.stored += (await files.facts(bucket, key))?.bytes ?? 0;
    return files;
  }

  async buckets(): Promise<string[]> {
    return (await readdir(this.directory, { withFileTypes: true }))
      .filter((e) => e.isDirectory() && !e.name.startsWith('.'))
      .map((e) => e.name);
  }

  /** @returns false when it existed. */
  async createBucket(bucket: string): Promise<boolean> {
    if (await this.isBucket(bucket)) return false;
    await mkdir(join(this.directory, bucket));
    return true;
  }

  async assertBucket(bucket: string): Promise<void> {
    if (!(await this.isBucket(bucket)))
      throw new S3Error(404, 'NoSuchBucket', `there is no bucket ${bucket}`);
  }

  private async isBucket(name: string): Promise<boolean> {
    if (name.startsWith('.')) return false;
    try {
      return (await stat(join(this.directory, name))).isDirectory();
    } catch (error) {
      if (errno(error) === 'ENOENT') return false;
      throw error;
    }
  }

  /** @throws S3Error 412 when `ifAbsent` and the key exists; 507 when there is no room. */
  async put(bucket: string, key: string, body: Buffer, ifAbsent: boolean): Promise<string> {
    if (this.stored + body.length > this.bytesMax) throw storageFull();
    const temporary = join(this.directory, '.incomplete', `${process.pid}.${(this.sequence += 1)}`);
    try {
      await writeDurably(temporary, body);
      const path = this.path(bucket, key);
      const before = (await this.facts(bucket, key))?.bytes ?? 0;
      if (ifAbsent) {
        await link(temporary, path);
        await unlink(temporary);
      } else await rename(temporary, path);
      this.stored += body.length - (ifAbsent ? 0 : before);
    } catch (error) {
      await rm(temporary, { force: true });
      if (errno(error) === 'EEXIST')
        throw new S3Error(412, 'PreconditionFailed', 'At least one of the preconditions did not hold.');
      if (errno(error) === 'ENOSPC') throw storageFull();
      throw error;
    }
    return etagOf(body);
  }

  /** Bytes [start, end) of the object. */
  async read(bucket: string, key: string, start: number, end: number): Promise<Buffer> {
    const file = await open(this.path(bucket, key), 'r');
    try {
      const bytes = Buffer.alloc(end - start);
      await file.read(bytes, 0, bytes.length, start);
      return bytes;
    } finally {
      await file.close();
    }
  }

  async facts(bucket: string, key: string): Promise<ObjectFacts | null> {
    try {
      const { size, mtime } = await stat(this.path(bucket, key));
      return { bytes: size, modifiedAt: mtime };
    } catch (error) {
      if (errno(error) === 'ENOENT') return null;
      throw error;
    }
  }

  async delete(bucket: string, key: string): Promise<void> {
    const facts = await this.facts(bucket, key);
    if (facts === null) return;
    await rm(this.path(bucket, key), { force: true });
    this.stored -= facts.bytes;
  }

  /** Keys of a bucket in their order. */
  async *keys(bucket: string): AsyncIterable<string> {
    const names = await readdir(join(this.directory, bucket));
    const keys = names.map((name) => decodeURIComponent(name));
    yield* keys.sort((a, b) => Buffer.from(a).compare(Buffer.from(b)));
  }

  /** One flat directory per bucket: a key is one file name, whatever it contains. */
  private path(bucket: string, key: string): string {
    return join(this.directory, bucket, encodeURIComponent(key).replace(/\./g, '%2E'));
  }
}

function etagOf(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}

function storageFull(): S3Error {
  return new S3Error(507, 'StorageFull', 'The disk of this server is full.');
}

async function writeDurably(path: string, body: Buffer): Promise<void> {
  await writeFile(path, body, { flush: true });
}

function errno(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
