// An index segment: new chunks of one session, sorted by id. Sealed with metaKey; body:
//   head JSON {v, chunks, packs[]}; ids 32 × chunks (sorted); locations 7 × u32 × chunks (as in a recipe)
// Losing it loses nothing: pack directories say the same.
import { ID_BYTES } from '../compute/chunk-operations';
import { LOCATION_FIELDS, type ChunkTable } from './chunk-table';
import { bytesOf, decodeColumns, encodeColumns, uint32Column } from './columns';
import { PackTable, type PackJson, type PackTable as Packs } from './pack-table';

interface SegmentHead {
  readonly v: 1;
  readonly chunks: number;
  readonly packs: readonly PackJson[];
}

export function encodeIndexSegment(chunks: ChunkTable, packs: Packs): Buffer {
  const rows: { id: Buffer; location: Uint32Array }[] = [];
  chunks.forEach((id, location) => rows.push({ id: Buffer.from(id), location: Uint32Array.from(location) }));
  rows.sort((a, b) => a.id.compare(b.id));
  const own = new PackTable();
  const locations = new Uint32Array(rows.length * LOCATION_FIELDS);
  rows.forEach(({ location }, i) => {
    locations.set(location, i * LOCATION_FIELDS);
    locations[i * LOCATION_FIELDS] = own.numberOf(packs.at(location[0] ?? 0));
  });
  const head: SegmentHead = { v: 1, chunks: rows.length, packs: own.toJson() };
  return encodeColumns(head, [Buffer.concat(rows.map((r) => r.id)), bytesOf(locations)]);
}

/** Adds the segment's chunks to `chunks`, except those in packs that `isUsable` refuses. */
export function loadIndexSegment(
  body: Buffer,
  into: { chunks: ChunkTable; packs: Packs },
  isUsable: (packNumber: number) => boolean,
): void {
  const { head, rest } = decodeColumns<SegmentHead>(body);
  const packs = PackTable.fromJson(head.packs);
  const numbers = packs.all().map((pack) => into.packs.numberOf(pack));
  const locations = uint32Column(rest, head.chunks * ID_BYTES, head.chunks * LOCATION_FIELDS);
  for (let i = 0; i < head.chunks; i += 1) {
    const location = locations.subarray(i * LOCATION_FIELDS, (i + 1) * LOCATION_FIELDS);
    const number = numbers[location[0] ?? 0];
    if (number === undefined || !isUsable(number)) continue;
    location[0] = number;
    into.chunks.add(rest.subarray(i * ID_BYTES, (i + 1) * ID_BYTES), location);
  }
}
