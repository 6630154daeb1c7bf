// Cuts a stream of bytes, split anywhere, into frames. A payload that lies whole in the chunk at hand is a view on it; one that is
// spread over chunks is gathered in a buffer that is used again for the next. Memory: one payload, never more. Payloads of one type may be
// asked for in parts, as they come: they are never gathered, so that the bytes of a piece are copied once on their way in, not twice.
import {
  decodeHeader,
  type Frame,
  FRAME_HEADER_BYTES,
  FrameError,
  type FrameHeader,
  type FrameType,
  nextSequence,
} from './frame';

/** Smallest gathering buffer; it doubles up to the payload's length, so that small frames never cost a large one. */
const GATHER_BYTES_MIN = 4096;

const NOTHING = new Uint8Array(0);

export class FrameParser {
  private chunk: Uint8Array = NOTHING;
  private at = 0;
  private readonly headerBytes = new Uint8Array(FRAME_HEADER_BYTES);
  private headerHave = 0;
  private header: FrameHeader | null = null;
  private gathered: Uint8Array = NOTHING;
  private gatheredHave = 0;
  /** Bytes of a payload in parts that are still to come. */
  private rest = 0;
  private sequence = 0;

  /**
   * @param admit judges each header before any of its payload is kept, and throws FrameError to refuse it
   * @param typeInParts frames of this type come as one or more frames with the same header, each with the next bytes of the payload
   */
  constructor(
    private readonly admit: (header: FrameHeader) => void,
    private readonly typeInParts: FrameType | null = null,
  ) {}

  /** Takes the next chunk; the one before must have been used up, that is `next` has returned null. */
  push(chunk: Uint8Array): void {
    if (this.at !== this.chunk.length) throw new Error('the chunk before has not been parsed');
    this.chunk = chunk;
    this.at = 0;
  }

  /**
   * The next frame, whole or the next part of it, or null when more bytes are needed.
   * @throws FrameError when the bytes break the protocol; the parser must not be used after that
   */
  next(): Frame | null {
    const header = this.header ?? this.nextHeader();
    if (header === null) return null;
    if (header.type === this.typeInParts) return this.nextPart(header);
    this.header = header;
    const payload = this.nextPayload(header.length);
    if (payload === null) return null;
    this.header = null;
    return { type: header.type, length: header.length, sequence: header.sequence, payload };
  }

  private nextPart(header: FrameHeader): Frame | null {
    if (this.header === null) this.rest = header.length;
    this.header = header;
    const part = Math.min(this.rest, this.chunk.length - this.at);
    if (part === 0 && this.rest > 0) return null;
    this.rest -= part;
    this.at += part;
    if (this.rest === 0) this.header = null;
    const payload = this.chunk.subarray(this.at - part, this.at);
    return { type: header.type, length: header.length, sequence: header.sequence, payload };
  }

  private nextHeader(): FrameHeader | null {
    const available = this.chunk.length - this.at;
    if (this.headerHave === 0 && available >= FRAME_HEADER_BYTES) {
      const header = decodeHeader(this.chunk, this.at);
      this.at += FRAME_HEADER_BYTES;
      return this.accept(header);
    }
    const part = Math.min(FRAME_HEADER_BYTES - this.headerHave, available);
    this.headerBytes.set(this.chunk.subarray(this.at, this.at + part), this.headerHave);
    this.headerHave += part;
    this.at += part;
    if (this.headerHave < FRAME_HEADER_BYTES) return null;
    this.headerHave = 0;
    return this.accept(decodeHeader(this.headerBytes, 0));
  }

  private accept(header: FrameHeader): FrameHeader {
    this.sequence = nextSequence(this.sequence);
    if (header.sequence !== this.sequence) {
      throw new FrameError(`frame ${header.sequence} came where frame ${this.sequence} was due`);
    }
    this.admit(header);
    return header;
  }

  private nextPayload(length: number): Uint8Array | null {
    const available = this.chunk.length - this.at;
    if (this.gatheredHave === 0 && available >= length) {
      this.at += length;
      return this.chunk.subarray(this.at - length, this.at);
    }
    const part = Math.min(length - this.gatheredHave, available);
    this.makeRoom(this.gatheredHave + part, length);
    this.gathered.set(this.chunk.subarray(this.at, this.at + part), this.gatheredHave);
    this.gatheredHave += part;
    this.at += part;
    if (this.gatheredHave < length) return null;
    this.gatheredHave = 0;
    return this.gathered.subarray(0, length);
  }

  /** A header may promise 4 MiB and never send them, so memory follows the bytes that came, not the promise. */
  private makeRoom(bytes: number, length: number): void {
    if (this.gathered.length >= bytes) return;
    const size = Math.min(length, Math.max(bytes, this.gathered.length * 2, GATHER_BYTES_MIN));
    const larger = Buffer.allocUnsafeSlow(size);
    larger.set(this.gathered.subarray(0, this.gatheredHave));
    this.gathered = larger;
  }
}
