// The 12C password handshake as functions over buffers: both sides prove that they know the password without sending it in clear.
// AES-256-CBC with a zero vector and no automatic padding; keys are derived as the client derives them.
import { createCipheriv, createDecipheriv, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';

/** Verifier type of the 12C handshake, sent in the flags of AUTH_VFR_DATA. */
export const VERIFIER_12C = 0x4815;
/** Rounds of the session key; part of the challenge. */
export const SESSION_KEY_ITERATIONS = 3;
/** Length of each side's half of the session key. */
export const PART_BYTES = 32;
export const CSK_SALT_BYTES = 16;
export const RESPONSE_RANDOM_BYTES = 16;

const KEY_BYTES = 32;
const BLOCK_BYTES = 16;
const ZERO_VECTOR = Buffer.alloc(BLOCK_BYTES);
const PROOF = 'SERVER_TO_CLIENT';
/** Longest AUTH_PASSWORD taken: 1024 bytes of password and the random block before it. */
const ENCRYPTED_MAX_BYTES = 1056;
const derive = promisify(pbkdf2);

export function encrypt(key: Buffer, plain: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-cbc', key, ZERO_VECTOR).setAutoPadding(false);
  return Buffer.concat([cipher.update(plain), cipher.final()]);
}

/** `null` when the hex text is not a whole number of blocks. */
export function decryptHex(key: Buffer, hex: string): Buffer | null {
  const bytes = Buffer.from(hex, 'hex');
  const malformed = bytes.length * 2 !== hex.length || bytes.length === 0 || bytes.length % BLOCK_BYTES !== 0;
  if (malformed || bytes.length > ENCRYPTED_MAX_BYTES) return null;
  const decipher = createDecipheriv('aes-256-cbc', key, ZERO_VECTOR).setAutoPadding(false);
  return Buffer.concat([decipher.update(bytes), decipher.final()]);
}

export function upperHex(bytes: Buffer): string {
  return bytes.toString('hex').toUpperCase();
}

/** The key of the handshake: the first half of the stored verifier. */
export function verifierKey(verifier: Buffer): Buffer {
  return verifier.subarray(0, KEY_BYTES);
}

/** Both halves together, the client's first, as hex text. */
export async function sessionKey(serverPart: Buffer, clientPart: Buffer, cskSalt: Buffer): Promise<Buffer> {
  return derive(
    upperHex(clientPart) + upperHex(serverPart),
    cskSalt,
    SESSION_KEY_ITERATIONS,
    KEY_BYTES,
    'sha512',
  );
}

/** The password inside AUTH_PASSWORD: padding and the random first block removed. `null` when there is none. */
export function openPassword(key: Buffer, hex: string): string | null {
  const plain = decryptHex(key, hex);
  const padding = plain?.at(-1) ?? 0;
  if (plain === null || padding < 1 || padding > BLOCK_BYTES || plain.length - padding < BLOCK_BYTES)
    return null;
  return plain.toString('utf8', BLOCK_BYTES, plain.length - padding);
}

/** AUTH_SVR_RESPONSE: shows the client that the server knows the session key too. */
export function serverProof(key: Buffer, random: Buffer): string {
  const padding = Buffer.alloc(BLOCK_BYTES, BLOCK_BYTES);
  return upperHex(encrypt(key, Buffer.concat([random, Buffer.from(PROOF), padding])));
}
