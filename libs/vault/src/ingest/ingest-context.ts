// What a piece needs of its session: narrow, so that a piece can be tested with little around it.
import { type Compute } from '../compute/compute';
import { type DatabaseKeys } from '../crypto/database-keys';
import { type MapKeys } from '../crypto/map-keys';
import { type MapChunk } from '../format/map-chunk';
import { type PackRef } from '../format/pack';
import { type Recipe } from '../format/recipe';
import { type NamedChunk, type StoredChunk } from '../format/stored-chunk';
import { type IngestBuffers } from './ingest-buffers';

export interface IngestContext {
  readonly compute: Compute;
  readonly keys: DatabaseKeys;
  readonly mapKeys: MapKeys;
  readonly vaultId: string;
  readonly sid: string;
  readonly buffers: IngestBuffers;
  now(): Date;
  /** Where a chunk lies durably, or null. */
  findStored(id: Uint8Array): StoredChunk | null;
  /** False for packs a collector condemned: whatever names them, what they hold counts as absent. */
  isUsable(pack: PackRef): boolean;
  /** A part of a block map, or null when it is gone or damaged. */
  readMap(ref: NamedChunk): Promise<MapChunk | null>;
  /** Makes the pack durable, unless its piece is stopped before. */
  uploadPack(pack: PackRef, bytes: Buffer, stopped: AbortSignal): Promise<void>;
  /** From now on the chunk may be used by other pieces: its pack is durable. */
  learnStored(id: Uint8Array, stored: StoredChunk): void;
  /** Takes the recipe's columns over. A piece that was stopped until then leaves none that counts. */
  writeRecipe(
    recipe: Omit<Recipe, 'createdAt' | 'dbid'>,
    stopped: AbortSignal,
  ): Promise<{ readonly recipeKey: string; readonly bytes: number }>;
  pieceEnded(handle: string): void;
}
