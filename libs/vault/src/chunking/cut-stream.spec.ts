import { CHUNK_KINDS } from '../format/chunk-kinds';
import { CDC_BYTES_MAX, CDC_BYTES_MIN, CDC_BYTES_NORMAL, SLOT_BYTES } from '../limits';
import { noise } from '../testing/noise';
import { dataFilePiece, range } from '../testing/oracle-stream';
import { CUT_FIELDS, cutStream } from './cut-stream';
import { gearTableOf } from './gear';

const gear = gearTableOf(Buffer.alloc(32, 1));

interface Chunk {
  readonly kind: number;
  readonly units: number;
  readonly bytes: Buffer;
}

/** Cuts a stream that comes in segments of this size, as a piece does. */
function chunksOf(stream: Buffer, segmentBytes = stream.length): Chunk[] {
  const chunks: Chunk[] = [];
  let rest = Buffer.alloc(0);
  let gridFrom = 0;
  let at = 0;
  do {
    const segment = Buffer.concat([rest, stream.subarray(at, at + segmentBytes)]);
    at += segmentBytes;
    const { cuts, carriedFrom, nextGridFrom } = cutStream(segment, {
      gear,
      last: at >= stream.length,
      gridFrom,
      slotBytes: SLOT_BYTES,
    });
    for (let i = 0; i < cuts.length; i += CUT_FIELDS) {
      const [offset = 0, length = 0, kind = 0, units = 0] = cuts.subarray(i, i + CUT_FIELDS);
      chunks.push({ kind, units, bytes: segment.subarray(offset, offset + length) });
    }
    rest = segment.subarray(carriedFrom);
    gridFrom = nextGridFrom;
  } while (at < stream.length);
  return chunks;
}

const together = (chunks: readonly Chunk[]): Buffer => Buffer.concat(chunks.map(({ bytes }) => bytes));
const texts = (chunks: readonly Chunk[]): Set<string> =>
  new Set(chunks.map(({ bytes }) => bytes.toString('latin1')));

describe('cutting content that nobody recognises', () => {
  const stream = noise(1, 6_000_000);

  it('gives chunks between the bounds, near the normal size on average', () => {
    const chunks = chunksOf(stream);
    expect(together(chunks).equals(stream)).toBe(true);
    for (const { bytes } of chunks.slice(0, -1)) {
      expect(bytes.length).toBeGreaterThanOrEqual(CDC_BYTES_MIN);
      expect(bytes.length).toBeLessThanOrEqual(CDC_BYTES_MAX);
    }
    const average = stream.length / chunks.length;
    expect(average).toBeGreaterThan(CDC_BYTES_NORMAL / 2);
    expect(average).toBeLessThan(CDC_BYTES_NORMAL * 2);
  });

  it('finds the same cuts whatever the segments, also where they are no multiples of 512', () => {
    const whole = chunksOf(stream).map(({ bytes }) => bytes.length);
    for (const segmentBytes of [1_500_000, 2_097_152, 1_000_001])
      expect(chunksOf(stream, segmentBytes).map(({ bytes }) => bytes.length)).toEqual(whole);
  });

  it('finds nearly all chunks again when bytes were inserted', () => {
    const known = texts(chunksOf(stream));
    const changed = Buffer.concat([
      stream.subarray(0, 1_234_567),
      Buffer.from('inserted'),
      stream.subarray(1_234_567),
    ]);
    const fresh = chunksOf(changed).filter(({ bytes }) => !known.has(bytes.toString('latin1')));
    expect(fresh.length).toBeLessThanOrEqual(3);
  });

  it('cuts elsewhere with another key', () => {
    const options = {
      gear: gearTableOf(Buffer.alloc(32, 2)),
      last: true,
      gridFrom: 0,
      slotBytes: SLOT_BYTES,
    };
    expect([...cutStream(stream, options).cuts]).not.toEqual([
      ...cutStream(stream, { ...options, gear }).cuts,
    ]);
  });

  it('cuts zeros apart in slots, not at every smallest size, and goes on behind them as if they were not there', () => {
    const zeros = Buffer.alloc(3_000_000);
    const tail = noise(2, 1_000_000);
    const chunks = chunksOf(Buffer.concat([stream.subarray(0, 100_000), zeros, tail]));
    const empty = chunks.filter(({ bytes }) => bytes.every((byte) => byte === 0));
    expect(texts(empty).size).toBeLessThanOrEqual(2);
    expect(empty.length).toBeLessThanOrEqual(Math.ceil(zeros.length / SLOT_BYTES) + 1);
  });
});

describe('cutting data-file blocks', () => {
  it('recognises blocks behind an odd number of 512 bytes, and behind any unrecognised content', () => {
    const blocks = dataFilePiece({ run: 1, blocks: range(8, 72) }).subarray(8192, 8192 + 64 * 8192);
    for (const head of [512, 3 * 512, 700 * 512]) {
      const stream = Buffer.concat([noise(head, head), blocks]);
      for (const segmentBytes of [stream.length, 262_144, 300_000]) {
        const slots = chunksOf(stream, segmentBytes).filter(({ kind }) => kind === CHUNK_KINDS.slot);
        expect(slots.map(({ units }) => units)).toEqual(Array.from({ length: 8 }, () => 8));
      }
    }
  });
});
