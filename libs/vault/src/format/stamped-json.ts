// Small objects in the clear that everybody may read and nobody may misread: a line of JSON, and a line with the sha256 of the object's name
// and that JSON. It finds what storage does to them by accident; who can write to the bucket can write a stamp too.
import { createHash } from 'node:crypto';
import { damaged } from '../vault-error';

const STAMP = /^([^\n]*)\n([0-9a-f]{64})\n$/;

/** @param objectKey the name it will have: under another name it does not count */
export function stampJson(objectKey: string, value: unknown): Buffer {
  const json = JSON.stringify(value);
  return Buffer.from(`${json}\n${stampOf(objectKey, json)}\n`);
}

/** @throws VaultError damaged, naming the object */
export function readStampedJson<T>(objectKey: string, bytes: Uint8Array): T {
  const [, json = '', stamp] = STAMP.exec(Buffer.from(bytes).toString('utf8')) ?? [];
  if (stamp !== stampOf(objectKey, json)) throw damaged(objectKey, 'altered');
  return JSON.parse(json) as T;
}

function stampOf(objectKey: string, json: string): string {
  return createHash('sha256').update(`${objectKey}\n${json}`).digest('hex');
}
