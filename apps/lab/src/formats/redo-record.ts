/**
 * One redo record = one committed transaction: its SCN, its time, and every change vector it made. Change vectors and
 * commit go to the log in one write, so a log never holds half a transaction and recovery has nothing to undo; the real
 * database keeps undo for that. Record layout is the lab's own.
 */
import { crc32 } from 'node:zlib';
import { blockScn, sealBlock } from './block';
import { type Scn } from './scn';

/** Bytes put over the old ones at an offset of the block. */
export interface Patch {
  offset: number;
  bytes: Buffer;
}

export interface ChangeVector {
  file: number;
  block: number;
  /** Sequence within the SCN: 1 for the first change. */
  seq: number;
  /** SCN of the block version the change was made on. */
  previousScn: Scn;
  change: { kind: 'patch'; patches: Patch[] } | { kind: 'image'; bytes: Buffer };
}

export interface RedoRecord {
  scn: Scn;
  /** Commit time, milliseconds since 1970 UTC. */
  atMs: number;
  vectors: ChangeVector[];
}

/** A record stays well below the smallest online log (1 MiB). */
const RECORD_BYTES_MAX = 768 * 1024;
/** length, CRC, SCN, time, number of vectors. */
export const RECORD_HEADER_BYTES = 28;

const VECTOR_HEADER_BYTES = 20;
const PATCH_HEADER_BYTES = 4;
const KIND_PATCH = 1;
const KIND_IMAGE = 2;

/** Throws RangeError when the record would be longer than RECORD_BYTES_MAX. */
export function encodeRedoRecord(record: RedoRecord): Buffer {
  const bytes = record.vectors.reduce((sum, vector) => sum + vectorBytes(vector), RECORD_HEADER_BYTES);
  if (bytes > RECORD_BYTES_MAX) throw new RangeError(`redo record of ${bytes} bytes`);
  const out = Buffer.allocUnsafe(bytes);
  out.writeUInt32LE(bytes, 0);
  out.writeBigUInt64LE(record.scn, 8);
  out.writeDoubleLE(record.atMs, 16);
  out.writeUInt32LE(record.vectors.length, 24);
  let at = RECORD_HEADER_BYTES;
  for (const vector of record.vectors) at = writeVector(out, at, vector);
  out.writeUInt32LE(crc32(out.subarray(8)), 4);
  return out;
}

/** Total bytes of the record whose header starts here; undefined when that cannot be a record. */
export function recordBytes(header: Buffer): number | undefined {
  const bytes = header.readUInt32LE(0);
  return bytes >= RECORD_HEADER_BYTES && bytes <= RECORD_BYTES_MAX ? bytes : undefined;
}

/** The record, or undefined when its checksum is wrong. Buffers in it share the memory of `bytes`. */
export function decodeRedoRecord(bytes: Buffer): RedoRecord | undefined {
  if (crc32(bytes.subarray(8)) !== bytes.readUInt32LE(4)) return undefined;
  const vectors: ChangeVector[] = [];
  const count = bytes.readUInt32LE(24);
  let at = RECORD_HEADER_BYTES;
  for (let i = 0; i < count; i++) {
    const payloadBytes = bytes.readUInt32LE(at + 16);
    vectors.push(readVector(bytes, at, payloadBytes));
    at += VECTOR_HEADER_BYTES + payloadBytes;
  }
  return { scn: bytes.readBigUInt64LE(8), atMs: bytes.readDoubleLE(16), vectors };
}

export type VectorOutcome = 'applied' | 'already-there' | 'lost-write';

/**
 * Puts a change on its block and seals it. The engine and recovery both change blocks through this function only, so they
 * cannot differ by a byte. 'lost-write': the block is not the version the change was made on (nothing is changed).
 */
export function applyVector(block: Buffer, vector: ChangeVector, scn: Scn): VectorOutcome {
  const found = blockScn(block);
  if (found > scn || (found === scn && block.readUInt8(14) >= vector.seq)) return 'already-there';
  if (vector.change.kind === 'image') {
    vector.change.bytes.copy(block);
  } else {
    if (found !== vector.previousScn) return 'lost-write';
    for (const patch of vector.change.patches) patch.bytes.copy(block, patch.offset);
  }
  sealBlock(block, { scn, seq: vector.seq });
  return 'applied';
}

function vectorBytes(vector: ChangeVector): number {
  const { change } = vector;
  if (change.kind === 'image') return VECTOR_HEADER_BYTES + change.bytes.length;
  return change.patches.reduce(
    (sum, patch) => sum + PATCH_HEADER_BYTES + patch.bytes.length,
    VECTOR_HEADER_BYTES,
  );
}

function writeVector(out: Buffer, start: number, vector: ChangeVector): number {
  const { change } = vector;
  out.writeUInt16LE(vector.file, start);
  out.writeUInt8(change.kind === 'image' ? KIND_IMAGE : KIND_PATCH, start + 2);
  out.writeUInt8(vector.seq, start + 3);
  out.writeUInt32LE(vector.block, start + 4);
  out.writeBigUInt64LE(vector.previousScn, start + 8);
  out.writeUInt32LE(vectorBytes(vector) - VECTOR_HEADER_BYTES, start + 16);
  let at = start + VECTOR_HEADER_BYTES;
  if (change.kind === 'image') return at + change.bytes.copy(out, at);
  for (const patch of change.patches) {
    out.writeUInt16LE(patch.offset, at);
    out.writeUInt16LE(patch.bytes.length, at + 2);
    at += PATCH_HEADER_BYTES;
    at += patch.bytes.copy(out, at);
  }
  return at;
}

function readVector(bytes: Buffer, start: number, payloadBytes: number): ChangeVector {
  const payload = bytes.subarray(start + VECTOR_HEADER_BYTES, start + VECTOR_HEADER_BYTES + payloadBytes);
  const image = bytes.readUInt8(start + 2) === KIND_IMAGE;
  return {
    file: bytes.readUInt16LE(start),
    seq: bytes.readUInt8(start + 3),
    block: bytes.readUInt32LE(start + 4),
    previousScn: bytes.readBigUInt64LE(start + 8),
    change: image ? { kind: 'image', bytes: payload } : { kind: 'patch', patches: readPatches(payload) },
  };
}

function readPatches(payload: Buffer): Patch[] {
  const patches: Patch[] = [];
  for (let at = 0; at + PATCH_HEADER_BYTES <= payload.length;) {
    const length = payload.readUInt16LE(at + 2);
    const from = at + PATCH_HEADER_BYTES;
    patches.push({ offset: payload.readUInt16LE(at), bytes: payload.subarray(from, from + length) });
    at = from + length;
  }
  return patches;
}
