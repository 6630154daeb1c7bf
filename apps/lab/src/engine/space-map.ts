/**
 * Which blocks of a data file are in use: block 2 holds the high-water mark, the bitmap blocks behind it one bit per block.
 * Above the high-water mark nothing was ever used; below it a clear bit is a formerly used block, free but full of old
 * rows. Both kinds of block change through redo like any other.
 */
import { BLOCK_TYPE, sealBlock, writeBlockHeader, rdbaOf } from '../formats/block';
import { type Scn } from '../formats/scn';

export const SPACE_HEADER_BLOCK = 2;
export const FIRST_BITMAP_BLOCK = 3;
/** Of block 2: the first block that was never used. */
export const HIGH_WATER_OFFSET = 24;
const BITMAP_OFFSET = 64;
const BITMAP_RESERVED_BYTES = 128;

/** Blocks one bitmap block describes. */
function blocksPerBitmap(blockBytes: number): number {
  return (blockBytes - BITMAP_RESERVED_BYTES) * 8;
}

/** First block of a file of `blocks` blocks that can hold rows. */
export function firstDataBlock(blockBytes: number, blocks: number): number {
  return FIRST_BITMAP_BLOCK + Math.ceil((blocks + 1) / blocksPerBitmap(blockBytes));
}

/** Bitmap block, byte offset and bit of a block. */
export function bitOf(
  blockBytes: number,
  block: number,
): { bitmapBlock: number; offset: number; mask: number } {
  const perBitmap = blocksPerBitmap(blockBytes);
  const bit = block % perBitmap;
  return {
    bitmapBlock: FIRST_BITMAP_BLOCK + Math.floor(block / perBitmap),
    offset: BITMAP_OFFSET + (bit >>> 3),
    mask: 1 << (bit & 7),
  };
}

/** The first block that was never used, from block 2. */
export function highWaterOf(spaceHeader: Buffer): number {
  return spaceHeader.readUInt32LE(HIGH_WATER_OFFSET);
}

export interface SpaceBlocks {
  rfile: number;
  blockBytes: number;
  blocks: number;
  highWater: number;
  isUsed: (block: number) => boolean;
  scn: Scn;
}

/** Blocks 2 up to the first data block, one after the other, as file creation writes them. */
export function makeSpaceBlocks(space: SpaceBlocks): Buffer {
  const { blockBytes, rfile } = space;
  const firstData = firstDataBlock(blockBytes, space.blocks);
  const out = Buffer.alloc((firstData - SPACE_HEADER_BLOCK) * blockBytes);
  const blockAt = (block: number) =>
    out.subarray((block - SPACE_HEADER_BLOCK) * blockBytes, (block - SPACE_HEADER_BLOCK + 1) * blockBytes);
  const header = blockAt(SPACE_HEADER_BLOCK);
  writeBlockHeader(header, { type: BLOCK_TYPE.fileSpaceHeader, rdba: rdbaOf(rfile, SPACE_HEADER_BLOCK) });
  header.writeUInt32LE(space.highWater, HIGH_WATER_OFFSET);
  header.writeUInt32LE(space.blocks, HIGH_WATER_OFFSET + 4);
  for (let block = 0; block < space.highWater; block++) {
    if (block >= firstData && !space.isUsed(block)) continue;
    const { bitmapBlock, offset, mask } = bitOf(blockBytes, block);
    const bitmap = blockAt(bitmapBlock);
    bitmap.writeUInt8(bitmap.readUInt8(offset) | mask, offset);
  }
  for (let block = FIRST_BITMAP_BLOCK; block < firstData; block++) {
    const bitmap = blockAt(block);
    writeBlockHeader(bitmap, { type: BLOCK_TYPE.fileSpaceBitmap, rdba: rdbaOf(rfile, block) });
    sealBlock(bitmap, { scn: space.scn, seq: 1 });
  }
  sealBlock(header, { scn: space.scn, seq: 1 });
  return out;
}

/** Number of set bits of one bitmap block. */
export function countUsed(bitmap: Buffer): number {
  let count = 0;
  for (let at = BITMAP_OFFSET; at < bitmap.length - (BITMAP_RESERVED_BYTES - BITMAP_OFFSET); at++) {
    for (let byte = bitmap.readUInt8(at); byte !== 0; byte &= byte - 1) count++;
  }
  return count;
}
