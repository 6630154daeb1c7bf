// Data packs and metadata packs lie side by side in a bucket; their first bytes tell them apart.
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { statSync } from 'node:fs';

/** "ADYPACK1", the version, the kind: see docs/formats/vault-format.md. */
const KIND_OFFSET = 9;
const KIND_DATA = 1;

/** Bytes of the data packs among the objects of a store directory; everything else is metadata. */
export function bytesOfDataPacks(directory: string, keys: readonly string[]): number {
  let bytes = 0;
  for (const key of keys) {
    const path = join(directory, key);
    if (key.startsWith('pack/') && kindOf(path) === KIND_DATA) bytes += statSync(path).size;
  }
  return bytes;
}

function kindOf(path: string): number {
  const head = Buffer.alloc(KIND_OFFSET + 1);
  const file = openSync(path, 'r');
  try {
    readSync(file, head);
  } finally {
    closeSync(file);
  }
  return head.readUInt8(KIND_OFFSET);
}
