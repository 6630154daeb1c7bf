// Chunks on their way into a pack and back, as pure functions over bytes: compression, encryption, and what must come out of them.
// They run in worker threads, or inline in tests and tools.
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hash,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { CUT_FIELDS } from '../chunking/cut-stream';
import { CHUNK_KINDS } from '../format/chunk-kinds';
import { freeAtOnce } from '../format/free-at-once';
import { CHUNK_BYTES_MAX, COMPRESSION_GAIN_MIN, COMPRESSION_PROBE_BYTES } from '../limits';
import { bufferOver } from './buffer-over';
import { chunkIdOf, DIGEST_BYTES, digestInto } from './unit-digests';
import { ZstdFrames } from './zstd-frames';

export const ID_BYTES = 32;
export const SALT_BYTES = 32;
export const TAG_BYTES = 16;
/** "ADYF", ordinal u32, ciphertext length u32. */
export const FRAME_HEADER_BYTES = 12;
const COMPRESSIONS = { none: 0, zstd: 1 } as const;
const FRAME_MAGIC = 0x46594441; // "ADYF", little-endian

export interface PackContext {
  readonly encKey: Uint8Array;
  readonly vaultId: string;
  readonly packSalt: Uint8Array;
}

export interface SealJob extends PackContext {
  readonly bytes: Uint8Array;
  readonly cuts: Uint32Array;
  readonly ids: Uint8Array;
  /** Ordinal of the first frame inside its pack. */
  readonly firstOrdinal: number;
  /** Gets the frames one after the other, as they stand in the pack: its free room. */
  readonly into: Uint8Array;
}

export interface SealedChunks {
  /** Bytes of the frames. */
  readonly bytes: number;
  /** Ciphertext length and compression of each chunk, two numbers apiece. */
  readonly facts: Uint32Array;
}
export const FACT_FIELDS = 2;

export function sealChunks(job: SealJob): SealedChunks {
  const count = job.cuts.length / CUT_FIELDS;
  const packKey = packKeyOf(job);
  const frames = bufferOver(job.into);
  const facts = new Uint32Array(count * FACT_FIELDS);
  const compressor = new Compressor();
  const aad = new FrameAad(job);
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    const [offset = 0, length = 0, kind = 0] = job.cuts.subarray(i * CUT_FIELDS, (i + 1) * CUT_FIELDS);
    const { compression, body } = compressor.compress(job.bytes.subarray(offset, offset + length), kind);
    const ordinal = job.firstOrdinal + i;
    const id = job.ids.subarray(i * ID_BYTES, (i + 1) * ID_BYTES);
    const cipher = createCipheriv('aes-256-gcm', packKey, nonceOf(ordinal)).setAAD(
      aad.of({ ordinal, id, kind, compression, length }),
    );
    at = frames.writeUInt32LE(FRAME_MAGIC, at);
    at = frames.writeUInt32LE(ordinal, at);
    at = frames.writeUInt32LE(body.length, at);
    facts.set([body.length, compression], i * FACT_FIELDS);
    at = moveInto(frames, at, cipher.update(body));
    cipher.final(); // GCM keeps nothing back
    at = moveInto(frames, at, cipher.getAuthTag());
  }
  return { bytes: at, facts };
}

/** As fill() Node copies with memmove; set() copies into shared memory word by word. @returns where the next goes */
function moveInto(frames: Buffer, at: number, part: Buffer): number {
  const end = at + part.length;
  frames.fill(part, at, end);
  freeAtOnce(part);
  return end;
}

/** The name of a pack: sha256 of its bytes, hex. */
export function nameOfPack(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}

interface FrameFacts {
  readonly ordinal: number;
  readonly id: Uint8Array;
  readonly kind: number;
  readonly compression: number;
  readonly length: number;
}

export interface OpenJob extends PackContext {
  readonly idKey: Uint8Array;
  /** Bytes of the pack from the first wanted frame on. */
  readonly bytes: Uint8Array;
  /** Per chunk: offset of its frame in `bytes`, ciphertext length, length, ordinal, kind, compression, units. */
  readonly frames: Uint32Array;
  readonly ids: Uint8Array;
  /** Gets the chunks, when there is memory for them. */
  readonly into?: Uint8Array;
}
export const OPEN_FIELDS = 7;

/** The chunks one after the other, or the index of the first that is not what it should be. */
export type OpenedChunks =
  | { readonly kind: 'opened'; readonly bytes: Uint8Array }
  | { readonly kind: 'altered'; readonly index: number };

export function openChunks(job: OpenJob): OpenedChunks {
  const count = job.frames.length / OPEN_FIELDS;
  const opening: Opening = { job, packKey: packKeyOf(job), aad: new FrameAad(job) };
  const bytes = job.into ?? Buffer.allocUnsafeSlow(openedBytes(job.frames));
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    const length = openFrame(opening, i, bytes.subarray(at));
    if (length < 0) return { kind: 'altered', index: i };
    at += length;
  }
  return { kind: 'opened', bytes: bytes.subarray(0, at) };
}

function openedBytes(frames: Uint32Array): number {
  let bytes = 0;
  for (let i = 2; i < frames.length; i += OPEN_FIELDS) bytes += Math.min(frames[i] ?? 0, CHUNK_BYTES_MAX);
  return bytes;
}

interface Opening {
  readonly job: OpenJob;
  readonly packKey: KeyObject;
  readonly aad: FrameAad;
}

/** @returns length of the chunk, or -1 when it is not what it should be */
function openFrame({ job, packKey, aad }: Opening, index: number, room: Uint8Array): number {
  const [offset = 0, clen = 0, length = 0, ordinal = 0, kind = 0, compression = 0, units = 0] =
    job.frames.subarray(index * OPEN_FIELDS, (index + 1) * OPEN_FIELDS);
  const frame = Buffer.from(
    job.bytes.buffer,
    job.bytes.byteOffset + offset,
    FRAME_HEADER_BYTES + clen + TAG_BYTES,
  );
  const id = job.ids.subarray(index * ID_BYTES, (index + 1) * ID_BYTES);
  if (
    length > CHUNK_BYTES_MAX ||
    length > room.length ||
    units === 0 ||
    length % units !== 0 ||
    frame.readUInt32LE(0) !== FRAME_MAGIC ||
    frame.readUInt32LE(4) !== ordinal ||
    frame.readUInt32LE(8) !== clen
  )
    return -1;
  const chunk = bufferOver(room.subarray(0, length));
  try {
    const decipher = createDecipheriv('aes-256-gcm', packKey, nonceOf(ordinal))
      .setAAD(aad.of({ ordinal, id, kind, compression, length }))
      .setAuthTag(frame.subarray(-TAG_BYTES));
    const body = decipher.update(frame.subarray(FRAME_HEADER_BYTES, -TAG_BYTES)); // all of it: GCM keeps nothing back
    decipher.final();
    if (compression === COMPRESSIONS.zstd) zstdFrames().decompress(body, chunk);
    else if (body.length === length) chunk.fill(body, 0, length);
    else return -1;
    freeAtOnce(body);
    const digests = Buffer.alloc(units * DIGEST_BYTES);
    digestInto(digests, 0, chunk, units);
    return chunkIdOf(job.idKey, { kind, length, units }, digests).equals(id) ? length : -1;
  } catch {
    return -1; // a tag or a zstd stream that does not fit: altered
  }
}

/** Those of this thread, made when they are first needed. */
function zstdFrames(): ZstdFrames {
  return (threadFrames ??= new ZstdFrames());
}
let threadFrames: ZstdFrames | null = null;

/** Encrypted tablespaces do not shrink, and finding that out costs as much as compressing them: after a chunk that did not, the next is tried first. */
class Compressor {
  private isTrying = false;

  compress(chunk: Uint8Array, kind: number): { compression: number; body: Uint8Array } {
    if (this.isTrying && kind !== CHUNK_KINDS.map && !isWorthCompressing(chunk))
      return { compression: COMPRESSIONS.none, body: chunk };
    const compressed = zstdFrames().compress(chunk);
    this.isTrying = compressed.length > chunk.length * (1 - COMPRESSION_GAIN_MIN);
    return this.isTrying
      ? { compression: COMPRESSIONS.none, body: chunk }
      : { compression: COMPRESSIONS.zstd, body: compressed };
  }
}

/** Tries a little from the middle. */
function isWorthCompressing(chunk: Uint8Array): boolean {
  if (chunk.length <= 4 * COMPRESSION_PROBE_BYTES) return true;
  const from = (chunk.length >>> 1) - (COMPRESSION_PROBE_BYTES >>> 1);
  const probe = chunk.subarray(from, from + COMPRESSION_PROBE_BYTES);
  return zstdFrames().compress(probe).length < COMPRESSION_PROBE_BYTES * (1 - COMPRESSION_GAIN_MIN);
}

/** A key of its own for every pack: the frame's ordinal is then a nonce that is never used twice. */
export function packKeyOf({ encKey, packSalt }: PackContext): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', encKey, packSalt, 'adyton pack', 32)));
}

export function nonceOf(ordinal: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32LE(ordinal, 0);
  return nonce;
}

/** What a frame is bound to; its memory is used again for the next. */
class FrameAad {
  private readonly bytes: Buffer;
  private readonly idAt: number;

  constructor(context: PackContext) {
    const prefix = Buffer.concat([Buffer.from(context.vaultId), context.packSalt]);
    this.idAt = prefix.length;
    this.bytes = Buffer.concat([prefix, Buffer.alloc(ID_BYTES + 10)]);
  }

  of({ ordinal, id, kind, compression, length }: FrameFacts): Buffer {
    this.bytes.set(id, this.idAt);
    let at = this.bytes.writeUInt32LE(ordinal, this.idAt + ID_BYTES);
    at = this.bytes.writeUInt8(kind, at);
    at = this.bytes.writeUInt8(compression, at);
    this.bytes.writeUInt32LE(length, at);
    return this.bytes;
  }
}
