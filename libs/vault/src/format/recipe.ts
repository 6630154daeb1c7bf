// A piece recipe: everything that is needed to give one backup piece back, and nothing else is needed. Sealed with metaKey; body:
//   head JSON {v, handle, dbid, createdAt, bytes, bytesNew, bytesStored, digest, chunks, extents, packs[], maps[]}
//   chunk ids 32 × chunks, in the order of their first use
//   chunk locations, 8 columns of numbers: pack#, ordinal, offset of frame, ciphertext length, length, kind, compression, units
//   extents, 3 columns of numbers: chunk#, offset in the chunk, length — the piece is their concatenation
// digest = sha256 over (chunk id ‖ extent length u32) of the extents in order: the data is not hashed again.
// maps name the chunks of the block map this piece leaves for the next backup of the same data file; a restore does not need them.
import { createHash } from 'node:crypto';
import { ID_BYTES } from '../compute/chunk-operations';
import { LOCATION_FIELDS } from './chunk-table';
import { decodeColumns, encodeColumns, packRows } from './columns';
import { unsupported } from '../vault-error';
import { freeAtOnce } from './free-at-once';
import { PackTable, type PackJson } from './pack-table';

export const EXTENT_FIELDS = 3;
/** What the digest takes of an extent: id of the chunk, length. */
const DIGESTED_BYTES = ID_BYTES + 4;
/** A call for each extent costs more than the hash. */
const EXTENTS_PER_UPDATE = 256;

/** The map of one region of a data file: rows of its map chunks, newest first. */
export interface RegionMap {
  readonly blockBytes: number;
  readonly region: number;
  readonly chunks: readonly number[];
}

export interface Recipe {
  readonly handle: string;
  readonly dbid: string;
  /** RFC 3339 */
  readonly createdAt: string;
  readonly bytes: number;
  readonly bytesNew: number;
  readonly bytesStored: number;
  readonly packs: PackTable;
  readonly ids: Buffer;
  readonly locations: Uint32Array;
  readonly extents: Uint32Array;
  readonly maps: readonly RegionMap[];
}

interface RecipeHead {
  readonly v: 1;
  readonly handle: string;
  readonly dbid: string;
  readonly createdAt: string;
  readonly bytes: number;
  readonly bytesNew: number;
  readonly bytesStored: number;
  readonly digest: string;
  readonly chunks: number;
  readonly extents: number;
  readonly packs: readonly PackJson[];
  readonly maps: readonly RegionMap[];
}

export function encodeRecipe(recipe: Recipe): Buffer {
  const head: RecipeHead = {
    v: 1,
    handle: recipe.handle,
    dbid: recipe.dbid,
    createdAt: recipe.createdAt,
    bytes: recipe.bytes,
    bytesNew: recipe.bytesNew,
    bytesStored: recipe.bytesStored,
    digest: pieceDigest(recipe),
    chunks: recipe.ids.length / ID_BYTES,
    extents: recipe.extents.length / EXTENT_FIELDS,
    packs: recipe.packs.toJson(),
    maps: recipe.maps,
  };
  const columns = [
    ...packRows(recipe.locations, LOCATION_FIELDS),
    ...packRows(recipe.extents, EXTENT_FIELDS),
  ];
  const body = encodeColumns(head, [recipe.ids, ...columns]);
  columns.forEach(freeAtOnce);
  return body;
}

/** @throws RangeError when head and columns do not agree; VaultError unsupported-version, naming the object. */
export function decodeRecipe(body: Buffer, objectKey: string): Recipe {
  const { head, columns } = decodeColumns<RecipeHead>(body);
  if (head.v !== 1) throw unsupported(objectKey, head.v);
  const recipe: Recipe = {
    handle: head.handle,
    dbid: head.dbid,
    createdAt: head.createdAt,
    bytes: head.bytes,
    bytesNew: head.bytesNew,
    bytesStored: head.bytesStored,
    packs: PackTable.fromJson(head.packs),
    ids: columns.takeBytes(head.chunks * ID_BYTES),
    locations: columns.takeRows(head.chunks, LOCATION_FIELDS),
    extents: columns.takeRows(head.extents, EXTENT_FIELDS),
    maps: head.maps,
  };
  columns.end();
  if (pieceDigest(recipe) !== head.digest) throw new RangeError('recipe digest does not fit its chunks');
  return recipe;
}

/** Gives back the memory of what a recipe says of chunks and extents: tens of megabytes for a large piece. */
export function freeColumns({
  ids,
  locations,
  extents,
}: Pick<Recipe, 'ids' | 'locations' | 'extents'>): void {
  for (const column of [ids, locations, extents]) freeAtOnce(column);
}

function pieceDigest({ ids, extents }: Pick<Recipe, 'ids' | 'extents'>): string {
  const digest = createHash('sha256');
  const batch = Buffer.alloc(EXTENTS_PER_UPDATE * DIGESTED_BYTES);
  let at = 0;
  for (let i = 0; i < extents.length; i += EXTENT_FIELDS) {
    const chunk = extents[i] ?? 0;
    ids.copy(batch, at, chunk * ID_BYTES, (chunk + 1) * ID_BYTES);
    at = batch.writeUInt32LE(extents[i + 2] ?? 0, at + ID_BYTES);
    if (at < batch.length) continue;
    digest.update(batch);
    at = 0;
  }
  return digest.update(batch.subarray(0, at)).digest('hex');
}
