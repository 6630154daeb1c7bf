// A ULID as its 16 bytes: how packs name the session that wrote them.
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const ULID_CHARS = 26;

/** @throws RangeError when the text is no ULID. */
export function ulidToBytes(text: string): Buffer {
  if (text.length !== ULID_CHARS) throw new RangeError(`not a ULID: ${text}`);
  let value = 0n;
  for (const char of text) {
    const digit = ALPHABET.indexOf(char);
    if (digit < 0) throw new RangeError(`not a ULID: ${text}`);
    value = value * 32n + BigInt(digit);
  }
  return Buffer.from(value.toString(16).padStart(32, '0').slice(-32), 'hex');
}

export function ulidFromBytes(bytes: Uint8Array): string {
  let value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (let i = 0; i < ULID_CHARS; i += 1, value >>= 5n) text = (ALPHABET[Number(value & 31n)] ?? '') + text;
  return text;
}
