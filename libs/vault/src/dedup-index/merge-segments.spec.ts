// Merging keeps the order, drops what is there twice, and splits what is too large for one segment.
import { createHash } from 'node:crypto';
import { ulid } from 'ulid';
import { ChunkTable } from '../format/chunk-table';
import { type PackRef } from '../format/pack';
import { PackTable } from '../format/pack-table';
import { INDEX_SEGMENT_CHUNKS_MAX, INDEX_SEGMENTS_MAX } from '../limits';
import { mergeSegments, segmentsToMerge } from './merge-segments';
import { buildSegment } from './segment-builder';
import { memoryBytes } from './segment-bytes';
import { SegmentReader } from './segment-reader';

const metaKey = Buffer.alloc(32, 1);
const packs = [1, 2].map((n): PackRef => ({
  packId: String(n).repeat(64),
  sid: ulid(n),
  salt: Buffer.alloc(32, n),
}));
const idOf = (n: number): Buffer => createHash('sha256').update(`${n}`).digest();

function readerOf(bytes: Buffer, objectKey: string): SegmentReader {
  const onDamage = (): never => {
    throw new Error('damaged');
  };
  return new SegmentReader(memoryBytes(bytes), { name: objectKey, objectKey, metaKey, onDamage });
}

/** The chunks [from, to) in one pack. */
function source(objectKey: string, from: number, to: number, pack: PackRef): SegmentReader {
  const table = { chunks: new ChunkTable(), packs: new PackTable() };
  const number = table.packs.numberOf(pack);
  for (let n = from; n < to; n += 1) table.chunks.add(idOf(n), [number, n, 1, 2, 3, 1, 0, 1]);
  return readerOf(buildSegment({ metaKey, objectKey }, table), objectKey);
}

async function merge(
  sources: readonly SegmentReader[],
  { chunksMax, isUsable = () => true }: { chunksMax: number; isUsable?: (pack: PackRef) => boolean },
): Promise<SegmentReader[]> {
  const merged: SegmentReader[] = [];
  await mergeSegments({
    sources,
    metaKey,
    replaces: ['a', 'b'],
    chunksMax,
    isUsable,
    nextObjectKey: () => `merged-${merged.length}`,
    write: async (sealed) => void merged.push(readerOf(Buffer.from(sealed), `merged-${merged.length}`)),
  });
  return merged;
}

const find = (segments: readonly SegmentReader[], n: number) =>
  segments.map((s) => s.find(idOf(n), idOf(n).readUInt32BE(0))).find((found) => found !== null);

const [first, second] = packs as [PackRef, PackRef];

it('what is too large becomes several segments, each over its own ids; only the last one replaces', async () => {
  const merged = await merge([source('a', 0, 700, first), source('b', 700, 1000, second)], {
    chunksMax: 300,
  });
  expect(merged.map(({ head }) => head.chunks)).toEqual([250, 250, 250, 250]);
  expect(merged.map(({ head }) => head.replaces)).toEqual([[], [], [], ['a', 'b']]);
  merged
    .slice(1)
    .forEach(({ head }, i) => expect(head.first).toBeGreaterThanOrEqual(merged[i]?.head.last ?? 0));
  for (let n = 0; n < 1000; n += 1) expect(find(merged, n)).toMatchObject({ pack: n < 700 ? first : second });
});

it('a chunk that is there twice is kept once, as the first source has it', async () => {
  const merged = await merge([source('a', 0, 50, first), source('b', 0, 100, second)], { chunksMax: 1000 });
  expect(merged.map(({ head }) => head.chunks)).toEqual([100]);
  expect([find(merged, 10)?.pack, find(merged, 60)?.pack]).toEqual([first, second]);
});

it('a chunk whose first pack is not usable is kept as another source has it', async () => {
  const isUsable = ({ packId }: PackRef): boolean => packId !== first.packId;
  const sources = [source('a', 0, 50, first), source('b', 0, 20, second)];
  const merged = await merge(sources, { chunksMax: 1000, isUsable });
  expect(merged.map(({ head }) => [head.chunks, head.packs])).toEqual([[20, 1]]);
  expect([find(merged, 10)?.pack, find(merged, 30)]).toEqual([second, undefined]);
});

it('of nothing leaves an empty segment that says what it replaces', async () => {
  const merged = await merge([source('a', 0, 50, first)], { chunksMax: 10, isUsable: () => false });
  expect(merged.at(-1)?.head).toMatchObject({ chunks: 0, replaces: ['a', 'b'] });
  expect(find(merged, 1)).toBeUndefined();
});

describe('what is merged', () => {
  const small = { head: { chunks: 10 }, span: 1 };
  const large = { head: { chunks: INDEX_SEGMENT_CHUNKS_MAX }, span: 0.25 };
  const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

  it('is nothing as long as no more than 16 segments lie over one id', () => {
    expect(segmentsToMerge([])).toEqual([]);
    expect(segmentsToMerge([...times(INDEX_SEGMENTS_MAX, small), ...times(64, large)])).toEqual([]);
  });

  it('is the small ones among themselves, so that a chunk is not written again with every run', () => {
    const many = times(INDEX_SEGMENTS_MAX + 1, small);
    expect(segmentsToMerge([large, ...many])).toEqual(many);
  });

  it('is all of them when the large ones lie too deep', () => {
    const all = [small, ...times(65, large)];
    expect(segmentsToMerge(all)).toEqual(all);
  });
});
