// What this version of Node makes of zstd contexts that are kept, and what is done where it makes nothing of them.
import { randomBytes } from 'node:crypto';
import { type Transform } from 'node:stream';
import zlib, { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { ZstdFrames } from './zstd-frames';

const texts = Array.from({ length: 40 }, (_, i) => Buffer.alloc(1 + i * 1777, `row ${i} of a table `));
/** The last is as long as a slot: its frame has memory of its own, whatever Node keeps in its pool. */
const noise = [...Array.from({ length: 10 }, (_, i) => randomBytes(1 + i * 7000)), randomBytes(256 * 1024)];
const shared = (length: number): Buffer => Buffer.from(new SharedArrayBuffer(length));

function expectRoundTrips(frames: ZstdFrames): void {
  for (const bytes of [...texts, ...noise]) {
    const frame = frames.compress(bytes);
    expect(zstdDecompressSync(frame).equals(bytes)).toBe(true);
    const opened = shared(bytes.length);
    frames.decompress(frame, opened);
    expect(opened.equals(bytes)).toBe(true);
  }
}

describe('zstd frames of one thread', () => {
  it('are made and opened by contexts that are kept, and are what the documented calls read', () => {
    const frames = new ZstdFrames();
    expectRoundTrips(frames);
    expect(frames.keepsContexts).toBe(true);
  });

  it('say how long they are, so that a reader gives them room once', () => {
    const frame = Buffer.from(new ZstdFrames().compress(Buffer.alloc(70_000, 'ab')));
    const SINGLE_SEGMENT = 0x20;
    expect(frame.readUInt8(4) & SINGLE_SEGMENT).toBe(SINGLE_SEGMENT);
  });

  it('open what other programs framed, of any length', () => {
    const frames = new ZstdFrames();
    for (const bytes of texts) {
      const opened = shared(bytes.length);
      frames.decompress(zstdCompressSync(bytes), opened);
      expect(opened.equals(bytes)).toBe(true);
    }
  });

  it('are refused when cut off, altered, too long or too short, and those that follow still open in a new context', () => {
    let contexts = 0;
    const decompressor = (): Transform => {
      contexts += 1;
      return zlib.createZstdDecompress();
    };
    const frames = new ZstdFrames({ compressor: () => zlib.createZstdCompress(), decompressor });
    const bytes = Buffer.alloc(5000, 'a chunk of a data file ');
    const good = zstdCompressSync(bytes);
    const bad: [Uint8Array, number][] = [
      [good.subarray(0, -3), bytes.length],
      [Buffer.from(good).fill(0, 0, 4), bytes.length],
      [randomBytes(300), bytes.length],
      [good, bytes.length - 1],
      [good, bytes.length + 1],
      [new Uint8Array(), bytes.length],
    ];
    for (const [frame, length] of bad) {
      expect(() => frames.decompress(frame, shared(length))).toThrow();
      const opened = shared(bytes.length);
      frames.decompress(good, opened);
      expect(opened.equals(bytes)).toBe(true);
    }
    expect(contexts).toBe(1 + bad.length);
  });

  it.each([
    ['has no such handle', { _handle: undefined }],
    ['writes nothing through it', { _handle: { writeSync: (): void => undefined } }],
  ])('are the same where Node %s', (_, parts) => {
    const without = (): never => Object.assign(zlib.createZstdCompress(), parts) as never;
    const frames = new ZstdFrames({ compressor: without, decompressor: without });
    expect(frames.keepsContexts).toBe(false);
    expectRoundTrips(frames);
  });
});
