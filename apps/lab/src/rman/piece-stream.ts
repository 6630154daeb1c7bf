/** Writes and reads pieces through a media channel, one media block in memory. */
import { crc32 } from 'node:zlib';
import { type MediaChannel } from '../sbt/media-channel';
import {
  decodeCount,
  decodeHeader,
  encodeHeader,
  encodeSegmentEnd,
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
  private used = 0;
  private bytes = 0;
  private crc = 0;
  private written = 0;

  constructor(
    private readonly media: MediaChannel,
    private readonly options: { blockBytes: number; unitBytes: number; onBlock: () => void },
  ) {
    this.block = Buffer.alloc(options.blockBytes);
  }

  /** Number of media blocks handed over, for error messages. */
  get blocksWritten(): number {
    return this.written;
  }

  async begin(header: PieceHeader): Promise<void> {
    await this.write(encodeHeader(header, this.options.unitBytes));
  }

  /** Whole units. Throws SbtCallError. */
  async write(units: Buffer): Promise<void> {
    this.crc = crc32(units, this.crc);
    this.bytes += units.length;
    for (let at = 0; at < units.length;) {
      const part = Math.min(units.length - at, this.block.length - this.used);
      units.copy(this.block, this.used, at, at + part);
      this.used += part;
      at += part;
      if (this.used === this.block.length) await this.flush();
    }
  }

  async endSegment(blocks: number): Promise<void> {
    await this.write(encodeSegmentEnd(blocks, this.options.unitBytes));
  }

  /** Writes trailer and padding; answers the bytes of the piece. */
  async finish(): Promise<number> {
    const { unitBytes } = this.options;
    await this.write(encodeTrailer(this.bytes / unitBytes, this.crc, unitBytes));
    if (this.used > 0) {
      this.block.fill(0, this.used);
      await this.flush();
    }
    return this.written * this.block.length;
  }

  private async flush(): Promise<void> {
    this.media.write(this.block);
    this.written++;
    this.used = 0;
    this.options.onBlock();
    await this.breather.breathe();
  }
}

export class PieceReader {
  private readonly block: Buffer;
  private readonly breather = new Breather();
  private at = 0;
  private filled = 0;
  private unitBytes = 0;
  private units = 0;
  private crc = 0;
  private blocks = 0;

  constructor(
    private readonly media: MediaChannel,
    private readonly options: { blockBytes: number; onBlock?: () => void },
  ) {
    this.block = Buffer.alloc(options.blockBytes);
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
    const { unitBytes, bytes } = headerBytesOf(this.block);
    this.unitBytes = unitBytes;
    const parts: Buffer[] = [];
    for (let read = 0; read < bytes; read += unitBytes) parts.push(Buffer.from(await this.next()));
    return decodeHeader(Buffer.concat(parts));
  }

  /** The next unit; valid until the next call. */
  async next(): Promise<Buffer> {
    const unit = await this.peek();
    this.crc = crc32(unit, this.crc);
    this.at += this.unitBytes;
    this.units++;
    return unit;
  }

  /** The next unit of a segment of unknown length; undefined at its end, whose count must be `blocks`. */
  async nextOfSegment(blocks: number): Promise<Buffer | undefined> {
    const unit = await this.next();
    if (unit.readUInt8(0) !== UNIT_TYPE.segmentEnd) return unit;
    if (decodeCount(unit, UNIT_TYPE.segmentEnd)?.count !== blocks) throw this.corrupt();
    return undefined;
  }

  /** The unit behind a segment of known length. */
  async expectEnd(blocks: number): Promise<void> {
    if ((await this.nextOfSegment(blocks)) !== undefined) throw this.corrupt();
  }

  /** Checks the trailer and reads to the end of the piece, as RMAN does. */
  async finish(): Promise<void> {
    const trailer = decodeCount(await this.peek(), UNIT_TYPE.trailer);
    if (trailer?.count !== this.units || trailer.crc !== this.crc) throw this.corrupt();
    if (this.media.read(this.block)) throw this.corrupt();
  }

  corrupt(): PieceCorruptError {
    return new PieceCorruptError(this.units, 'corrupt-block');
  }

  private async peek(): Promise<Buffer> {
    if (this.at >= this.filled) await this.fill();
    return this.block.subarray(this.at, this.at + this.unitBytes);
  }

  private async fill(): Promise<void> {
    if (!this.media.read(this.block)) throw new PieceCorruptError(this.units, 'too-short');
    this.blocks++;
    this.at = 0;
    this.filled = this.block.length;
    this.options.onBlock?.();
    await this.breather.breathe();
  }
}
