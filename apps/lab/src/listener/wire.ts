// The primitives of TTC, the message layer of the protocol: integers prefixed by their length, byte strings in one piece or in
// chunks, key/value pairs. Everything read is checked against the end of the request, so a short or false length ends the session.

/** Bytes that a length-prefixed string may have before it is cut into chunks. */
const SHORT_BYTES_MAX = 252;
const CHUNKED = 0xfe;
const NULL_LENGTH = 0xff;
const CHUNK_BYTES = 32_767;
const SIGN_BIT = 0x80;

/** The client sent something that is not the protocol: the connection is closed without an answer. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

export class WireReader {
  private at = 0;

  constructor(private readonly buffer: Buffer) {}

  get remaining(): number {
    return this.buffer.length - this.at;
  }

  bytes(count: number): Buffer {
    if (count > this.remaining) throw new ProtocolError(`message ends ${count - this.remaining} bytes early`);
    const taken = this.buffer.subarray(this.at, this.at + count);
    this.at += count;
    return taken;
  }

  skip(count: number): void {
    this.bytes(count);
  }

  u8(): number {
    return this.bytes(1).readUInt8();
  }

  peek(): number | null {
    return this.buffer[this.at] ?? null;
  }

  /** An unsigned integer of up to 8 bytes with its length in front; only small ones are asked for, larger ones are refused. */
  ub(): number {
    const length = this.u8();
    if ((length & SIGN_BIT) !== 0 || length > 6) throw new ProtocolError('integer out of range');
    return length === 0 ? 0 : this.bytes(length).readUIntBE(0, length);
  }

  /** A byte string; `null` stands for NULL and for the empty string. */
  clr(): Buffer | null {
    const length = this.u8();
    if (length === 0 || length === NULL_LENGTH) return null;
    if (length !== CHUNKED) return this.bytes(length);
    const chunks: Buffer[] = [];
    for (let size = this.ub(); size > 0; size = this.ub()) chunks.push(this.bytes(size));
    return Buffer.concat(chunks);
  }

  text(): string {
    return this.clr()?.toString('utf8') ?? '';
  }

  /** Text with its length in front of the byte string. */
  dalc(): string {
    return this.ub() === 0 ? '' : this.text();
  }
}

export class WireWriter {
  private readonly parts: Buffer[] = [];
  /** Bytes written so far. */
  length = 0;

  raw(bytes: Buffer | readonly number[]): this {
    const part = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes);
    this.parts.push(part);
    this.length += part.length;
    return this;
  }

  u8(...values: number[]): this {
    return this.raw(values);
  }

  u16le(value: number): this {
    return this.raw([value & 0xff, value >> 8]);
  }

  u16(value: number): this {
    return this.raw([value >> 8, value & 0xff]);
  }

  /** Unsigned integer in as few bytes as it needs. */
  ub(value: number): this {
    if (value === 0) return this.u8(0);
    const hex = value.toString(16);
    const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
    return this.u8(bytes.length).raw(bytes);
  }

  clr(bytes: Buffer | null): this {
    if (bytes === null || bytes.length === 0) return this.u8(0);
    if (bytes.length <= SHORT_BYTES_MAX) return this.u8(bytes.length).raw(bytes);
    this.u8(CHUNKED);
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      const chunk = bytes.subarray(at, at + CHUNK_BYTES);
      this.ub(chunk.length).raw(chunk);
    }
    return this.ub(0);
  }

  dalc(text: string): this {
    const bytes = Buffer.from(text);
    this.ub(bytes.length);
    return bytes.length === 0 ? this : this.clr(bytes);
  }

  pair(key: string, value: string, flags = 0): this {
    return this.dalc(key).dalc(value).ub(flags);
  }

  toBuffer(): Buffer {
    return Buffer.concat(this.parts);
  }
}
