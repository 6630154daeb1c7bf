// A piece recipe: everything that is needed to give one backup piece back, and nothing else is needed. Sealed with metaKey; body:
//   head JSON {v, handle, dbid, createdAt, bytes, digest, chunks, extents, packs[], totals}
//   chunk ids 32 × chunks, sorted by first use
//   chunk locations 7 × u32 × chunks: pack#, ordinal, offset of frame, ciphertext length, length, kind, compression
//   extents 3 × u32 × extents: chunk#, offset in the chunk, length — the piece is their concatenation
// digest = sha256 over (chunk id ‖ length u32) of the extents in order: the data is not hashed again.
import { createHash } from 'node:crypto';
import { ID_BYTES } from '../compute/chunk-operations';
import { LOCATION_FIELDS } from './chunk-table';
import { bytesOf, decodeColumns, encodeColumns, uint32Column } from './columns';
import { PackTable, type PackJson } from './pack-table';

export const EXTENT_FIELDS = 3;

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
  };
  return encodeColumns(head, [recipe.ids, bytesOf(recipe.locations), bytesOf(recipe.extents)]);
}

/** @throws RangeError when head and columns do not agree. */
export function decodeRecipe(body: Buffer): Recipe {
  const { head, rest } = decodeColumns<RecipeHead>(body);
  if (head.v !== 1) throw new RangeError(`recipe version ${String(head.v)} is not known to this program`);
  const idsEnd = head.chunks * ID_BYTES;
  const locationsEnd = idsEnd + head.chunks * LOCATION_FIELDS * 4;
  if (rest.length !== locationsEnd + head.extents * EXTENT_FIELDS * 4)
    throw new RangeError('recipe columns do not have the lengths its head says');
  const recipe: Recipe = {
    handle: head.handle,
    dbid: head.dbid,
    createdAt: head.createdAt,
    bytes: head.bytes,
    bytesNew: head.bytesNew,
    bytesStored: head.bytesStored,
    packs: PackTable.fromJson(head.packs),
    ids: Buffer.from(rest.subarray(0, idsEnd)),
    locations: uint32Column(rest, idsEnd, head.chunks * LOCATION_FIELDS),
    extents: uint32Column(rest, locationsEnd, head.extents * EXTENT_FIELDS),
  };
  if (pieceDigest(recipe) !== head.digest) throw new RangeError('recipe digest does not fit its chunks');
  return recipe;
}

function pieceDigest({ ids, extents }: Pick<Recipe, 'ids' | 'extents'>): string {
  const hash = createHash('sha256');
  const length = Buffer.alloc(4);
  for (let i = 0; i < extents.length; i += EXTENT_FIELDS) {
    const chunk = extents[i] ?? 0;
    length.writeUInt32LE(extents[i + 2] ?? 0, 0);
    hash.update(ids.subarray(chunk * ID_BYTES, (chunk + 1) * ID_BYTES)).update(length);
  }
  return hash.digest('hex');
}
