// The block map of a piece, tied to its chunks: what earlier backups left becomes rows of the piece, and what changed becomes map chunks.
import { hash } from 'node:crypto';
import { ID_BYTES } from '../compute/chunk-operations';
import { chunkIdOf } from '../compute/unit-digests';
import { CHUNK_KINDS } from '../format/chunk-kinds';
import { LOCATION_FIELDS, LOCATION } from '../format/chunk-table';
import { freeAtOnce } from '../format/free-at-once';
import { encodeMapChunk, type MapChunk } from '../format/map-chunk';
import { BlockMap } from '../map/block-map';
import { type NamedChunk } from '../format/stored-chunk';
import { type PriorRegion } from '../map/prior-maps';
import { type Tier } from '../map/tier';
import { type IngestContext } from './ingest-context';
import { type PackWriter } from './pack-writer';
import { type PieceChunks } from './piece-chunks';

/** @param prior what earlier backups of the same data file left */
export function openBlockMap(
  context: IngestContext,
  chunks: PieceChunks,
  prior: readonly PriorRegion[],
): BlockMap {
  const refs = new Map<number, NamedChunk>();
  const regions = prior.map(({ blockBytes, region, chunks: mapChunks }) => ({
    blockBytes,
    region,
    chunks: mapChunks
      .filter(({ pack }) => context.isUsable(pack))
      .map((ref) => {
        const row = chunks.use(ref.id, ref);
        refs.set(row, ref);
        return row;
      }),
  }));
  return new BlockMap({
    prior: regions,
    readTier: async (row) => {
      const ref = refs.get(row);
      const map = ref === undefined ? null : await context.readMap(ref);
      return map === null ? null : tierOf(row, map, context, chunks);
    },
  });
}

/** Writes the regions that left; the chunks they name are in sealed packs. */
export async function writeLeavingRegions(
  map: BlockMap,
  chunks: PieceChunks,
  { context, metadata }: { context: IngestContext; metadata: PackWriter },
): Promise<void> {
  for (const { rows, entry } of map.takeLeaving()) {
    const body = encodeMapChunk(rows, chunks.table, chunks.packs);
    const shape = { kind: CHUNK_KINDS.map, length: body.length, units: 1 };
    const id = chunkIdOf(context.keys.idKey, shape, hash('sha256', body, 'buffer'));
    entry.row = chunks.table.find(id);
    if (entry.row >= 0) continue;
    entry.row = chunks.addNew(id, shape);
    await metadata.add(body, {
      cuts: [0, shape.length, shape.kind, shape.units],
      ids: [id],
      rows: [entry.row],
    });
    for (const bytes of [rows.rows, rows.fingerprints, rows.tags, body]) freeAtOnce(bytes);
    if (metadata.isFull) await metadata.seal();
  }
}

function tierOf(row: number, map: MapChunk, context: IngestContext, chunks: PieceChunks): Tier {
  const usable = map.packs.all().map((pack) => context.isUsable(pack));
  const rows = new Int32Array(map.ids.length / ID_BYTES).fill(-1);
  const rowOf = (chunk: number): number => {
    const known = rows[chunk] ?? -1;
    if (known >= 0) return known;
    const location = map.locations.subarray(chunk * LOCATION_FIELDS, (chunk + 1) * LOCATION_FIELDS);
    const pack = location[LOCATION.pack] ?? 0;
    if (usable[pack] !== true) return -1;
    const id = map.ids.subarray(chunk * ID_BYTES, (chunk + 1) * ID_BYTES);
    return (rows[chunk] = chunks.use(id, { pack: map.packs.at(pack), location }));
  };
  return { map, row, rowOf };
}
