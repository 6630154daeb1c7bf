// Bytes nobody can compress or recognise, from a seed; megabytes of them in no time.
import { createCipheriv, createHash } from 'node:crypto';

export function noise(seed: number, length: number): Buffer {
  const key = createHash('sha256').update(String(seed)).digest().subarray(0, 16);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}
