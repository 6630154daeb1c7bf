// A chunk and the pack it lies in.
import { type PackRef } from './pack';

/** Where a chunk lies durably. */
export interface StoredChunk {
  readonly pack: PackRef;
  /** As in a recipe; its first field is of no meaning here. */
  readonly location: Uint32Array;
}

export interface NamedChunk extends StoredChunk {
  readonly id: Uint8Array;
}
