// The work that costs processor time, as pure functions over bytes: ids, compression, encryption and their way back.
// They run in worker threads, or inline in tests and tools.
import { createCipheriv, createDecipheriv, createHmac, hash, hkdfSync } from 'node:crypto';
import { zstdCompressSync, zstdDecompressSync, constants } from 'node:zlib';
import { CUT_FIELDS } from '../chunking/cut-stream';
import { CHUNK_KINDS } from '../format/chunk-kinds';
import { CHUNK_BYTES_MAX, COMPRESSION_GAIN_MIN, COMPRESSION_PROBE_BYTES } from '../limits';

export const ID_BYTES = 32;
export const DIGEST_BYTES = 32;
export const SALT_BYTES = 32;
export const TAG_BYTES = 16;
/** "ADYF", ordinal u32, ciphertext length u32. */
export const FRAME_HEADER_BYTES = 12;
const COMPRESSIONS = { none: 0, zstd: 1 } as const;
const FRAME_MAGIC = 0x46594441; // "ADYF", little-endian
const ZSTD_LEVEL = 1;

export interface DigestJob {
  readonly bytes: Uint8Array;
  /** Offset, length, kind and units of each cut of `bytes`. */
  readonly cuts: Uint32Array;
}

/** sha256 of every unit, 32 bytes apiece, in the order of the cuts: the only time the data is hashed. */
export function digestUnits({ bytes, cuts }: DigestJob): Uint8Array {
  let total = 0;
  for (let i = 0; i < cuts.length; i += CUT_FIELDS) total += cuts[i + 3] ?? 0;
  const digests = new Uint8Array(total * DIGEST_BYTES);
  let at = 0;
  for (let i = 0; i < cuts.length; i += CUT_FIELDS) {
    const [offset = 0, length = 0, , units = 1] = cuts.subarray(i, i + CUT_FIELDS);
    at = digestInto(digests, at, bytes.subarray(offset, offset + length), units);
  }
  return digests;
}

function digestInto(digests: Uint8Array, at: number, chunk: Uint8Array, units: number): number {
  const unitBytes = chunk.length / units;
  for (let unit = 0; unit < units; unit += 1)
    digests.set(
      hash('sha256', chunk.subarray(unit * unitBytes, (unit + 1) * unitBytes), 'buffer'),
      at + unit * DIGEST_BYTES,
    );
  return at + units * DIGEST_BYTES;
}

export interface ChunkShape {
  readonly kind: number;
  readonly length: number;
  /** Units of equal length that the chunk consists of. */
  readonly units: number;
}

/** id = HMAC-SHA-256(idKey, kind u8 ‖ length u32 ‖ units u8 ‖ sha256 of each unit). @param digests those of the chunk's units */
export function chunkIdOf(
  idKey: Uint8Array,
  { kind, length, units }: ChunkShape,
  digests: Uint8Array,
): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt8(kind, 0);
  head.writeUInt32LE(length, 1);
  head.writeUInt8(units, 5);
  return createHmac('sha256', idKey).update(head).update(digests).digest();
}

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
}

export interface SealedChunks {
  /** Frames one after the other, as they stand in the pack. */
  readonly frames: Uint8Array;
  /** Ciphertext length and compression of each chunk, two numbers apiece. */
  readonly facts: Uint32Array;
}
export const FACT_FIELDS = 2;

export function sealChunks(job: SealJob): SealedChunks {
  const count = job.cuts.length / CUT_FIELDS;
  const packKey = packKeyOf(job);
  // Memory of its own, so that it can be handed over; a chunk never grows.
  const frames = Buffer.allocUnsafeSlow(framesBytesMax(job.cuts));
  const facts = new Uint32Array(count * FACT_FIELDS);
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    const [offset = 0, length = 0, kind = 0] = job.cuts.subarray(i * CUT_FIELDS, (i + 1) * CUT_FIELDS);
    const chunk = job.bytes.subarray(offset, offset + length);
    const { compression, body } = compress(chunk, kind);
    const ordinal = job.firstOrdinal + i;
    const id = job.ids.subarray(i * ID_BYTES, (i + 1) * ID_BYTES);
    const cipher = createCipheriv('aes-256-gcm', packKey, nonceOf(ordinal)).setAAD(
      aadOf(job, { ordinal, id, kind, compression, length }),
    );
    at = frames.writeUInt32LE(FRAME_MAGIC, at);
    at = frames.writeUInt32LE(ordinal, at);
    at = frames.writeUInt32LE(body.length, at);
    for (const part of [cipher.update(body), cipher.final(), cipher.getAuthTag()]) {
      frames.set(part, at);
      at += part.length;
    }
    facts.set([body.length, compression], i * FACT_FIELDS);
  }
  return { frames: frames.subarray(0, at), facts };
}

function framesBytesMax(cuts: Uint32Array): number {
  let bytes = 0;
  for (let i = 0; i < cuts.length; i += CUT_FIELDS)
    bytes += (cuts[i + 1] ?? 0) + FRAME_HEADER_BYTES + TAG_BYTES;
  return bytes;
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
}
export const OPEN_FIELDS = 7;

/** The chunks one after the other, or the index of the first that is not what it should be. */
export type OpenedChunks =
  | { readonly kind: 'opened'; readonly bytes: Uint8Array }
  | { readonly kind: 'altered'; readonly index: number };

export function openChunks(job: OpenJob): OpenedChunks {
  const count = job.frames.length / OPEN_FIELDS;
  const packKey = packKeyOf(job);
  const chunks: Buffer[] = [];
  for (let i = 0; i < count; i += 1) {
    const chunk = openFrame(job, packKey, i);
    if (chunk === null) return { kind: 'altered', index: i };
    chunks.push(chunk);
  }
  return { kind: 'opened', bytes: Buffer.concat(chunks) };
}

function openFrame(job: OpenJob, packKey: Buffer, index: number): Buffer | null {
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
    units === 0 ||
    length % units !== 0 ||
    frame.readUInt32LE(0) !== FRAME_MAGIC ||
    frame.readUInt32LE(4) !== ordinal ||
    frame.readUInt32LE(8) !== clen
  )
    return null;
  try {
    const decipher = createDecipheriv('aes-256-gcm', packKey, nonceOf(ordinal))
      .setAAD(aadOf(job, { ordinal, id, kind, compression, length }))
      .setAuthTag(frame.subarray(-TAG_BYTES));
    const body = Buffer.concat([
      decipher.update(frame.subarray(FRAME_HEADER_BYTES, -TAG_BYTES)),
      decipher.final(),
    ]);
    const chunk =
      compression === COMPRESSIONS.zstd ? zstdDecompressSync(body, { maxOutputLength: length }) : body;
    if (chunk.length !== length) return null;
    const digests = Buffer.alloc(units * DIGEST_BYTES);
    digestInto(digests, 0, chunk, units);
    return chunkIdOf(job.idKey, { kind, length, units }, digests).equals(id) ? chunk : null;
  } catch {
    return null; // a tag or a zstd stream that does not fit: altered
  }
}

function compress(chunk: Uint8Array, kind: number): { compression: number; body: Uint8Array } {
  if (kind !== CHUNK_KINDS.map && !isWorthCompressing(chunk))
    return { compression: COMPRESSIONS.none, body: chunk };
  const compressed = zstdCompressSync(chunk, { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } });
  if (compressed.length > chunk.length * (1 - COMPRESSION_GAIN_MIN))
    return { compression: COMPRESSIONS.none, body: chunk };
  return { compression: COMPRESSIONS.zstd, body: compressed };
}

/** Tries a little from the middle first: encrypted tablespaces do not shrink, and finding that out costs as much as compressing them. */
function isWorthCompressing(chunk: Uint8Array): boolean {
  if (chunk.length <= 4 * COMPRESSION_PROBE_BYTES) return true;
  const from = (chunk.length >>> 1) - (COMPRESSION_PROBE_BYTES >>> 1);
  const probe = chunk.subarray(from, from + COMPRESSION_PROBE_BYTES);
  return (
    zstdCompressSync(probe, { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } }).length <
    COMPRESSION_PROBE_BYTES * (1 - COMPRESSION_GAIN_MIN)
  );
}

/** A key of its own for every pack: the frame's ordinal is then a nonce that is never used twice. */
export function packKeyOf({ encKey, packSalt }: PackContext): Buffer {
  return Buffer.from(hkdfSync('sha256', encKey, packSalt, 'adyton pack', 32));
}

export function nonceOf(ordinal: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32LE(ordinal, 0);
  return nonce;
}

function aadOf(context: PackContext, facts: FrameFacts): Buffer {
  const numbers = Buffer.alloc(10);
  numbers.writeUInt32LE(facts.ordinal, 0);
  numbers.writeUInt8(facts.kind, 4);
  numbers.writeUInt8(facts.compression, 5);
  numbers.writeUInt32LE(facts.length, 6);
  return Buffer.concat([Buffer.from(context.vaultId), context.packSalt, facts.id, numbers]);
}
