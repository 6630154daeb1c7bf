// The codec against every way a stream can be split, and against bytes that are no frames.
import {
  encodeHeader,
  FRAME_HEADER_BYTES,
  FRAME_TYPES,
  FrameError,
  type FrameType,
  nextSequence,
  PAYLOAD_BYTES_MAX,
} from './frame';
import { FrameParser } from './frame-parser';

/** A small seeded generator: the same bytes in every run, on every machine. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return (state ^ (state >>> 13)) >>> 0;
  };
}

function stream(...payloads: Uint8Array[]): Buffer {
  return Buffer.concat(payloads.flatMap((p, i) => [encodeHeader(FRAME_TYPES.data, p.length, i + 1), p]));
}

function parseAll(parser: FrameParser, chunks: readonly Uint8Array[]): Buffer[] {
  const payloads: Buffer[] = [];
  for (const chunk of chunks) {
    parser.push(chunk);
    for (let frame = parser.next(); frame !== null; frame = parser.next())
      payloads.push(Buffer.from(frame.payload));
  }
  return payloads;
}

function withByte(frame: Buffer, at: number, value: number): Buffer {
  const changed = Buffer.from(frame);
  changed[at] = value;
  return changed;
}

function expectWholePayloads(parser: FrameParser): void {
  for (let next = parser.next(); next !== null; next = parser.next()) {
    expect(next.payload.length).toBe(next.length);
  }
}

const anything = () => new FrameParser(() => undefined);

describe('FrameParser', () => {
  const payloads = [Buffer.alloc(0), Buffer.from('a'), Buffer.from('hello'), Buffer.alloc(37, 7)];

  it('finds the same frames wherever the stream is split in two', () => {
    const bytes = stream(...payloads);
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(parseAll(anything(), [bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(payloads);
    }
  });

  it('finds the same frames one byte at a time', () => {
    const bytes = stream(...payloads);
    expect(
      parseAll(
        anything(),
        [...bytes].map((b) => Buffer.of(b)),
      ),
    ).toEqual(payloads);
  });

  it('finds the same frames in chunks of random sizes', () => {
    const random = seeded(20261124);
    for (let round = 0; round < 200; round++) {
      const some = Array.from({ length: 1 + (random() % 8) }, () =>
        Buffer.alloc(random() % 9000, random() % 256),
      );
      const bytes = stream(...some);
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length;) {
        const size = 1 + (random() % 5000);
        chunks.push(bytes.subarray(at, at + size));
        at += size;
      }
      const parsed = parseAll(anything(), chunks);
      expect(parsed.map((p) => p.length)).toEqual(some.map((p) => p.length));
      expect(Buffer.concat(parsed).equals(Buffer.concat(some))).toBe(true);
    }
  });

  it('gives a view, not a copy, of a payload that lies whole in its chunk', () => {
    const bytes = stream(Buffer.from('whole'));
    const parser = anything();
    parser.push(bytes);
    const frame = parser.next();
    expect(frame?.payload.buffer).toBe(bytes.buffer);
  });

  it('keeps memory only for bytes that have come, whatever the header promises', () => {
    const before = process.memoryUsage().arrayBuffers;
    const parsers = Array.from({ length: 64 }, () => {
      const parser = anything();
      parser.push(
        Buffer.concat([encodeHeader(FRAME_TYPES.data, PAYLOAD_BYTES_MAX, 1), Buffer.from('only a little')]),
      );
      expect(parser.next()).toBeNull();
      return parser;
    });
    expect(parsers).toHaveLength(64);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 * 1024);
  });

  const good = encodeHeader(FRAME_TYPES.data, 0, 1);
  const spoiled = (at: number, ...values: number[]) => {
    const bytes = Buffer.from(good);
    Buffer.from(values).copy(bytes, at);
    return bytes;
  };
  it.each([
    ['a wrong magic number', spoiled(0, 0x16)],
    ['another version', spoiled(2, 2)],
    ['an unknown type', spoiled(3, 0)],
    ['a type beyond the last', spoiled(3, Math.max(...Object.values(FRAME_TYPES)) + 1)],
    ['a length over 4 MiB', spoiled(4, 1, 0, 0x40, 0)],
    ['a length of 4 GiB', spoiled(4, 0xff, 0xff, 0xff, 0xff)],
    ['a sequence number that does not follow', spoiled(8, 2)],
    ['sequence number 0', spoiled(8, 0)],
  ])('refuses %s', (_what, bytes) => {
    const parser = anything();
    parser.push(bytes);
    expect(() => parser.next()).toThrow(FrameError);
  });

  it('refuses a frame that is replayed', () => {
    const parser = anything();
    parser.push(Buffer.concat([good, good]));
    expect(parser.next()).not.toBeNull();
    expect(() => parser.next()).toThrow(FrameError);
  });

  it('asks about a header before it keeps any of the payload', () => {
    const seen: FrameType[] = [];
    const parser = new FrameParser((header) => {
      seen.push(header.type);
      throw new FrameError('not now');
    });
    parser.push(encodeHeader(FRAME_TYPES.info, 1000, 1));
    expect(() => parser.next()).toThrow('not now');
    expect(seen).toEqual([FRAME_TYPES.info]);
  });

  it('either parses or refuses random bytes, and never throws anything else', () => {
    const random = seeded(7);
    for (let round = 0; round < 3000; round++) {
      const parser = anything();
      let sequence = 0;
      try {
        for (let i = 0; i < 20; i++) {
          sequence = nextSequence(sequence);
          const length = random() % 64;
          const frame = Buffer.concat([
            encodeHeader((1 + (random() % 20)) as FrameType, length, sequence),
            Buffer.alloc(length),
          ]);
          // One byte in some frame is wrong; it may be one that does not matter.
          const wrong = random() % 4 === 0 ? random() % FRAME_HEADER_BYTES : -1;
          parser.push(wrong < 0 ? frame : withByte(frame, wrong, random() % 256));
          expectWholePayloads(parser);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(FrameError);
      }
    }
  });

  it('steps over sequence number 0 when the numbers start again', () => {
    expect([nextSequence(0), nextSequence(0xfffffffe), nextSequence(0xffffffff)]).toEqual([1, 0xffffffff, 1]);
  });

  it('gives payloads of the type that is asked for in parts as they come, and the others whole', () => {
    const data = Buffer.from('0123456789');
    const close = Buffer.concat([encodeHeader(FRAME_TYPES.close, 4, 3), data.subarray(0, 4)]);
    const bytes = Buffer.concat([stream(data, Buffer.alloc(0)), close]);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const parser = new FrameParser(() => undefined, FRAME_TYPES.data);
      const payloads = parseAll(parser, [bytes.subarray(0, cut), bytes.subarray(cut)]);
      expect(payloads.pop()).toEqual(close.subarray(-4));
      expect(Buffer.concat(payloads)).toEqual(data);
    }
  });
});
