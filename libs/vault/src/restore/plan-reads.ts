// Which ranges of which packs a piece is read from, and when. The piece is put together in steps; a step needs the chunks of its extents.
// Chunks that lie close together in a pack and are needed at about the same time share a range, which is one request: the slots of the
// first full, which stand in its packs as in the stream, and the patches of each later backup, which stand in theirs in the same order but
// far more thinly. A pure function of the recipe.
import { LOCATION, LOCATION_FIELDS } from '../format/chunk-table';
import { EXTENT_FIELDS, type Recipe } from '../format/recipe';
import {
  DENSE_PACK_SHARE,
  PACK_BYTES_MAX,
  READ_AHEAD_BYTES,
  READ_GAP_BYTES_MAX,
  READ_RANGE_BYTES_MAX,
  READ_STEP_BYTES,
  STEP_CHUNK_BYTES_MAX,
} from '../limits';
import { frameEnd } from './read-chunks';

export interface PlannedRange {
  readonly pack: number;
  readonly start: number;
  end: number;
  /** The first and the last step it is kept for. */
  readonly firstStep: number;
  lastStep: number;
}

export interface ReadPlan {
  /** Where each step ends, as a number of an extent. */
  readonly stepEnds: readonly number[];
  /** In the order of their first steps. */
  readonly ranges: readonly PlannedRange[];
  /** Number of the range of each chunk, by row; NO_RANGE for chunks that are no part of the piece. */
  readonly rangeOf: Uint32Array;
  /** The last step that needs each chunk, by row. */
  readonly lastUse: Uint32Array;
}

export const NO_RANGE = 0xffffffff;
const UNUSED = 0xffffffff;
/** Steps that share a range: later ones would keep it too long. */
const STEPS_AHEAD = READ_AHEAD_BYTES / READ_STEP_BYTES;

type Layout = Pick<Recipe, 'extents' | 'locations'>;

export function planReads(recipe: Layout): ReadPlan {
  const chunks = recipe.locations.length / LOCATION_FIELDS;
  const firstUse = new Uint32Array(chunks).fill(UNUSED);
  const lastUse = new Uint32Array(chunks);
  const stepEnds = planSteps(recipe, firstUse, lastUse);
  const used = usedByPlace(recipe, firstUse);
  const ranges = joinRanges(recipe, used, { firstUse, lastUse });
  const order = Uint32Array.from(ranges.keys()).sort(
    (a, b) => (ranges[a]?.range.firstStep ?? 0) - (ranges[b]?.range.firstStep ?? 0) || a - b,
  );
  const rangeOf = new Uint32Array(chunks).fill(NO_RANGE);
  order.forEach((place, number) => {
    const { from = 0, to = 0 } = ranges[place] ?? {};
    for (let i = from; i < to; i += 1) rangeOf[used[i] ?? 0] = number;
  });
  const planned = [...order].flatMap((place) => ranges[place]?.range ?? []);
  return { stepEnds, ranges: planned, rangeOf, lastUse };
}

/** A step ends when it has enough bytes of the piece, or needs so many chunks that decoding them takes too much memory. */
function planSteps({ extents, locations }: Layout, firstUse: Uint32Array, lastUse: Uint32Array): number[] {
  const stepEnds: number[] = [];
  const count = extents.length / EXTENT_FIELDS;
  let bytes = 0;
  let chunkBytes = 0;
  for (let i = 0; i < count; i += 1) {
    const step = stepEnds.length;
    const row = extents[i * EXTENT_FIELDS] ?? 0;
    const isFirst = firstUse[row] === UNUSED;
    if (isFirst || lastUse[row] !== step)
      chunkBytes += locations[row * LOCATION_FIELDS + LOCATION.length] ?? 0;
    if (isFirst) firstUse[row] = step;
    lastUse[row] = step;
    bytes += extents[i * EXTENT_FIELDS + 2] ?? 0;
    if (bytes < READ_STEP_BYTES && chunkBytes < STEP_CHUNK_BYTES_MAX && i + 1 < count) continue;
    stepEnds.push(i + 1);
    bytes = 0;
    chunkBytes = 0;
  }
  return stepEnds;
}

/** Rows of the chunks the piece needs, by pack and offset. */
function usedByPlace({ locations }: Layout, firstUse: Uint32Array): Uint32Array {
  const field = (row: number, name: 'pack' | 'offset'): number =>
    locations[row * LOCATION_FIELDS + LOCATION[name]] ?? 0;
  return Uint32Array.from(firstUse.keys())
    .filter((row) => firstUse[row] !== UNUSED)
    .sort((a, b) => field(a, 'pack') - field(b, 'pack') || field(a, 'offset') - field(b, 'offset'));
}

interface JoinedRange {
  readonly range: PlannedRange;
  /** Places in the list of used chunks. */
  readonly from: number;
  to: number;
}

function joinRanges(
  { locations }: Layout,
  used: Uint32Array,
  { firstUse, lastUse }: { readonly firstUse: Uint32Array; readonly lastUse: Uint32Array },
): JoinedRange[] {
  const needed = neededBytesByPack(locations, used);
  const ranges: JoinedRange[] = [];
  for (let i = 0; i < used.length; i += 1) {
    const row = used[i] ?? 0;
    const location = locations.subarray(row * LOCATION_FIELDS, (row + 1) * LOCATION_FIELDS);
    const [pack, start, end] = [
      location[LOCATION.pack] ?? 0,
      location[LOCATION.offset] ?? 0,
      frameEnd(location),
    ];
    const first = firstUse[row] ?? 0;
    const last = Math.min(lastUse[row] ?? 0, first + STEPS_AHEAD); // whoever needs it later reads it again
    const joined = ranges.at(-1);
    const range = joined?.range;
    const gapMax =
      (needed.get(pack) ?? 0) > DENSE_PACK_SHARE * PACK_BYTES_MAX ? PACK_BYTES_MAX : READ_GAP_BYTES_MAX;
    if (
      joined !== undefined &&
      range?.pack === pack &&
      start - range.end <= gapMax &&
      end - range.start <= READ_RANGE_BYTES_MAX &&
      first >= range.firstStep &&
      first - range.firstStep <= STEPS_AHEAD
    ) {
      range.end = Math.max(range.end, end);
      range.lastStep = Math.max(range.lastStep, last);
      joined.to = i + 1;
    } else ranges.push({ range: { pack, start, end, firstStep: first, lastStep: last }, from: i, to: i + 1 });
  }
  return ranges;
}

function neededBytesByPack(locations: Uint32Array, used: Uint32Array): Map<number, number> {
  const needed = new Map<number, number>();
  for (const row of used) {
    const pack = locations[row * LOCATION_FIELDS + LOCATION.pack] ?? 0;
    needed.set(pack, (needed.get(pack) ?? 0) + (locations[row * LOCATION_FIELDS + LOCATION.clen] ?? 0));
  }
  return needed;
}
