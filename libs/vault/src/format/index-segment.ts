// An index segment: new chunks of one session, sorted by id. Sealed with metaKey; body:
//   head JSON {v, chunks, packs[]}; ids 32 × chunks (sorted); locations, 8 columns of numbers (as in a recipe)
// Losing it loses nothing: pack directories say the same.
import { ID_BYTES } from '../compute/chunk-operations';
import { LOCATION, LOCATION_FIELDS, type ChunkTable } from './chunk-table';
import { decodeColumns, encodeColumns, packRows } from './columns';
import { PackTable, type PackJson, type PackTable as Packs } from './pack-table';

interface SegmentHead {
  readonly v: 1;
  readonly chunks: number;
  readonly packs: readonly PackJson[];
}

export function encodeIndexSegment(chunks: ChunkTable, packs: Packs): Buffer {
  const ids = chunks.allIds();
  const order = Uint32Array.from({ length: chunks.size }, (_, row) => row).sort((a, b) =>
    ids.compare(ids, b * ID_BYTES, (b + 1) * ID_BYTES, a * ID_BYTES, (a + 1) * ID_BYTES),
  );
  const own = new PackTable();
  const sortedIds = Buffer.alloc(ids.length);
  const locations = new Uint32Array(order.length * LOCATION_FIELDS);
  order.forEach((row, i) => {
    ids.copy(sortedIds, i * ID_BYTES, row * ID_BYTES, (row + 1) * ID_BYTES);
    locations.set(chunks.locationAt(row), i * LOCATION_FIELDS);
    locations[i * LOCATION_FIELDS] = own.numberOf(packs.at(chunks.locationAt(row)[LOCATION.pack] ?? 0));
  });
  const head: SegmentHead = { v: 1, chunks: order.length, packs: own.toJson() };
  return encodeColumns(head, [sortedIds, ...packRows(locations, LOCATION_FIELDS)]);
}

/** Adds the segment's chunks to `chunks`, except those in packs that `isUsable` refuses. */
export function loadIndexSegment(
  body: Buffer,
  into: { chunks: ChunkTable; packs: Packs },
  isUsable: (packNumber: number) => boolean,
): void {
  const { head, columns } = decodeColumns<SegmentHead>(body);
  const numbers = PackTable.fromJson(head.packs)
    .all()
    .map((pack) => into.packs.numberOf(pack));
  const ids = columns.takeBytes(head.chunks * ID_BYTES);
  const locations = columns.takeRows(head.chunks, LOCATION_FIELDS);
  for (let i = 0; i < head.chunks; i += 1) {
    const location = locations.subarray(i * LOCATION_FIELDS, (i + 1) * LOCATION_FIELDS);
    const number = numbers[location[LOCATION.pack] ?? 0];
    if (number === undefined || !isUsable(number)) continue;
    location[LOCATION.pack] = number;
    into.chunks.add(ids.subarray(i * ID_BYTES, (i + 1) * ID_BYTES), location);
  }
}
