// Streams that look like RMAN's pieces of Oracle data files, made from a seed: the same seed gives the same bytes everywhere.

/** Taken once: a global that is looked up for every byte costs a test runner's sandbox more than all the rest. */
const { imul } = Math;

/** A small deterministic generator (mulberry32): tests that fail can be run again. */
export function seeded(seed: number): () => number {
  const next = wordsOf(seed);
  return () => next() / 4_294_967_296;
}

export function randomBytesOf(seed: number, length: number): Buffer {
  const next = wordsOf(seed);
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i += 1) bytes[i] = next() >>> 24;
  return bytes;
}

/** Unsigned words of 32 bits. */
function wordsOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = imul(t ^ (t >>> 15), t | 1);
    t ^= t + imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

const FORMAT_OF_SIZE: Record<number, number> = {
  2048: 0x62,
  4096: 0x82,
  8192: 0xa2,
  16_384: 0xc2,
  32_768: 0xe2,
};

/** One data block with a header, a tail check and content that only its version decides. */
function dataBlock(options: { file: number; block: number; version: number; blockBytes?: number }): Buffer {
  const blockBytes = options.blockBytes ?? 8192;
  const block = Buffer.alloc(blockBytes);
  const scn = 100_000 + options.version;
  block.writeUInt8(0x06, 0);
  block.writeUInt8(FORMAT_OF_SIZE[blockBytes] ?? 0, 1);
  block.writeUInt32LE(((options.file << 22) | options.block) >>> 0, 4);
  block.writeUInt32LE(scn, 8);
  block.writeUInt8(1, 14);
  const text = `row of file ${options.file} block ${options.block} version ${options.version} `;
  const rows = Math.ceil((blockBytes - 4 - 20) / text.length) - 1; // whole ones
  block.fill(text, 20, 20 + rows * text.length, 'latin1');
  block.writeUInt32LE((((scn & 0xffff) << 16) | (0x06 << 8) | 1) >>> 0, blockBytes - 4);
  return block;
}

/** A piece of one data file: a head that differs every time, the blocks in ascending order, a tail, padding. */
export function dataFilePiece(options: {
  run: number;
  blocks: readonly number[];
  versionOf?: (block: number) => number;
  blockBytes?: number;
}): Buffer {
  const blockBytes = options.blockBytes ?? 8192;
  const versionOf = options.versionOf ?? ((): number => 1);
  const head = randomBytesOf(options.run, blockBytes);
  const blocks = options.blocks.map((block) =>
    dataBlock({ file: 4, block, version: versionOf(block), blockBytes }),
  );
  return Buffer.concat([head, ...blocks, randomBytesOf(options.run + 1, 512), Buffer.alloc(7 * 512)]);
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
