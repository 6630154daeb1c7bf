/** Writes and reads pieces through a media channel, one media block in memory. */
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { type PieceMedia } from './disk-media';
import {
  decodeCount,
  decodeHeader,
  encodeHeader,
  encodeSegmentEnd,
  encodeSwitch,
  encodeTrailer,
  headerBytesOf,
  PieceCorruptError,
  type PieceHeader,
  UNIT_TYPE,
} from './piece-format';

/** After this much blocking work the event loop gets a turn: the instance may have killed the session. */
const SLICE_MS = 20;

/** Lets the event loop run once in a while. */
class Breather {
  private lastMs = performance.now();

  async breathe(): Promise<void> {
    if (performance.now() - this.lastMs < SLICE_MS) return;
    await new Promise(setImmediate);
    this.lastMs = performance.now();
  }
}

export class PieceWriter {
  private readonly block: Buffer;
  private readonly breather = new Breather();
  /** Set behind the header of a compressed piece. */
  private compressing = false;
  private used = 0;
  private bytes = 0;
  private crc = 0;
  private written = 0;

  constructor(
    private readonly media: readonly PieceMedia[],
    private readonly options: { blockBytes: number; unitBytes: number; onBlock: () => void },
  ) {
    this.block = Buffer.alloc(options.blockBytes);
  }

  /** Number of media blocks handed over, for error messages. */
  get blocksWritten(): number {
    return this.written;
  }

  /** Bytes of the piece if it ended now with `more` bytes and its trailer. */
  sizeWith(more: number): number {
    const { blockBytes, unitBytes } = this.options;
    return Math.ceil((this.bytes + more + unitBytes) / blockBytes) * blockBytes;
  }

  async begin(header: PieceHeader): Promise<void> {
    await this.write(encodeHeader(header, this.options.unitBytes));
    this.compressing = header.compressed;
  }

  /** Whole units. Throws SbtCallError. */
  async write(units: Buffer): Promise<void> {
    this.crc = crc32(units, this.crc);
    this.bytes += units.length;
    if (!this.compressing) {
      await this.send(units);
      return;
    }
    const deflated = deflateRawSync(units, { level: COMPRESSION_LEVEL });
    await this.send(lengthOf(deflated));
    await this.send(deflated);
  }

  private async send(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const part = Math.min(bytes.length - at, this.block.length - this.used);
      bytes.copy(this.block, this.used, at, at + part);
      this.used += part;
      at += part;
      if (this.used === this.block.length) await this.flush();
    }
  }

  async endSegment(blocks: number, to: number): Promise<void> {
    await this.write(encodeSegmentEnd(blocks, to, this.options.unitBytes));
  }

  async switchTo(segment: number): Promise<void> {
    await this.write(encodeSwitch(segment, this.options.unitBytes));
  }

  /** Writes trailer and padding; answers the bytes of the piece. */
  async finish(): Promise<number> {
    const { unitBytes } = this.options;
    await this.write(encodeTrailer(this.bytes / unitBytes, this.crc, unitBytes));
    if (this.compressing) await this.send(LAST_FRAME);
    if (this.used > 0) {
      this.block.fill(0, this.used);
      await this.flush();
    }
    return this.written * this.block.length;
  }

  private async flush(): Promise<void> {
    for (const media of this.media) media.write(this.block);
    this.written++;
    this.used = 0;
    this.options.onBlock();
    await this.breather.breathe();
  }
}

const COMPRESSION_LEVEL = 1;
/** One write is at most a header or a mebibyte of blocks; deflated it grows by a few bytes. */
const FRAME_BYTES_MAX = 8 * 1024 * 1024;
const LENGTH_BYTES = 4;
const LAST_FRAME = Buffer.alloc(LENGTH_BYTES);

function lengthOf(bytes: Buffer): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(bytes.length);
  return length;
}

export type PiecePart =
  | { kind: 'block'; block: Buffer }
  | { kind: 'switch'; segment: number }
  | { kind: 'end'; blocks: number; to: number };

export class PieceReader {
  private readonly block: Buffer;
  private readonly breather = new Breather();
  private at = 0;
  private filled = 0;
  private unitBytes = 0;
  /** What units are taken from: the media block, or the frame inflated last. */
  private source: Buffer;
  private frame: { at: number } | undefined;
  private units = 0;
  private crc = 0;
  private blocks = 0;

  constructor(
    private readonly media: PieceMedia,
    private readonly options: { blockBytes: number; onBlock?: () => void },
  ) {
    this.block = Buffer.alloc(options.blockBytes);
    this.source = this.block;
  }

  /** Number of media blocks read, for error messages. */
  get blocksRead(): number {
    return this.blocks;
  }

  get unit(): number {
    return this.unitBytes;
  }

  /** Throws PieceCorruptError (not-a-piece, too-short) and SbtCallError. */
  async header(): Promise<PieceHeader> {
    await this.fill();
    this.filled = this.block.length;
    const { unitBytes, bytes } = headerBytesOf(this.block);
    this.unitBytes = unitBytes;
    const parts: Buffer[] = [];
    for (let read = 0; read < bytes; read += unitBytes) parts.push(Buffer.from(await this.next()));
    const header = decodeHeader(Buffer.concat(parts));
    if (header.compressed) {
      this.frame = { at: this.at };
      this.at = this.filled = 0;
    }
    return header;
  }

  /** The next unit; valid until the next call. */
  async next(): Promise<Buffer> {
    const unit = await this.peek();
    this.crc = crc32(unit, this.crc);
    this.at += this.unitBytes;
    this.units++;
    return unit;
  }

  /** What the next unit is; a unit of bookkeeping that is broken is a corrupt piece. */
  async nextPart(): Promise<PiecePart> {
    const unit = await this.next();
    const type = unit.readUInt8(0);
    if (type === UNIT_TYPE.segmentEnd) {
      const end = decodeCount(unit, UNIT_TYPE.segmentEnd) ?? this.fail();
      return { kind: 'end', blocks: end.count, to: end.crc };
    }
    if (type !== UNIT_TYPE.switch) return { kind: 'block', block: unit };
    const found = decodeCount(unit, UNIT_TYPE.switch) ?? this.fail();
    return { kind: 'switch', segment: found.count };
  }

  /** No more segments follow in this piece. */
  async isAtTrailer(): Promise<boolean> {
    return decodeCount(await this.peek(), UNIT_TYPE.trailer) !== undefined;
  }

  /** The unit behind a segment of known length. */
  async expectEnd(blocks: number): Promise<void> {
    const part = await this.nextPart();
    if (part.kind !== 'end' || part.blocks !== blocks) throw this.corrupt();
  }

  /** Checks the trailer and reads to the end of the piece, as RMAN does. */
  async finish(): Promise<void> {
    const trailer = decodeCount(await this.peek(), UNIT_TYPE.trailer);
    if (trailer?.count !== this.units || trailer.crc !== this.crc) throw this.corrupt();
    if (this.media.read(this.block)) throw this.corrupt();
  }

  private fail(): never {
    throw this.corrupt();
  }

  corrupt(): PieceCorruptError {
    return new PieceCorruptError(this.units, 'corrupt-block');
  }

  private async peek(): Promise<Buffer> {
    if (this.at >= this.filled) await this.refill();
    return this.source.subarray(this.at, this.at + this.unitBytes);
  }

  private async refill(): Promise<void> {
    if (this.frame === undefined) {
      await this.fill();
      this.at = 0;
      this.filled = this.block.length;
      return;
    }
    const length = (await this.takeBytes(this.frame, LENGTH_BYTES)).readUInt32LE(0);
    if (length === 0 || length > FRAME_BYTES_MAX) throw this.corrupt();
    this.source = this.inflate(await this.takeBytes(this.frame, length));
    this.at = 0;
    this.filled = this.source.length;
    if (this.filled === 0 || this.filled % this.unitBytes !== 0) throw this.corrupt();
  }

  private inflate(bytes: Buffer): Buffer {
    try {
      return inflateRawSync(bytes, { maxOutputLength: FRAME_BYTES_MAX });
    } catch (error) {
      throw error instanceof Error ? this.corrupt() : error;
    }
  }

  /** Bytes of a frame, over as many media blocks as it takes. */
  private async takeBytes(frame: { at: number }, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    for (let taken = 0; taken < length;) {
      if (frame.at >= this.block.length) {
        await this.fill();
        frame.at = 0;
      }
      const part = this.block.copy(bytes, taken, frame.at, frame.at + length - taken);
      frame.at += part;
      taken += part;
    }
    return bytes;
  }

  private async fill(): Promise<void> {
    if (!this.media.read(this.block)) throw new PieceCorruptError(this.units, 'too-short');
    this.blocks++;
    this.options.onBlock?.();
    await this.breather.breathe();
  }
}
