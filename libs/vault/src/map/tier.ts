// Where a row of a region comes from: a number that fits a byte.
import { type MapChunk } from '../format/map-chunk';

/** A map chunk of an earlier backup that could be read. */
export interface Tier {
  readonly map: MapChunk;
  /** Row of the map chunk itself in the piece. */
  readonly row: number;
  /** Row in the piece of one of its chunks; -1 when that must not be used. */
  rowOf(chunk: number): number;
}

export const TIERS_MAX = 8;
/** From this piece, rather than from a tier. */
export const OWN = 254;
export const ABSENT = 255;
