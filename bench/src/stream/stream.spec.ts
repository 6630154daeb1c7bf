// The streams of the benchmarks, judged by the lab's reading of Oracle's formats, which is not the code that makes them.
import { createHash } from 'node:crypto';
import { zstdCompressSync, constants } from 'node:zlib';
import { checkBlock, readBlockHeader } from '../../../apps/lab/src/formats/block';
import { readRedoLogHeader, isRedoBlock } from '../../../apps/lab/src/formats/redo-log';
import { archivedLogPiece } from './archived-log-piece';
import { DataFileImage } from './data-file-image';
import { dataFilePiece, SBT_BLOCK_BYTES, type DataFilePiece } from './data-file-piece';
import { BLOCK_BYTES } from './fill-block';

const BLOCKS = 2_000;
const image = (fileNumber = 4): DataFileImage => new DataFileImage({ seed: 7, fileNumber, blocks: BLOCKS });
const plain = { run: 1, freeSpace: 'zeroed', payload: 'rows' } as const;
const bytesOf = (piece: Partial<DataFilePiece> & Pick<DataFilePiece, 'images'>): Buffer =>
  Buffer.concat([...dataFilePiece({ ...plain, ...piece })]);

/** The Oracle blocks of a piece, by address. */
function blocksOf(piece: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; at < piece.length; at += BLOCK_BYTES) {
    const block = Buffer.from(piece.subarray(at, at + BLOCK_BYTES));
    if (block.readUInt8(1) === 0xa2 && checkBlock(block).ok) found.set(readBlockHeader(block).rdba, block);
  }
  return found;
}

function ratioOf(bytes: Buffer): number {
  let compressed = 0;
  for (let at = 0; at < bytes.length; at += 65_536)
    compressed += zstdCompressSync(bytes.subarray(at, at + 65_536), {
      params: { [constants.ZSTD_c_compressionLevel]: 1 },
    }).length;
  return bytes.length / compressed;
}

describe('a data-file piece of the benchmarks', () => {
  it('consists of valid Oracle blocks in ascending order between a head and a trailer', () => {
    const file = image();
    const piece = bytesOf({ images: [file] });
    expect(piece.length % SBT_BLOCK_BYTES).toBe(0);
    const rdbas = [...blocksOf(piece).keys()];
    expect(rdbas.length).toBe(file.usedBlocks + 1); // and the file header
    expect(rdbas).toEqual([...rdbas].sort((a, b) => a - b));
  });

  it('is the same for the same seed and run, and differs in head, file header and trailer only when nothing changed', () => {
    const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
    expect(digest(bytesOf({ images: [image()] }))).toBe(digest(bytesOf({ images: [image()] })));
    const [first, second] = [bytesOf({ images: [image()] }), bytesOf({ images: [image()], run: 2 })];
    let different = 0;
    for (let at = 0; at < first.length; at += BLOCK_BYTES)
      if (first.compare(second, at, at + BLOCK_BYTES, at, at + BLOCK_BYTES) !== 0) different += 1;
    expect(different).toBe(3);
  });

  it.each(['clustered', 'uniform'] as const)('changes exactly the share asked for (%s)', (spread) => {
    const file = image();
    const before = blocksOf(bytesOf({ images: [file] }));
    const changed = file.change(0.05, spread);
    expect(changed).toBe(Math.round(file.usedBlocks * 0.05));
    const after = blocksOf(bytesOf({ images: [file] }));
    expect([...after].filter(([rdba, block]) => !before.get(rdba)?.equals(block)).length).toBe(changed);
  });

  it('inserts exactly the newly used blocks', () => {
    const file = image();
    const before = blocksOf(bytesOf({ images: [file] }));
    const used = file.usedBlocks;
    const allocated = file.allocate(0.01);
    expect(allocated).toBe(Math.round(used * 0.01));
    const after = blocksOf(bytesOf({ images: [file] }));
    expect(after.size).toBe(before.size + allocated);
  });

  it('compresses about as well as table data does, and worse with stale free space', () => {
    const zeroed = ratioOf(bytesOf({ images: [image()] }));
    const stale = ratioOf(bytesOf({ images: [image()], freeSpace: 'stale' }));
    expect(zeroed).toBeGreaterThan(2.2);
    expect(zeroed).toBeLessThan(2.9);
    expect(stale).toBeGreaterThan(2);
    expect(stale).toBeLessThan(zeroed);
  });

  it('does not compress when the payload is encrypted', () => {
    const piece = bytesOf({ images: [image()], payload: 'encrypted' });
    expect(blocksOf(piece).size).toBeGreaterThan(1000);
    expect(ratioOf(piece.subarray(0, -SBT_BLOCK_BYTES))).toBeLessThan(1.02);
  });

  it('interleaves the buffers of several files', () => {
    const files = [4, 5, 6, 7].map(image);
    const piece = bytesOf({ images: files });
    const order = [...blocksOf(piece).keys()].map((rdba) => rdba >>> 22);
    expect(new Set(order.slice(0, 500))).toEqual(new Set([4, 5, 6, 7]));
    expect(order.length).toBe(files.reduce((sum, file) => sum + file.usedBlocks + 1, 0));
  });
});

describe('an archived-log piece of the benchmarks', () => {
  it('holds a log that a log reader accepts block by block', () => {
    const log = { seed: 3, sequence: 41, bytes: 2 * SBT_BLOCK_BYTES };
    const piece = Buffer.concat([...archivedLogPiece(log)]).subarray(BLOCK_BYTES);
    const header = readRedoLogHeader(piece);
    expect(header).toMatchObject({ ok: true, header: { sequence: 41, usedBlocks: 4095 } });
    for (let number = 1; number < log.bytes / 512; number += 1) {
      const block = Buffer.from(piece.subarray(number * 512, (number + 1) * 512));
      if (!isRedoBlock(block, { block: number, sequence: 41 })) throw new Error(`block ${number} is broken`);
    }
    expect(ratioOf(piece)).toBeGreaterThan(1.8);
  });
});
