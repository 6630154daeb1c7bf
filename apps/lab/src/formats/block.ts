/**
 * Oracle data blocks: the 20-byte header every block starts with, its tail, its checksum. The same rules hold for data
 * blocks, file headers and space blocks of any block size (2-32 KiB). Layout checked against a published block dump.
 */
import { type Scn, scnOfParts, scnParts } from './scn';

/** Block types the lab writes or knows. */
export const BLOCK_TYPE = {
  /** Never used since the file was made: RMAN's null compression leaves these out. */
  unformatted: 0x00,
  tableOrIndex: 0x06,
  dataFileHeader: 0x0b,
  controlFile: 0x15,
  fileSpaceHeader: 0x1d,
  fileSpaceBitmap: 0x1e,
} as const;

/** Bits of the header's flag byte. */
const BLOCK_FLAG = { new: 0x01, delayedLogging: 0x02, checksum: 0x04, encrypted: 0x10 } as const;

/** Byte 1 of a block by its size. */
export const FRMT_BY_BLOCK_BYTES: ReadonlyMap<number, number> = new Map([
  [2048, 0x62],
  [4096, 0x82],
  [8192, 0xa2],
  [16384, 0xc2],
  [32768, 0xe2],
]);

/** Bytes of the tail behind every block. */
const BLOCK_TAIL_BYTES = 4;

/** Smallfile addresses have 22 bits of block number. */
const RDBA_BLOCK_BITS = 22;
const RDBA_BLOCK_MASK = (1 << RDBA_BLOCK_BITS) - 1;
const CHECKSUM_OFFSET = 16;

export interface BlockHeader {
  type: number;
  frmt: number;
  rdba: number;
  scn: Scn;
  seq: number;
  flags: number;
  checksum: number;
}

/** Neighbouring blocks of a file, the last one included. */
export interface BlockRange {
  from: number;
  to: number;
}

/** Why a block is not whole. 'torn' = the tail belongs to another version than the header (read while written). */
export type BlockFault = 'format' | 'address' | 'torn' | 'checksum' | 'marked';
export type BlockCheck = { ok: true } | { ok: false; fault: BlockFault };

/** Relative file number of the one file of a bigfile tablespace: its addresses are 32 bits of block number. */
export const BIGFILE_RFILE = 1024;

/** Address of a block inside the database: relative file number and block number, or the block number alone (bigfile). */
export function rdbaOf(rfile: number, block: number): number {
  if (rfile === BIGFILE_RFILE) return block >>> 0;
  return ((rfile << RDBA_BLOCK_BITS) | (block & RDBA_BLOCK_MASK)) >>> 0;
}

/** The inverse of {@link rdbaOf}; an address does not tell by itself that it belongs to a bigfile. */
export function splitRdba(rdba: number, bigfile = false): { rfile: number; block: number } {
  if (bigfile) return { rfile: BIGFILE_RFILE, block: rdba };
  return { rfile: rdba >>> RDBA_BLOCK_BITS, block: rdba & RDBA_BLOCK_MASK };
}

/** Reads the header fields; nothing is checked. */
export function readBlockHeader(block: Buffer): BlockHeader {
  return {
    type: block.readUInt8(0),
    frmt: block.readUInt8(1),
    rdba: block.readUInt32LE(4),
    scn: blockScn(block),
    seq: block.readUInt8(14),
    flags: block.readUInt8(15),
    checksum: block.readUInt16LE(CHECKSUM_OFFSET),
  };
}

/** The SCN of the block's last change (0 = formatted by file creation only). */
export function blockScn(block: Buffer): Scn {
  return scnOfParts(block.readUInt32LE(8), block.readUInt16LE(12), block.readUInt16LE(2));
}

/** True for a block no segment ever used. RMAN leaves such blocks out and restores them with {@link formatEmptyBlock}. */
export function isNeverUsed(block: Buffer): boolean {
  return block.readUInt8(0) === BLOCK_TYPE.unformatted;
}

/** Writes type, format, address and flags; SCN, seq, tail and checksum come with {@link sealBlock}. */
export function writeBlockHeader(block: Buffer, header: { type: number; rdba: number }): void {
  const frmt = FRMT_BY_BLOCK_BYTES.get(block.length);
  if (frmt === undefined) throw new RangeError(`no such block size: ${block.length}`);
  block.writeUInt8(header.type, 0);
  block.writeUInt8(frmt, 1);
  block.writeUInt32LE(header.rdba, 4);
  block.writeUInt8(BLOCK_FLAG.checksum, 15);
  block.writeUInt16LE(0, 18);
}

/** Marks the block as one of an encrypted tablespace: its payload means nothing without a key. */
export function markEncrypted(block: Buffer): void {
  block.writeUInt8(block.readUInt8(15) | BLOCK_FLAG.encrypted, 15);
}

/** Stamps a changed block with its SCN and sequence, then writes tail and checksum. The block is valid afterwards. */
export function sealBlock(block: Buffer, version: { scn: Scn; seq: number }): void {
  const { base, wrap, high } = scnParts(version.scn);
  block.writeUInt16LE(high, 2);
  block.writeUInt32LE(base, 8);
  block.writeUInt16LE(wrap, 12);
  block.writeUInt8(version.seq, 14);
  block.writeUInt32LE(tailOf(block), block.length - BLOCK_TAIL_BYTES);
  sealChecksum(block);
}

/** Sets the checksum field so that the XOR of all 16-bit words is 0. */
export function sealChecksum(block: Buffer): void {
  block.writeUInt16LE(0, CHECKSUM_OFFSET);
  block.writeUInt16LE(xorOfWords(block), CHECKSUM_OFFSET);
}

/** Checks format byte, tail and checksum, and the address when given. */
export function checkBlock(block: Buffer, expected: { rdba?: number } = {}): BlockCheck {
  if (block.readUInt8(1) !== FRMT_BY_BLOCK_BYTES.get(block.length)) return { ok: false, fault: 'format' };
  if (block.readUInt32LE(block.length - BLOCK_TAIL_BYTES) !== tailOf(block))
    return { ok: false, fault: 'torn' };
  const summed = (block.readUInt8(15) & BLOCK_FLAG.checksum) !== 0;
  if (summed && xorOfWords(block) !== 0) return { ok: false, fault: 'checksum' };
  if (expected.rdba !== undefined && block.readUInt32LE(4) !== expected.rdba)
    return { ok: false, fault: 'address' };
  return { ok: true };
}

/** The same for a block that is to be used: one marked corrupt is not. */
export function checkUsable(block: Buffer, rdba: number): BlockCheck {
  const check = checkBlock(block, { rdba });
  return check.ok && isMarkedCorrupt(block) ? { ok: false, fault: 'marked' } : check;
}

/** Makes `block` the formatted-empty block a never-used address holds: its bytes depend on size and address only. */
export function formatEmptyBlock(block: Buffer, rdba: number): void {
  block.fill(0);
  writeBlockHeader(block, { type: BLOCK_TYPE.unformatted, rdba });
  block.writeUInt8(BLOCK_FLAG.new | BLOCK_FLAG.checksum, 15);
  sealBlock(block, { scn: 0n, seq: 1 });
}

/** SEQ of a block that a backup found corrupt and marked: whole by its checksum, of no use to anybody. */
const MARKED_CORRUPT_SEQ = 0xff;

/** Makes a damaged block one that is marked corrupt, its payload as it was. */
export function markCorrupt(block: Buffer, rdba: number): void {
  writeBlockHeader(block, { type: block.readUInt8(0) || BLOCK_TYPE.tableOrIndex, rdba });
  sealBlock(block, { scn: 0n, seq: MARKED_CORRUPT_SEQ });
}

function isMarkedCorrupt(block: Buffer): boolean {
  return block.readUInt8(14) === MARKED_CORRUPT_SEQ;
}

/** XOR of all 16-bit words, taken 32 bits at a time where the memory allows it. */
export function xorOfWords(bytes: Buffer): number {
  let sum = 0;
  if (bytes.byteOffset % 4 === 0 && bytes.length % 4 === 0) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    for (let i = 0; i < words.length; i++) sum ^= words[i] as number;
  } else {
    for (let i = 0; i < bytes.length; i += 2) sum ^= bytes.readUInt16LE(i);
  }
  return ((sum >>> 16) ^ sum) & 0xffff;
}

function tailOf(block: Buffer): number {
  const scnLow = block.readUInt16LE(8);
  return ((scnLow << 16) | (block.readUInt8(0) << 8) | block.readUInt8(14)) >>> 0;
}
