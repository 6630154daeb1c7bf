// Streams of every kind a channel may send: each comes back as it was, and what stays the same is not stored twice.
import { noise } from '../testing/noise';
import { dataFilePiece, range } from '../testing/oracle-stream';
import { testVault, writePiece } from '../testing/test-vault';

const BLOCK = 8192;
const BLOCKS = 240;

/** Blocks of one data file without what RMAN puts around them. */
function blocksOf(versionOf: (block: number) => number, file = 4, blockBytes = BLOCK): Buffer {
  const piece = dataFilePiece({ run: 1, blocks: range(8, 8 + BLOCKS), versionOf, blockBytes });
  const blocks = Buffer.from(piece.subarray(blockBytes, blockBytes * (BLOCKS + 1)));
  for (let at = 0; at < blocks.length; at += blockBytes)
    blocks.writeUInt32LE(((file << 22) | (8 + at / blockBytes)) >>> 0, at + 4);
  return blocks;
}

/** Encrypted tablespaces: what lies between header and tail check is noise. */
function encrypted(versionOf: (block: number) => number): Buffer {
  const blocks = blocksOf(versionOf);
  for (let at = 0, block = 8; at < blocks.length; at += BLOCK, block += 1)
    noise(block * 1000 + versionOf(block), BLOCK - 24).copy(blocks, at + 20);
  return blocks;
}

/** Several data files in one piece, a few blocks of each in turn. */
function multiplexed(versionOf: (block: number) => number): Buffer {
  const files = [4, 5, 6].map((file) => blocksOf(versionOf, file));
  const turn = 5 * BLOCK;
  const turns = range(0, (BLOCKS * BLOCK) / turn);
  return Buffer.concat(turns.flatMap((i) => files.map((bytes) => bytes.subarray(i * turn, (i + 1) * turn))));
}

/** The file as it stands on disk: header, blocks, and space that was never used. */
function imageCopy(versionOf: (block: number) => number): Buffer {
  return Buffer.concat([
    noise(3, 8 * BLOCK),
    blocksOf(versionOf),
    Buffer.alloc(100 * BLOCK),
    blocksOf(versionOf, 7),
  ]);
}

const STREAMS: Record<string, (versionOf: (block: number) => number) => Buffer> = {
  'blocks behind an odd number of 512 bytes': (v) => Buffer.concat([noise(5, 3 * 512), blocksOf(v)]),
  'blocks of 2 KiB behind 512 bytes': (v) => Buffer.concat([noise(5, 512), blocksOf(v, 4, 2048)]),
  'blocks of 32 KiB': (v) => blocksOf(v, 4, 32_768),
  'encrypted blocks': encrypted,
  'several files in turn': multiplexed,
  'an image copy': imageCopy,
};
const CHANGED = new Set([20, 21, 100, 200]);

describe.each([
  ['of a data file', 'adyton/r1_1_F4_', 6 * 32_768 * 4],
  ['with no name that tells', 'adyton/r1_1_misc_', 4 * 65_536 * 6],
])('a stream %s', (_, prefix, bytesNewMax) => {
  it.each(Object.entries(STREAMS))('comes back and is stored once: %s', async (_name, make) => {
    const vault = testVault();
    const before = make(() => 1);
    const after = make((block) => (CHANGED.has(block) ? 2 : 1));
    for (const [run, bytes, max] of [
      [1, before, Infinity],
      [2, before, 0],
      [3, after, bytesNewMax],
    ] as const) {
      const session = await vault.session(100 + run);
      const handle = `${prefix.replace('r1', `r${run}`)}${run}`;
      const { bytesNew } = await writePiece(session, handle, bytes, 100_000);
      expect(bytesNew).toBeLessThanOrEqual(max);
      expect((await session.commit({ contents: {}, closure: [handle] })).kind).toBe('committed');
      await session.end();
      expect((await vault.restore(handle)).equals(bytes)).toBe(true);
    }
  });
});

describe('a stream that is nothing of Oracle’s', () => {
  it('comes back, and stores little anew when bytes were inserted and removed', async () => {
    const vault = testVault();
    const before = noise(11, 5_000_000);
    const after = Buffer.concat([
      before.subarray(0, 1_000_001),
      Buffer.from('new'),
      before.subarray(1_000_100),
    ]);
    const session = await vault.session(100);
    await writePiece(session, 'misc_1', before);
    const { bytesNew } = await writePiece(session, 'misc_2', after, 77_777);
    expect(bytesNew).toBeLessThan(1_000_000);
    expect((await vault.restore('misc_1')).equals(before)).toBe(true);
    expect((await vault.restore('misc_2')).equals(after)).toBe(true);
    await session.end();
  });
});
