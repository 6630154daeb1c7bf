/**
 * The backup pieces of this rman. Oracle's own format is not published; this one is SYNTHETIC and keeps only what is known
 * from outside: data blocks travel unmodified, ascending, aligned at their size, between blocks of bookkeeping that change
 * with every backup, and zeros fill the piece up to whole media blocks.
 *
 *   unit = the set's block size (8 KiB for archived logs, 16 KiB for the control file)
 *   header   n units: fixed fields, then JSON: database, records of the set (all that CATALOG needs), list of segments
 *   segment  its blocks, then one unit that ends it, counts them and says how far it reached; a log's 512-byte blocks are
 *            padded to a unit
 *   switch   in a multiplexed set, 1 unit before each run of blocks: the segment (by its place in the list) they belong to
 *   trailer  1 unit: number of units before it and their CRC-32
 *
 * In a compressed set all behind the header is cut into frames: 4 bytes of length, then so many deflated bytes; a frame of
 * length 0 is the last. The counts above are those of the units before compression.
 *
 * A set cut by MAXPIECESIZE goes on in the next piece with segments that begin where those of the last one ended.
 */
import { crc32 } from 'node:zlib';
import { FRMT_BY_BLOCK_BYTES, sealChecksum, xorOfWords } from '../formats/block';
import { type BackupRecords } from '../instance/instance-port';

/** Block types of the bookkeeping; no database block has them. */
export const UNIT_TYPE = { switch: 0xfb, header: 0xfc, segmentEnd: 0xfd, trailer: 0xfe } as const;

export type PieceSegment =
  | { kind: 'data-file'; file: number; rfile: number; name: string; blocks: number; from: number; to: number }
  | { kind: 'log'; thread: number; sequence: number; resetlogsScn: string; bytes: number }
  | { kind: 'control-file' | 'spfile'; bytes: number };

/** Whose piece it is. */
interface PieceOrigin {
  dbid: number;
  dbName: string;
  dbUniqueName: string;
}

export function originOf({ dbid, dbName, dbUniqueName }: PieceOrigin): PieceOrigin {
  return { dbid, dbName, dbUniqueName };
}

export interface PieceHeader extends PieceOrigin {
  piece: number;
  /** Pieces of the set; bytes of a piece and counts of blocks are 0 here: nobody knows them yet. */
  records: BackupRecords;
  segments: PieceSegment[];
  /** Runs of several segments alternate. */
  multiplexed: boolean;
  /** Everything behind the header is deflated, frame by frame. */
  compressed: boolean;
}

export const UNIT_BYTES = { log: 8192, controlFile: 16384 } as const;
/** Smallest unit, and so the least that must be read to learn the unit. */
const UNIT_BYTES_MIN = 2048;
const MAGIC = 0x4c414250;
const VERSION = 2;
const AT = { magic: 20, version: 24, unit: 28, bytes: 32, crc: 36, count: 40, body: 64 } as const;
/** A set has at most 64 files or some hundred logs; more is no header of ours. */
const HEADER_JSON_BYTES_MAX = 4 * 1024 * 1024;

/** A piece that is not what a backup wrote. `unit`: where, counted from 0. */
export class PieceCorruptError extends Error {
  constructor(
    readonly unit: number,
    readonly reason: 'not-a-piece' | 'corrupt-block' | 'too-short',
  ) {
    super(`${reason} at unit ${unit}`);
    this.name = 'PieceCorruptError';
  }
}

/** Whole units. */
export function encodeHeader(header: PieceHeader, unitBytes: number): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const out = Buffer.alloc(roundUp(AT.body + json.length, unitBytes));
  json.copy(out, AT.body);
  out.writeUInt32LE(json.length, AT.bytes);
  out.writeUInt32LE(crc32(json), AT.crc);
  seal(out, UNIT_TYPE.header, unitBytes);
  return out;
}

/** Number of bytes the header takes, from its first unit. Throws PieceCorruptError when it is none. */
export function headerBytesOf(first: Buffer): { unitBytes: number; bytes: number } {
  if (first.length < UNIT_BYTES_MIN || first.readUInt32LE(AT.magic) !== MAGIC) throw notAPiece();
  const unitBytes = first.readUInt32LE(AT.unit);
  const jsonBytes = first.readUInt32LE(AT.bytes);
  if (!FRMT_BY_BLOCK_BYTES.has(unitBytes) || jsonBytes > HEADER_JSON_BYTES_MAX) throw notAPiece();
  if (first.readUInt8(0) !== UNIT_TYPE.header || first.readUInt32LE(AT.version) !== VERSION)
    throw notAPiece();
  return { unitBytes, bytes: roundUp(AT.body + jsonBytes, unitBytes) };
}

/** The inverse of {@link encodeHeader}. Throws PieceCorruptError. */
export function decodeHeader(bytes: Buffer): PieceHeader {
  const json = bytes.subarray(AT.body, AT.body + bytes.readUInt32LE(AT.bytes));
  if (crc32(json) !== bytes.readUInt32LE(AT.crc)) throw notAPiece();
  return JSON.parse(json.toString('utf8')) as PieceHeader;
}

/** The unit behind a segment's `blocks` blocks; it speaks for all blocks up to number `to`. */
export function encodeSegmentEnd(blocks: number, to: number, unitBytes: number): Buffer {
  return encodeCount(UNIT_TYPE.segmentEnd, blocks, to, unitBytes);
}

/** The unit in front of blocks of another segment. */
export function encodeSwitch(segment: number, unitBytes: number): Buffer {
  return encodeCount(UNIT_TYPE.switch, segment, 0, unitBytes);
}

/** The last unit: `units` went before it, with this CRC-32. */
export function encodeTrailer(units: number, crc: number, unitBytes: number): Buffer {
  return encodeCount(UNIT_TYPE.trailer, units, crc, unitBytes);
}

/** Reads a switch, end or trailer unit (`crc`: a trailer's, or how far an end reached); undefined when it is none. */
export function decodeCount(
  unit: Buffer,
  type: (typeof UNIT_TYPE)['switch' | 'segmentEnd' | 'trailer'],
): { count: number; crc: number } | undefined {
  const whole = unit.readUInt8(0) === type && unit.readUInt32LE(AT.magic) === MAGIC && xorOfWords(unit) === 0;
  return whole
    ? { count: Number(unit.readBigUInt64LE(AT.count)), crc: unit.readUInt32LE(AT.crc) }
    : undefined;
}

/** The next multiple. */
export function roundUp(bytes: number, unit: number): number {
  return Math.ceil(bytes / unit) * unit;
}

function encodeCount(type: number, count: number, crc: number, unitBytes: number): Buffer {
  const unit = Buffer.alloc(unitBytes);
  unit.writeUInt32LE(crc, AT.crc);
  unit.writeBigUInt64LE(BigInt(count), AT.count);
  seal(unit, type, unitBytes);
  return unit;
}

function seal(bytes: Buffer, type: number, unitBytes: number): void {
  bytes.writeUInt8(type, 0);
  bytes.writeUInt8(FRMT_BY_BLOCK_BYTES.get(unitBytes) ?? 0, 1);
  bytes.writeUInt32LE(MAGIC, AT.magic);
  bytes.writeUInt32LE(VERSION, AT.version);
  bytes.writeUInt32LE(unitBytes, AT.unit);
  sealChecksum(bytes.subarray(0, unitBytes));
}

function notAPiece(): PieceCorruptError {
  return new PieceCorruptError(0, 'not-a-piece');
}
