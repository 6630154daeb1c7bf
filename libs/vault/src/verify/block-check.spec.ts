// Blocks as they were published, torn, flipped in every bit, and given up by Oracle.
import { randomBytesOf } from '../testing/oracle-stream';
import { addressOf, checkBlock } from './block-check';
import { BlockScanner, type CorruptBlock } from './block-scanner';

const FORMATS = [
  [2048, 0x62],
  [4096, 0x82],
  [8192, 0xa2],
  [16_384, 0xc2],
  [32_768, 0xe2],
] as const;

/** Block 10 of file 4 of an 11.2 database, as published; all other bytes are zero. */
function publishedBlock(): Buffer {
  const block = Buffer.alloc(8192);
  const head = '1ea200000a000001203f000000000104a601000004000000804036000000000000000000';
  Buffer.from(`${head}00f80000`, 'hex').copy(block);
  block.writeUInt32LE(0x3f201e01, 8188);
  return block;
}

interface BlockFacts {
  readonly block: number;
  readonly blockBytes?: number;
  readonly flags?: number;
  readonly sequence?: number;
}

/** A whole block of file 7 with random rows, its checksum over 16-bit words one by one: not as the code under test does it. */
function wholeBlock({ block, blockBytes = 8192, flags = 0x04, sequence = 1 }: BlockFacts): Buffer {
  const bytes = randomBytesOf(block, blockBytes);
  bytes.writeUInt8(0x06, 0);
  bytes.writeUInt8(FORMATS.find(([size]) => size === blockBytes)?.[1] ?? 0, 1);
  bytes.writeUInt32LE(((7 << 22) | block) >>> 0, 4);
  bytes.writeUInt8(sequence, 14);
  bytes.writeUInt8(flags, 15);
  bytes.writeUInt32LE(((bytes.readUInt16LE(8) << 16) | (0x06 << 8) | sequence) >>> 0, blockBytes - 4);
  bytes.writeUInt16LE(0, 16);
  let sum = 0;
  for (let at = 0; at < blockBytes; at += 2) sum ^= bytes.readUInt16LE(at);
  if ((flags & 0x04) !== 0) bytes.writeUInt16LE(sum, 16);
  return bytes;
}

function withByte(block: Buffer, at: number): Buffer {
  const changed = Buffer.from(block);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

function scanned(piece: Buffer, stepBytes = 100_000): { corrupt: CorruptBlock[]; blocksChecked: number } {
  const corrupt: CorruptBlock[] = [];
  const scanner = new BlockScanner((block) => corrupt.push(block));
  for (let at = 0; at < piece.length; at += stepBytes) scanner.push(piece.subarray(at, at + stepBytes));
  scanner.end();
  return { corrupt, blocksChecked: scanner.blocksChecked };
}

describe('a data-file block', () => {
  it('is whole as published, and has its address', () => {
    expect(checkBlock(publishedBlock(), 0, 8192)).toBeNull();
    expect(addressOf(publishedBlock(), 0)).toEqual({ relativeFile: 4, block: 10 });
  });

  it('is torn when its tail is of another version', () => {
    expect(checkBlock(withByte(publishedBlock(), 8190), 0, 8192)).toBe('tail');
  });

  it.each(FORMATS)('of %i bytes is whole, and broken by one flipped bit anywhere', (blockBytes) => {
    const block = wholeBlock({ block: 3, blockBytes });
    expect(checkBlock(block, 0, blockBytes)).toBeNull();
    for (const at of [2, 9, 16, 20, blockBytes >>> 1, blockBytes - 5, blockBytes - 1])
      expect(checkBlock(withByte(block, at), 0, blockBytes)).not.toBeNull();
  });

  it('is checked the same wherever it stands in memory', () => {
    const block = wholeBlock({ block: 3 });
    for (const shift of [0, 1, 2, 3, 4]) {
      const bytes = Buffer.concat([Buffer.alloc(shift), block]);
      expect(checkBlock(bytes, shift, 8192)).toBeNull();
      expect(checkBlock(withByte(bytes, shift + 4000), shift, 8192)).toBe('checksum');
    }
  });

  it('without the checksum flag has no checksum, whatever its field holds', () => {
    const block = wholeBlock({ block: 3, flags: 0x02 });
    block.writeUInt16LE(0xbeef, 16);
    expect(checkBlock(block, 0, 8192)).toBeNull();
  });

  it('that Oracle marked corrupt is told as such', () => {
    expect(checkBlock(wholeBlock({ block: 3, sequence: 0xff }), 0, 8192)).toBe('marked');
  });
});

describe('the blocks of a piece', () => {
  const piece = (blocks: readonly Buffer[]): Buffer =>
    Buffer.concat([randomBytesOf(1, 8192), ...blocks, randomBytesOf(2, 512), Buffer.alloc(3584)]);
  const blocks = [11, 12, 13, 40, 41, 42].map((block) => wholeBlock({ block }));

  it('are found between what RMAN puts around them', () => {
    expect(scanned(piece(blocks))).toEqual({ corrupt: [], blocksChecked: 6 });
  });

  it.each([511, 4096, 8192, 40_000])('are found in whatever steps they come: %i bytes', (stepBytes) => {
    const damaged = piece(blocks.with(2, withByte(blocks[2] ?? Buffer.alloc(0), 5000)));
    const corrupt = [{ relativeFile: 7, block: 13, fault: 'checksum' }];
    expect(scanned(damaged, stepBytes)).toEqual({ corrupt, blocksChecked: 6 });
  });

  it('are told by file and block when their tail is torn, behind a whole one', () => {
    const torn = withByte(blocks[3] ?? Buffer.alloc(0), 8190);
    expect(scanned(piece(blocks.with(3, torn))).corrupt).toEqual([
      { relativeFile: 7, block: 40, fault: 'tail' },
    ]);
  });

  it('do not begin where the address goes back or belongs to another file', () => {
    const behind = wholeBlock({ block: 5 });
    const stranger = withByte(blocks[3] ?? Buffer.alloc(0), 8190);
    stranger.writeUInt32LE(((8 << 22) | 40) >>> 0, 4);
    expect(scanned(piece([...blocks.slice(0, 3), withByte(behind, 8190), stranger])).corrupt).toEqual([]);
  });

  it('of every size are found', () => {
    for (const [blockBytes] of FORMATS) {
      const some = [1, 2, 3].map((block) => wholeBlock({ block, blockBytes }));
      expect(scanned(Buffer.concat(some)).blocksChecked).toBe(3);
    }
  });

  it('are none in random bytes', () => {
    expect(scanned(randomBytesOf(5, 1_000_000)).blocksChecked).toBe(0);
  });
});
