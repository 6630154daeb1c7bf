// A part of a block map: which chunk holds each block of one region of a data file, as of one backup. It is a chunk itself (kind map); body:
//   head JSON {v, blockBytes, region, rows, slots, chunks, packs[]}
//   rows, 3 columns of numbers: block in the region (ascending), chunk#, unit in the chunk; fingerprints 8 × rows
//   slots, 1 column of numbers: slot in the region (ascending); bound tags 16 × slots
//   chunk ids 32 × chunks; chunk locations, 8 columns of numbers (as in a recipe)
// What a map says is only used where the fingerprint of the block to be backed up, or the tag of its slot, is the same, so a map that is out
// of date costs space, never bytes. Version 1 had no slots, and of each block the first 16 bytes of its sha256.
import { bufferOver } from '../compute/buffer-over';
import { ID_BYTES } from '../compute/chunk-operations';
import {
  FINGERPRINT_BYTES,
  FINGERPRINT_SOURCE_BYTES,
  FINGERPRINT_WORDS,
  fingerprintsOfSources,
  SLOT_TAG_BYTES,
} from '../compute/slot-marks';
import { type MapKeys } from '../crypto/map-keys';
import { LOCATION, LOCATION_FIELDS, type ChunkTable } from './chunk-table';
import { decodeColumns, encodeColumns, packRows } from './columns';
import { freeAtOnce } from './free-at-once';
import { PackTable, type PackJson } from './pack-table';

/** Of the maps this program writes. */
export const MAP_VERSION = 2;
export const MAP_ROW_FIELDS = 3;

export interface RegionName {
  /** Size of the blocks, bytes. */
  readonly blockBytes: number;
  /** Number of the region: first block address / blocks per region. */
  readonly region: number;
}

export interface MapRows extends RegionName {
  /** Block in the region, chunk#, unit: three numbers apiece, by block. */
  readonly rows: Uint32Array;
  /** FINGERPRINT_WORDS per row. */
  readonly fingerprints: Uint32Array;
  /** Slots in the region, ascending. */
  readonly slots: Uint32Array;
  /** SLOT_TAG_WORDS per slot: its tag, bound to the fingerprints of its blocks. */
  readonly tags: Uint32Array;
}

export interface MapChunk extends MapRows {
  readonly packs: PackTable;
  readonly ids: Buffer;
  readonly locations: Uint32Array;
}

interface MapHead extends RegionName {
  readonly v: 1 | typeof MAP_VERSION;
  readonly rows: number;
  /** From version 2 on. */
  readonly slots?: number;
  readonly chunks: number;
  readonly packs: readonly PackJson[];
}

/** @param rows their chunk numbers are rows of `chunks`, whose packs are all sealed */
export function encodeMapChunk(rows: MapRows, chunks: ChunkTable, packs: PackTable): Buffer {
  const own = new PackTable();
  const named = chunksNamed(rows.rows);
  const ids = Buffer.alloc(named.length * ID_BYTES);
  const locations = new Uint32Array(named.length * LOCATION_FIELDS);
  named.forEach((row, i) => {
    ids.set(chunks.idAt(row), i * ID_BYTES);
    locations.set(chunks.locationAt(row), i * LOCATION_FIELDS);
    locations[i * LOCATION_FIELDS] = own.numberOf(packs.at(chunks.locationAt(row)[LOCATION.pack] ?? 0));
  });
  const renumbered = Uint32Array.from(rows.rows);
  for (let i = 1; i < renumbered.length; i += MAP_ROW_FIELDS)
    renumbered[i] = placeIn(named, renumbered[i] ?? 0);
  const { blockBytes, region, fingerprints, slots, tags } = rows;
  const head: MapHead = {
    v: MAP_VERSION,
    blockBytes,
    region,
    rows: rows.rows.length / MAP_ROW_FIELDS,
    slots: slots.length,
    chunks: named.length,
    packs: own.toJson(),
  };
  const rowColumns = packRows(renumbered, MAP_ROW_FIELDS);
  const locationColumns = packRows(locations, LOCATION_FIELDS);
  const body = encodeColumns(head, [
    ...rowColumns,
    bufferOver(fingerprints),
    ...packRows(slots, 1),
    bufferOver(tags),
    ids,
    ...locationColumns,
  ]);
  for (const copied of [...rowColumns, ...locationColumns, renumbered, locations, ids]) freeAtOnce(copied);
  return body;
}

/** @throws RangeError when head and columns do not agree */
export function decodeMapChunk(body: Buffer, { fingerprintKey }: Pick<MapKeys, 'fingerprintKey'>): MapChunk {
  const { head, columns } = decodeColumns<MapHead>(body);
  const { v, blockBytes, region, slots = 0 } = head;
  if (v !== 1 && v !== MAP_VERSION)
    throw new RangeError(`map version ${String(v)} is not known to this program`);
  const rows = columns.takeRows(head.rows, MAP_ROW_FIELDS);
  const fingerprints =
    v === 1
      ? ofVersion1(fingerprintKey, columns.takeBytes(head.rows * FINGERPRINT_SOURCE_BYTES))
      : columns.takeWords(head.rows * FINGERPRINT_BYTES);
  const map: MapChunk = {
    blockBytes,
    region,
    rows,
    fingerprints,
    slots: columns.takeNumbers(slots),
    tags: columns.takeWords(slots * SLOT_TAG_BYTES),
    packs: PackTable.fromJson(head.packs),
    ids: columns.takeBytes(head.chunks * ID_BYTES),
    locations: columns.takeRows(head.chunks, LOCATION_FIELDS),
  };
  columns.end();
  for (let i = 1; i < rows.length; i += MAP_ROW_FIELDS)
    if ((rows[i] ?? 0) >= head.chunks)
      throw new RangeError('a row of the map names a chunk that is not there');
  return map;
}

function ofVersion1(fingerprintKey: Uint8Array, sources: Buffer): Uint32Array {
  const fingerprints = new Uint32Array((sources.length / FINGERPRINT_SOURCE_BYTES) * FINGERPRINT_WORDS);
  fingerprintsOfSources(fingerprintKey, sources, fingerprints);
  freeAtOnce(sources);
  return fingerprints;
}

/** The chunks that rows name, each once, ascending. */
function chunksNamed(rows: Uint32Array): Uint32Array {
  const all = new Uint32Array(rows.length / MAP_ROW_FIELDS);
  for (let i = 0; i < all.length; i += 1) all[i] = rows[i * MAP_ROW_FIELDS + 1] ?? 0;
  all.sort();
  const named = all.filter((row, i) => i === 0 || row !== all[i - 1]);
  freeAtOnce(all);
  return named;
}

function placeIn(sorted: Uint32Array, value: number): number {
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
