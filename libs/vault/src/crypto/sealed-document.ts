// Small objects (index segments, recipes, manifests) as one authenticated envelope:
//   "ADYM" version u8 nonce[12] AES-256-GCM(zstd(body)) tag[16]
// The object's kind and name are bound in, so that no document can be passed off as another one.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { bufferOver } from '../compute/buffer-over';
import { freeAtOnce } from '../format/free-at-once';
import { damaged, unsupported } from '../vault-error';

export type DocumentKind = 'index' | 'recipe' | 'manifest' | 'partial' | 'session' | 'ledger-secret';

const MAGIC = Buffer.from('ADYM');
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = MAGIC.length + 1 + NONCE_BYTES;
/** Largest body a reader unpacks: a recipe of a 32 TiB file stays far below. */
const BODY_BYTES_MAX = 1024 * 1024 * 1024;

/** @param objectKey the name it will have: under another name it does not open */
export function sealDocument(
  key: Uint8Array,
  kind: DocumentKind,
  body: Uint8Array,
  objectKey: string,
): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aadOf(kind, objectKey));
  const compressed = zstdCompressSync(body);
  const ciphertext = cipher.update(compressed); // all of it: GCM keeps nothing back
  cipher.final();
  freeAtOnce(compressed);
  const sealed = Buffer.concat([MAGIC, Buffer.of(VERSION), nonce, ciphertext, cipher.getAuthTag()]);
  freeAtOnce(ciphertext);
  return sealed;
}

/** @throws VaultError damaged or unsupported-version, naming the object. */
export function openDocument(
  key: Uint8Array,
  kind: DocumentKind,
  sealed: Uint8Array,
  objectKey: string,
): Buffer {
  const bytes = bufferOver(sealed);
  if (bytes.length < HEADER_BYTES + TAG_BYTES) throw damaged(objectKey, 'truncated');
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged(objectKey, 'altered');
  if (bytes[MAGIC.length] !== VERSION) throw unsupported(objectKey, bytes[MAGIC.length]);
  const decipher = createDecipheriv(
    'aes-256-gcm',
    key,
    bytes.subarray(HEADER_BYTES - NONCE_BYTES, HEADER_BYTES),
  )
    .setAAD(aadOf(kind, objectKey))
    .setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const body = Buffer.concat([decipher.update(bytes.subarray(HEADER_BYTES, -TAG_BYTES)), decipher.final()]);
    return zstdDecompressSync(body, { maxOutputLength: BODY_BYTES_MAX });
  } catch {
    throw damaged(objectKey, 'altered'); // a wrong tag says no more than that
  }
}

function aadOf(kind: DocumentKind, objectKey: string): Buffer {
  return Buffer.from(`adyton ${kind} ${VERSION} ${objectKey}`);
}
