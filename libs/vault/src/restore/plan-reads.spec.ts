import { LOCATION, LOCATION_FIELDS } from '../format/chunk-table';
import { EXTENT_FIELDS } from '../format/recipe';
import { READ_AHEAD_BYTES, READ_GAP_BYTES_MAX, READ_RANGE_BYTES_MAX, READ_STEP_BYTES } from '../limits';
import { NO_RANGE, planReads, type ReadPlan } from './plan-reads';

const KIB = 1024;
const FRAME_EXTRA = 28; // header and tag

interface Chunk {
  readonly pack: number;
  readonly offset: number;
  readonly clen?: number;
  readonly length?: number;
}

/** @param extents chunk and length apiece */
function plan(chunks: readonly Chunk[], extents: readonly (readonly [number, number])[]): ReadPlan {
  const locations = new Uint32Array(chunks.length * LOCATION_FIELDS);
  chunks.forEach(({ pack, offset, clen = 30 * KIB, length = 64 * KIB }, row) => {
    const at = row * LOCATION_FIELDS;
    locations[at + LOCATION.pack] = pack;
    locations[at + LOCATION.offset] = offset;
    locations[at + LOCATION.clen] = clen;
    locations[at + LOCATION.length] = length;
  });
  const table = new Uint32Array(extents.length * EXTENT_FIELDS);
  extents.forEach(([chunk, length], i) => table.set([chunk, 0, length], i * EXTENT_FIELDS));
  return planReads({ locations, extents: table });
}

/** Chunks of a first full: one after the other in packs of 32 MiB. */
function firstFull(count: number): Chunk[] {
  const perPack = 1000;
  return Array.from({ length: count }, (_, i) => ({
    pack: Math.floor(i / perPack),
    offset: 64 + (i % perPack) * (30 * KIB + FRAME_EXTRA),
  }));
}

const whole = (count: number): [number, number][] => Array.from({ length: count }, (_, i) => [i, 64 * KIB]);

describe('planning the reads of a piece', () => {
  it('reads a first full in ranges that follow one another, none longer than the bound', () => {
    const { ranges, stepEnds } = plan(firstFull(3000), whole(3000));
    for (const range of ranges) expect(range.end - range.start).toBeLessThanOrEqual(READ_RANGE_BYTES_MAX);
    const bytes = ranges.reduce((sum, range) => sum + range.end - range.start, 0);
    expect(bytes).toBe(3000 * (30 * KIB + FRAME_EXTRA));
    expect(ranges.length).toBeLessThanOrEqual(Math.ceil(bytes / READ_RANGE_BYTES_MAX) + 3);
    expect(stepEnds.length).toBe(Math.ceil((3000 * 64 * KIB) / READ_STEP_BYTES));
  });

  it('reads the patches of a later backup in few ranges, each for as far ahead as is allowed', () => {
    const chunks = firstFull(8000);
    const extents = whole(8000).flatMap(
      ([row, length], i): [number, number][] =>
      i % 200 === 0 ? [[row, length / 2], [8000 + i / 200, 8 * KIB], [row, length / 2]] : [[row, length]], // prettier-ignore
    );
    const patches = Array.from({ length: 40 }, (_, i) => ({
      pack: 99,
      offset: 64 + i * 60 * KIB,
      clen: 59 * KIB,
      length: 128 * KIB,
    }));
    const { ranges, rangeOf } = plan([...chunks, ...patches], extents);
    const mine = ranges.filter(({ pack }) => pack === 99);
    expect(mine.length).toBe(Math.ceil((8000 * 64 * KIB) / (READ_AHEAD_BYTES + READ_STEP_BYTES)));
    for (const range of mine)
      expect((range.lastStep - range.firstStep) * READ_STEP_BYTES).toBeLessThanOrEqual(READ_AHEAD_BYTES);
    expect(rangeOf.indexOf(NO_RANGE)).toBe(-1);
  });

  it('reads across small gaps, and across any gap of a pack most of which is needed', () => {
    const far = READ_GAP_BYTES_MAX + 31 * KIB;
    const sparse = plan(
      [
        { pack: 0, offset: 64 },
        { pack: 0, offset: 64 + far + 30 * KIB },
      ],
      whole(2),
    );
    expect(sparse.ranges.length).toBe(2);
    const near = plan(
      [
        { pack: 0, offset: 64 },
        { pack: 0, offset: 64 + 200 * KIB },
      ],
      whole(2),
    );
    expect(near.ranges.length).toBe(1);
    const clen = 300 * KIB;
    const large = Array.from({ length: 50 }, (_, i) => ({
      pack: 0,
      offset: 64 + i * 600 * KIB,
      clen,
      length: clen,
    }));
    const dense = plan(large, large.map((_, i) => [i, clen])); // prettier-ignore
    expect(dense.ranges.length).toBeLessThan(12);
  });

  it('orders ranges by the step that needs them first and keeps each until its last', () => {
    const chunks = [...firstFull(500)].reverse();
    const { ranges, lastUse } = plan(chunks, [...whole(500), [3, 64 * KIB]]);
    const firsts = ranges.map(({ firstStep }) => firstStep);
    expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
    expect(lastUse[3]).toBe(Math.floor((500 * 64 * KIB) / READ_STEP_BYTES));
  });

  it('ends a step early that needs many chunks', () => {
    const patches = Array.from({ length: 400 }, (_, i) => ({
      pack: i % 6,
      offset: 64 + i * 60 * KIB,
      length: 128 * KIB,
    }));
    const { stepEnds } = plan(patches, patches.map((_, i) => [i, 8 * KIB])); // prettier-ignore
    expect(stepEnds.length).toBeGreaterThan(20);
  });
});
