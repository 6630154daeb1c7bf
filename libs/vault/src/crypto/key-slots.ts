// The master key, wrapped once per key slot: by a passphrase through scrypt, or by a 32-byte key file. Any one slot opens the vault. A slot
// carries a checksum of itself, so that a damaged one is told from a wrong key by somebody who has no key.
import { createCipheriv, createDecipheriv, createHash, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';

/** What wraps a master key. */
export type SlotUnlock =
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  | { readonly kind: 'key-file'; readonly key: Uint8Array };

/** What opens a vault. The recovery key is the master key itself and needs no slot. */
export type Unlock = SlotUnlock | { readonly kind: 'recovery-key'; readonly text: string };

export interface KeySlot {
  readonly v: 1;
  readonly kind: 'passphrase' | 'key-file';
  /** RFC 3339 */
  readonly createdAt: string;
  /** scrypt parameters of a passphrase slot. */
  readonly kdf?: { readonly n: number; readonly r: number; readonly p: number; readonly salt: string };
  /** base64 of nonce[12] AES-256-GCM(master key) tag[16], bound to the vault id. */
  readonly wrapped: string;
  /** Hex sha256 of the rest: see checksumOf. */
  readonly checksum: string;
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
  { unlock, now }: { readonly unlock: SlotUnlock; readonly now: Date },
): Promise<KeySlot> {
  const kdf = { ...SCRYPT, salt: randomBytes(32).toString('base64') };
  const wrappingKey = await wrappingKeyOf(unlock, kdf);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', wrappingKey, nonce).setAAD(Buffer.from(vaultId));
  const wrapped = Buffer.concat([
    nonce,
    cipher.update(masterKey),
    cipher.final(),
    cipher.getAuthTag(),
  ]).toString('base64');
  const slot = {
    v: 1 as const,
    kind: unlock.kind,
    createdAt: now.toISOString(),
    ...(unlock.kind === 'passphrase' ? { kdf } : {}),
    wrapped,
  };
  return { ...slot, checksum: checksumOf(slot) };
}

/** The slot, or null when it is damaged. @throws RangeError for a slot of a later version */
export function parseKeySlot(bytes: Uint8Array): KeySlot | null {
  let slot: KeySlot;
  try {
    slot = JSON.parse(Buffer.from(bytes).toString('utf8')) as KeySlot;
  } catch {
    return null; // no JSON is a damaged slot, whatever is wrong with it
  }
  if (typeof slot !== 'object' || slot === null || slot.checksum !== checksumOf(slot)) return null;
  if (slot.v !== 1) throw new RangeError(`key slot version ${String(slot.v)} is not known to this program`);
  return slot;
}

/** The master key, or null when this is not the slot's key. @param unlock that of a slot; another kind opens none */
export async function unwrapMasterKey(
  slot: KeySlot,
  vaultId: string,
  unlock: Unlock,
): Promise<Buffer | null> {
  if (unlock.kind === 'recovery-key' || slot.kind !== unlock.kind) return null;
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

/** Over the values that unwrapping needs, one to a line: kind, createdAt, n, r, p, salt (empty without kdf), wrapped. */
function checksumOf({ v, kind, createdAt, kdf, wrapped }: Omit<KeySlot, 'checksum'>): string {
  const values = [v, kind, createdAt, kdf?.n, kdf?.r, kdf?.p, kdf?.salt, wrapped];
  return createHash('sha256')
    .update(values.map((value) => `${value ?? ''}\n`).join(''))
    .digest('hex');
}

async function wrappingKeyOf(unlock: SlotUnlock, kdf: KeySlot['kdf']): Promise<Buffer> {
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
