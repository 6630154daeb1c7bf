// The chunks a piece consists of, by row, and the extents that put them in order: what becomes its recipe.
import { type PackRef } from '../format/pack';
import { ChunkTable, LOCATION } from '../format/chunk-table';
import { PackTable } from '../format/pack-table';
import { EXTENT_FIELDS, type Recipe } from '../format/recipe';
import { GrowingColumn } from '../format/growing-column';
import { type ChunkShape } from '../compute/unit-digests';
import { type StoredChunk } from '../format/stored-chunk';

/** The number of a pack that is still open; its real number is known when it is sealed. */
const OPEN_PACK = 0xffffffff;

export class PieceChunks {
  readonly table = new ChunkTable();
  readonly packs = new PackTable();
  private readonly extents = new GrowingColumn();

  /** The row of a chunk that is durable. */
  use(id: Uint8Array, stored: StoredChunk): number {
    const known = this.table.find(id);
    if (known >= 0) return known;
    const location = stored.location.slice();
    location[LOCATION.pack] = this.packs.numberOf(stored.pack);
    return this.table.add(id, location);
  }

  /** A row for a chunk of this piece that will be in a pack of its own soon. */
  addNew(id: Uint8Array, shape: ChunkShape): number {
    return this.table.add(id, placeholder(shape));
  }

  /** The same for a chunk that is still being gathered: id and shape follow. */
  reserve(): number {
    return this.table.reserve(placeholder({ kind: 0, length: 0, units: 0 }));
  }

  describe(row: number, id: Uint8Array, { kind, length, units }: ChunkShape): void {
    this.table.setId(row, id);
    const location = this.table.locationAt(row);
    location[LOCATION.kind] = kind;
    location[LOCATION.length] = length;
    location[LOCATION.units] = units;
  }

  locate(row: number, at: { ordinal: number; offset: number; clen: number; compression: number }): void {
    const location = this.table.locationAt(row);
    location[LOCATION.ordinal] = at.ordinal;
    location[LOCATION.offset] = at.offset;
    location[LOCATION.clen] = at.clen;
    location[LOCATION.compression] = at.compression;
  }

  /** The pack of these chunks has its name. */
  settle(rows: readonly number[], pack: PackRef): void {
    const number = this.packs.numberOf(pack);
    for (const row of rows) this.table.locationAt(row)[LOCATION.pack] = number;
  }

  /** The next bytes of the piece are these of a chunk; bytes that follow one another are one extent. */
  extend(row: number, offset: number, length: number): void {
    const last = this.extents.length - EXTENT_FIELDS;
    const grows =
      last >= 0 &&
      this.extents.get(last) === row &&
      this.extents.get(last + 1) + this.extents.get(last + 2) === offset;
    if (grows) this.extents.set(last + 2, this.extents.get(last + 2) + length);
    else this.extents.push([row, offset, length]);
  }

  /** Gives back the memory of all rows and extents, tens of megabytes of a large piece. */
  free(): void {
    this.table.free();
    this.extents.free();
  }

  /** Everything there is; then it is empty, for both would be tens of megabytes of a large piece. */
  takeForRecipe(): Pick<Recipe, 'packs' | 'ids' | 'locations' | 'extents'> {
    const taken = {
      packs: this.packs,
      ids: this.table.allIds(),
      locations: this.table.allLocations(),
      extents: this.extents.take(),
    };
    this.table.free();
    return taken;
  }
}

function placeholder({ kind, length, units }: ChunkShape): number[] {
  return [OPEN_PACK, 0, 0, 0, length, kind, 0, units];
}
