// The recovery key: the master key as text, to be printed once and kept offline. It opens the vault when every key slot is lost.
//   base32 (Crockford's alphabet) of master key[32] ‖ first 4 bytes of sha256("adyton recovery key" ‖ master key), in groups of 6 characters
// The checksum tells a typing mistake from a wrong key. Case does not matter; O is read as 0, I and L as 1; dashes and spaces are ignored.
import { createHash } from 'node:crypto';
import { VaultError } from '../vault-error';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const KEY_BYTES = 32;
const CHECK_BYTES = 4;
const CHAR_BITS = 5;
const CHARS = Math.ceil(((KEY_BYTES + CHECK_BYTES) * 8) / CHAR_BITS);
const GROUP = /.{1,6}/g;

export function formatRecoveryKey(masterKey: Uint8Array): string {
  const bytes = Buffer.concat([masterKey, checkOf(masterKey)]);
  let text = '';
  let [bits, value] = [0, 0];
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= CHAR_BITS) {
      bits -= CHAR_BITS;
      text += ALPHABET[(value >>> bits) & 31] ?? '';
      value &= (1 << bits) - 1;
    }
  }
  text += ALPHABET[(value << (CHAR_BITS - bits)) & 31] ?? '';
  return (text.match(GROUP) ?? []).join('-');
}

/** The master key. @throws VaultError mistyped-key */
export function parseRecoveryKey(text: string): Buffer {
  const chars = text.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
  if (chars.length !== CHARS)
    throw mistyped(`it has ${CHARS} letters and digits, this one has ${chars.length}`);
  const bytes: number[] = [];
  let [bits, value] = [0, 0];
  for (const char of chars) {
    const digit = ALPHABET.indexOf(char);
    if (digit < 0) throw mistyped(`it has no ${char}`);
    value = ((value << CHAR_BITS) | digit) & 0xfff;
    bits += CHAR_BITS;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((value >>> bits) & 0xff);
  }
  const masterKey = Buffer.from(bytes.slice(0, KEY_BYTES));
  const padding = value & ((1 << bits) - 1);
  if (padding !== 0 || !checkOf(masterKey).equals(Buffer.from(bytes.slice(KEY_BYTES))))
    throw mistyped('its checksum does not fit');
  return masterKey;
}

function checkOf(masterKey: Uint8Array): Buffer {
  return createHash('sha256')
    .update('adyton recovery key')
    .update(masterKey)
    .digest()
    .subarray(0, CHECK_BYTES);
}

function mistyped(why: string): VaultError {
  return new VaultError('mistyped-key', `the recovery key is not typed as it was printed: ${why}`);
}
