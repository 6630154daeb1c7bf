// What lies in the bucket of the lab's S3 server, as files: for tests that take an object away, damage it, or wait until it is there.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningStack } from './running-stack';

/** @param prefix of their keys. @returns paths, each a whole object */
export function storedObjects({ directory }: Pick<RunningStack, 'directory'>, prefix: string): string[] {
  const bucket = join(directory, 'lab', 's3', 'adyton');
  return readdirSync(bucket)
    .filter((name) => decodeURIComponent(name).startsWith(prefix))
    .map((name) => join(bucket, name));
}
