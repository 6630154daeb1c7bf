// Digests of a stream's units, and the ids of chunks that are made of them. Data is hashed once: what names it is made of these digests.
import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';
import { CUT_FIELDS } from '../chunking/cut-stream';
import { bufferOver } from './buffer-over';

export const DIGEST_BYTES = 32;

export interface DigestJob {
  readonly bytes: Uint8Array;
  /** Offset, length, kind and units of each cut of `bytes`. */
  readonly cuts: Uint32Array;
  /** A byte for each cut, 0 where its digests are not needed; without it all are. */
  readonly wanted?: Uint8Array;
  /** Gets the sha256 of every unit, 32 bytes apiece, in the order of the cuts. */
  readonly into: Uint8Array;
}

export function digestUnits({ bytes, cuts, wanted, into }: DigestJob): void {
  const digests = bufferOver(into);
  let at = 0;
  for (let i = 0; i < cuts.length; i += CUT_FIELDS) {
    const [offset = 0, length = 0, , units = 1] = cuts.subarray(i, i + CUT_FIELDS);
    if (wanted?.[i / CUT_FIELDS] !== 0)
      digestInto(digests, at, bytes.subarray(offset, offset + length), units);
    at += units * DIGEST_BYTES;
  }
}

/** A digest leaves OpenSSL as text of 32 characters: Node makes that in a fifth less time, all in all, than a Buffer apiece. */
export function digestInto(digests: Buffer, at: number, chunk: Uint8Array, units: number): void {
  const unitBytes = chunk.length / units;
  for (let unit = 0; unit < units; unit += 1) {
    const block = units === 1 ? chunk : chunk.subarray(unit * unitBytes, (unit + 1) * unitBytes);
    digests.write(hash('sha256', block, 'binary'), at + unit * DIGEST_BYTES, DIGEST_BYTES, 'latin1');
  }
}

export interface ChunkShape {
  readonly kind: number;
  readonly length: number;
  /** Units of equal length that the chunk consists of. */
  readonly units: number;
}

/** id = HMAC-SHA-256(idKey, kind u8 ‖ length u32 ‖ units u8 ‖ sha256 of each unit). @param digests those of the chunk's units */
export function chunkIdOf(
  idKey: Uint8Array,
  { kind, length, units }: ChunkShape,
  digests: Uint8Array,
): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt8(kind, 0);
  head.writeUInt32LE(length, 1);
  head.writeUInt8(units, 5);
  return createHmac('sha256', secretKeyOf(idKey)).update(head).update(digests).digest();
}

/** Node looks at a key given as bytes anew for every use: 20 µs each time, where a key object costs nothing. */
const secretKeys = new WeakMap<Uint8Array, KeyObject>();

function secretKeyOf(bytes: Uint8Array): KeyObject {
  const known = secretKeys.get(bytes);
  if (known !== undefined) return known;
  const key = createSecretKey(bytes);
  secretKeys.set(bytes, key);
  return key;
}
