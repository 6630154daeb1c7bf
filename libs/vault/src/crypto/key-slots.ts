// The master key, wrapped once per key slot: by a passphrase through scrypt, or by a 32-byte key file. Any one slot opens the vault.
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';

export type Unlock =
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  | { readonly kind: 'key-file'; readonly key: Uint8Array };

export interface KeySlot {
  readonly v: 1;
  readonly kind: 'passphrase' | 'key-file';
  /** scrypt parameters of a passphrase slot. */
  readonly kdf?: { readonly n: number; readonly r: number; readonly p: number; readonly salt: string };
  /** base64 of nonce[12] AES-256-GCM(master key) tag[16], bound to the vault id. */
  readonly wrapped: string;
}

const MASTER_KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** 128 MiB and about half a second: as much as a person waits once. */
const SCRYPT = { n: 2 ** 17, r: 8, p: 1 };
const SCRYPT_MEMORY_MAX = 256 * 1024 * 1024;
/** A key file with anything but 32 bytes is a mistake worth an error. */
export const KEY_FILE_BYTES = 32;

const deriveScrypt = promisify<
  string,
  Buffer,
  number,
  { N: number; r: number; p: number; maxmem: number },
  Buffer
>(scrypt);

export async function wrapMasterKey(
  masterKey: Uint8Array,
  vaultId: string,
  unlock: Unlock,
): Promise<KeySlot> {
  const salt = randomBytes(32);
  const kdf = { ...SCRYPT, salt: salt.toString('base64') };
  const wrappingKey = await wrappingKeyOf(unlock, kdf);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', wrappingKey, nonce).setAAD(Buffer.from(vaultId));
  const wrapped = Buffer.concat([
    nonce,
    cipher.update(masterKey),
    cipher.final(),
    cipher.getAuthTag(),
  ]).toString('base64');
  return unlock.kind === 'passphrase'
    ? { v: 1, kind: 'passphrase', kdf, wrapped }
    : { v: 1, kind: 'key-file', wrapped };
}

/** The master key, or null when this is not the slot's key. */
export async function unwrapMasterKey(
  slot: KeySlot,
  vaultId: string,
  unlock: Unlock,
): Promise<Buffer | null> {
  if (slot.kind !== unlock.kind) return null;
  const wrapped = Buffer.from(slot.wrapped, 'base64');
  if (wrapped.length !== NONCE_BYTES + MASTER_KEY_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv(
    'aes-256-gcm',
    await wrappingKeyOf(unlock, slot.kdf),
    wrapped.subarray(0, NONCE_BYTES),
  )
    .setAAD(Buffer.from(vaultId))
    .setAuthTag(wrapped.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(wrapped.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    return null; // a wrong tag is a wrong key
  }
}

async function wrappingKeyOf(unlock: Unlock, kdf: KeySlot['kdf']): Promise<Buffer> {
  if (unlock.kind === 'key-file') {
    if (unlock.key.length !== KEY_FILE_BYTES)
      throw new RangeError(`a key file holds ${KEY_FILE_BYTES} bytes, not ${unlock.key.length}`);
    return Buffer.from(unlock.key);
  }
  if (kdf === undefined) throw new RangeError('a passphrase slot has scrypt parameters');
  return deriveScrypt(unlock.passphrase, Buffer.from(kdf.salt, 'base64'), KEY_FILE_BYTES, {
    N: kdf.n,
    r: kdf.r,
    p: kdf.p,
    maxmem: SCRYPT_MEMORY_MAX,
  });
}
