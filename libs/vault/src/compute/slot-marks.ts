// What a block map recognises a data file by. A slot has a tag: one pass over its bytes at several times the speed of sha256, which is all
// that a slot costs that did not change. A block has a fingerprint, made of its digest. Both are keyed.
import { createCipheriv, createSecretKey } from 'node:crypto';
import { CUT_FIELDS } from '../chunking/cut-stream';
import { CHUNK_KINDS } from '../format/chunk-kinds';
import { freeAtOnce } from '../format/free-at-once';
import { bufferOver, wordsOver } from './buffer-over';
import { DIGEST_BYTES } from './unit-digests';

export const SLOT_TAG_BYTES = 16;
export const FINGERPRINT_BYTES = 8;
/** Numbers of 32 bits that are compared. */
export const SLOT_TAG_WORDS = SLOT_TAG_BYTES / 4;
export const FINGERPRINT_WORDS = FINGERPRINT_BYTES / 4;
/** Of a digest, that go into a fingerprint: one block of AES. */
export const FINGERPRINT_SOURCE_BYTES = 16;
/** Tags never leave the vault but encrypted, so that one nonce does for all: GMAC is then a keyed universal hash. */
const TAG_NONCE = Buffer.alloc(12);

export interface TagJob {
  readonly bytes: Uint8Array;
  /** Offset, length, kind and units of each cut of `bytes`. */
  readonly cuts: Uint32Array;
  readonly tagKey: Uint8Array;
  /** Gets the tag of every slot, 16 bytes for each cut; what is no slot leaves its bytes as they were. */
  readonly into: Uint8Array;
}

/** tag = GMAC (AES-256) over the bytes of a slot. */
export function tagSlots({ bytes, cuts, tagKey, into }: TagJob): void {
  const tags = bufferOver(into);
  const key = createSecretKey(tagKey);
  for (let i = 0; i < cuts.length; i += CUT_FIELDS) {
    const [offset = 0, length = 0, kind = 0] = cuts.subarray(i, i + CUT_FIELDS);
    if (kind !== CHUNK_KINDS.slot) continue;
    const mac = createCipheriv('aes-256-gcm', key, TAG_NONCE).setAAD(bytes.subarray(offset, offset + length));
    mac.final();
    tags.set(mac.getAuthTag(), (i / CUT_FIELDS) * SLOT_TAG_BYTES);
  }
}

/** Fingerprints of blocks with these digests, in their order. @param into gets FINGERPRINT_WORDS for each */
export function fingerprintsOf(fingerprintKey: Uint8Array, digests: Uint8Array, into: Uint32Array): void {
  const sources = new Uint32Array(digests.length / (DIGEST_BYTES / FINGERPRINT_SOURCE_BYTES) / 4);
  copyFirstWords(wordsOver(digests), DIGEST_BYTES, sources, FINGERPRINT_SOURCE_BYTES);
  fingerprintsOfSources(fingerprintKey, new Uint8Array(sources.buffer), into);
  freeAtOnce(sources);
}

/** fingerprint = first 8 bytes of AES-256(first 16 bytes of the sha256 of the block). @param sources those bytes, block after block */
export function fingerprintsOfSources(
  fingerprintKey: Uint8Array,
  sources: Uint8Array,
  into: Uint32Array,
): void {
  const cipher = createCipheriv('aes-256-ecb', fingerprintKey, null).setAutoPadding(false);
  const encrypted = cipher.update(sources);
  copyFirstWords(wordsOver(encrypted), FINGERPRINT_SOURCE_BYTES, into, FINGERPRINT_BYTES);
  freeAtOnce(encrypted);
}

/** The first `length` bytes of every row, number by number: an object for each row would cost more than its AES. */
function copyFirstWords(rows: Uint32Array, rowBytes: number, into: Uint32Array, length: number): void {
  const [stride, taken] = [rowBytes / 4, length / 4];
  for (let from = 0, at = 0; from < rows.length; from += stride)
    for (let word = 0; word < taken; word += 1, at += 1) into[at] = rows[from + word] ?? 0;
}
