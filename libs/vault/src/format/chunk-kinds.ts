/** What a chunk holds. Part of the format: the kind goes into the chunk id. */
export const CHUNK_KINDS = {
  /** Data-file blocks of one 64 KiB slot, by address. */
  slot: 1,
  /** Blocks of an archived log. */
  log: 2,
  /** Anything else. */
  raw: 3,
  /** Data-file blocks of many slots that changed since the backup before. */
  patch: 4,
  /** A part of a data file's block map. */
  map: 5,
} as const;
export type ChunkKind = (typeof CHUNK_KINDS)[keyof typeof CHUNK_KINDS];

/** Chunks of these kinds are found again by their ids; the others by block maps and recipes. */
export const INDEXED_KINDS: ReadonlySet<number> = new Set([
  CHUNK_KINDS.slot,
  CHUNK_KINDS.log,
  CHUNK_KINDS.raw,
]);
