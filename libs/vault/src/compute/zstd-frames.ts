// zstd frames, one per chunk, made and opened by one thread. The documented calls make a context for each frame and a stream object around it: a
// quarter of the time that compressing 64 KiB takes, and most of the garbage of a thread. Here contexts are kept.
//
// Node keeps a context behind the handle that the bytes of a zlib stream are written to. The handle is not in the documentation. So it is tried
// first, and what it does not do as it should (it is missing, a frame is not what it must be) the documented calls do again. A spec tells when a
// new version of Node makes us do without.
import { type Transform } from 'node:stream';
import {
  constants,
  createZstdCompress,
  createZstdDecompress,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib';
import { freeAtOnce } from '../format/free-at-once';

/** Level 1 as zstd has it for long inputs: for ours it would look for matches of 6 bytes, a tenth more time for a fortieth less to store. */
const OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_minMatch]: 7 } };
/** Node's own minimum of room, and zstd's worst case beyond 1/256 of the input. */
const SLACK_BYTES = 128;
const TRIAL = [Buffer.alloc(3000, 'a frame '), Buffer.alloc(200, 'and the one after it ')];

/** Streams whose contexts are kept; handed in to show what happens without. */
interface ZstdStreams {
  readonly compressor: () => Transform;
  readonly decompressor: () => Transform;
}

const NODES_STREAMS: ZstdStreams = {
  compressor: () => createZstdCompress(OPTIONS),
  decompressor: () => createZstdDecompress(),
};

export class ZstdFrames {
  private compressor: KeptContext | null;
  private decompressor: KeptContext | null;
  /** Where frames are made. */
  private room: Buffer = Buffer.alloc(0);

  constructor(private readonly streams = NODES_STREAMS) {
    this.compressor = KeptContext.of(streams.compressor(), constants.ZSTD_e_end);
    this.decompressor = this.newDecompressor();
    if (!TRIAL.every((bytes) => this.isFramed(bytes))) this.compressor = this.decompressor = null;
  }

  /** False where the documented calls do the work. */
  get keepsContexts(): boolean {
    return this.compressor !== null && this.decompressor !== null;
  }

  /** @returns one frame, valid until the next call */
  compress(bytes: Uint8Array): Buffer {
    this.makeRoom(bytes.length + (bytes.length >>> 8) + SLACK_BYTES);
    const left = this.compressor?.write(bytes, this.room) ?? 0;
    if (left > 0) return this.room.subarray(0, this.room.length - left);
    this.compressor = null; // what it would do next is anybody's guess
    const frame = zstdCompressSync(bytes, { ...OPTIONS, pledgedSrcSize: bytes.length });
    this.makeRoom(frame.length);
    const { length } = frame; // gone with its memory
    frame.copy(this.room);
    freeAtOnce(frame);
    return this.room.subarray(0, length);
  }

  /**
   * Opens one frame into all of `into`. Whether that is what was framed its digest must tell.
   * @throws Error when it is no frame, or of another length
   */
  decompress(frame: Uint8Array, into: Uint8Array): void {
    if (this.decompressor?.write(frame, into) === 0) return;
    if (this.decompressor !== null) this.decompressor = this.newDecompressor(); // the one before may be inside of the frame
    const bytes = zstdDecompressSync(frame, {
      maxOutputLength: into.length,
      chunkSize: Math.max(into.length, SLACK_BYTES),
    });
    if (bytes.length !== into.length) throw new RangeError('a frame of another length than it must be');
    into.set(bytes);
    freeAtOnce(bytes);
  }

  private isFramed(bytes: Buffer): boolean {
    const frame = this.compress(bytes);
    const opened = Buffer.alloc(bytes.length);
    const left = this.decompressor?.write(frame, opened);
    return left === 0 && opened.equals(bytes) && zstdDecompressSync(frame).equals(bytes);
  }

  private newDecompressor(): KeptContext | null {
    return KeptContext.of(this.streams.decompressor(), constants.ZSTD_e_continue);
  }

  private makeRoom(bytes: number): void {
    if (this.room.length >= bytes) return;
    freeAtOnce(this.room);
    this.room = Buffer.allocUnsafeSlow(bytes);
  }
}

/** What we use of a zlib stream. */
interface ContextOwner {
  readonly destroyed: boolean;
  readonly _handle: ContextHandle;
  /** Of the last write: bytes of `into` that were not needed, bytes of the input that were not taken. */
  readonly _writeState: Uint32Array;
}

interface ContextHandle {
  writeSync(
    flush: number,
    bytes: Uint8Array,
    from: number,
    length: number,
    into: Uint8Array,
    at: number,
    room: number,
  ): void;
}

class KeptContext {
  private constructor(
    private readonly owner: ContextOwner,
    private readonly flush: number,
  ) {}

  /** Null where this Node has no such handle. */
  static of(stream: Transform, flush: number): KeptContext | null {
    stream.on('error', () => undefined); // `destroyed` tells it at once
    return isContextOwner(stream) ? new KeptContext(stream, flush) : null;
  }

  /** @returns the bytes of `into` that were not needed; null when zstd found a mistake or did not take everything */
  write(bytes: Uint8Array, into: Uint8Array): number | null {
    const { owner, flush } = this;
    if (owner.destroyed) return null; // to write to a closed handle would end the process
    owner._handle.writeSync(flush, bytes, 0, bytes.length, into, 0, into.length);
    const [left = 0, unread = 0] = owner._writeState;
    return owner.destroyed || unread > 0 ? null : left;
  }
}

function isContextOwner(stream: Transform): stream is Transform & ContextOwner {
  const { _handle, _writeState } = stream as Partial<ContextOwner>;
  return typeof _handle?.writeSync === 'function' && _writeState?.length === 2;
}
