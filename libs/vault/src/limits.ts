// Every bound of the vault, with its unit and its reason. Relations between them are asserted when the module loads.
import { strict as assert } from 'node:assert';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Address space of one slot: the unit in which data files are deduplicated. Part of the format. */
export const SLOT_BYTES = 64 * KIB;
/** The same for a stream with a block map, which finds single blocks: larger chunks leave a quarter of the metadata and compress better. A tag is of one. */
export const MAPPED_SLOT_BYTES = 256 * KIB;
/** Cuts of archived logs. Part of the format. */
export const CUT_BYTES = MIB;
/** Chunks of what is neither data-file block nor log: small enough to find what stayed the same, large enough to compress and to index. */
export const CDC_BYTES_MIN = 32 * KIB;
export const CDC_BYTES_NORMAL = 128 * KIB;
export const CDC_BYTES_MAX = 512 * KIB;
/** Changed blocks of many slots that make one chunk: small enough to be read for one block, large enough to compress. */
export const PATCH_CHUNK_BYTES_MAX = 128 * KIB;
/** Changed blocks gathered before they are sealed: enough work for a thread, little enough to belong to a pack's slack. */
export const PATCH_ARENA_BYTES = MIB;
/** A slot in more chunks than this, six for 64 KiB, is stored anew: more would scatter restores, fewer would store too much again. */
export const CHUNKS_PER_SLOT_MAX = 24;
/** Fewer new bytes of a slot are gathered with others: a chunk of its own would cost more than it holds. */
export const SLOT_CHUNK_BYTES_MIN = 32 * KIB;
/** Smallest block of an Oracle data file. */
export const DATA_BLOCK_BYTES_MIN = 2 * KIB;
/** Address space of one region of a block map. Part of the format. */
export const REGION_BYTES = 256 * MIB;
/** Regions of a map in memory for one piece, up to 3 MB each: streams go forward, so the one at hand and a little behind it. */
export const REGIONS_LOADED_MAX = 3;
/** A pack of block maps is sealed at this size: maps are read one by one. */
export const METADATA_PACK_BYTES_MAX = 4 * MIB;
/** Room for one more map chunk, directory and footer in a metadata pack that is not full yet. */
export const METADATA_SLACK_BYTES = 5 * MIB;
/** Manifests looked through, newest first, for the last backup of a data file: hourly archived logs of well over two months. */
export const MANIFESTS_SEARCHED_MAX = 2048;
/** Longest chunk a reader accepts: a decompressor never gets more to fill than this. */
export const CHUNK_BYTES_MAX = 8 * MIB;
/** Bytes of a stream that are worked on at once: large enough to keep a thread busy, small enough for flat memory. */
export const SEGMENT_BYTES = 4 * MIB;
/** Units of a segment: none but the last of a stream is shorter than 512 bytes. */
export const SEGMENT_UNITS_MAX = SEGMENT_BYTES / 512 + 1;
/** Segments of one piece under way: one being filled, one being hashed, one being sealed. */
export const SEGMENTS_PER_PIECE = 3;
/** Size of a pack: one PUT of known length. */
export const PACK_BYTES_MAX = 32 * MIB;
/** A pack this close to its size is sealed; what one more segment brings, mostly less than half of it, comes on top of a pack. */
export const PACK_BYTES_SHORT_MAX = MIB;
/** An open pack is sealed at this age, ms: a run that breaks off loses no more than that of what it stored. */
export const PACK_AGE_MS_MAX = 15 * 60 * 1000;
/** Room for frames that a full pack still receives, its directory and footer. */
export const PACK_SLACK_BYTES = SEGMENT_BYTES + PATCH_ARENA_BYTES + MIB;
/** Pack buffers beyond one for each open piece: a pack being uploaded while the next is filled. */
export const PACKS_IN_FLIGHT_MAX = 1;
/** Pieces whose buffers stay allocated between pieces and runs: those of two channels, the default. */
export const PIECES_BUFFERED_MAX = 2;
/** New chunks are indexed when this much was stored since the last segment; the rest at the end of the run. One more PUT for 32 packs, and what a crash forgets is only stored again. */
export const INDEX_FLUSH_BYTES = 1024 * MIB;
/** New chunks held in memory until then: some 20 MiB of rows. Only streams of very small chunks come this far. */
export const INDEX_CHUNKS_IN_MEMORY_MAX = 128 * 1024;
/** A segment with its packs and filter is an object about as large as a pack: one PUT, and the largest buffer of a merge. */
export const INDEX_SEGMENT_CHUNKS_MAX = 512 * 1024;
/** Segments that one look-up may have to ask, small ones and large ones each; with more they are merged. */
export const INDEX_SEGMENTS_MAX = 16;
/** Memory of a look-up filter: 24 MiB per TiB of 64 KiB chunks, for one disk read in some 180 look-ups of a new chunk. Part of the format. */
export const INDEX_FILTER_BITS_PER_CHUNK = 12;
/** Chunks merged before other work gets its turn: some milliseconds. */
export const INDEX_MERGE_STEP_CHUNKS = 8192;
/** Range of one read when a segment is fetched into a host's cache. */
export const INDEX_FETCH_BYTES = 4 * MIB;
/** Segments fetched at once. */
export const INDEX_FETCHES_AT_ONCE = 4;
/** Enough for the head of a segment that replaces a few hundred others: read with the footer in one request. */
export const INDEX_TAIL_BYTES = 16 * KIB;
/** Pack directories read at once when an index is rebuilt: some 100 KiB each. */
export const DIRECTORIES_AT_ONCE = 8;
/** Enough for the directory of nearly every pack: read with the footer in one request. */
export const DIRECTORY_TAIL_BYTES = 64 * KIB;
/** Below this share of saving a chunk is stored as it is. */
export const COMPRESSION_GAIN_MIN = 0.04;
/** Bytes tried first to see whether compressing a chunk is worth it. */
export const COMPRESSION_PROBE_BYTES = 4 * KIB;
/** Gaps this small are read rather than skipped: a request costs more. */
export const READ_GAP_BYTES_MAX = 256 * KIB;
/** When more of a pack than this is needed, gaps are read whatever their size: nearly all of it comes in a few requests. */
export const DENSE_PACK_SHARE = 0.4;
/** Longest range of one read: long enough to hide a request's latency, short enough for several to fit the window. */
export const READ_RANGE_BYTES_MAX = 4 * MIB;
/** Bytes of a piece that are put together at once; a few steps are decoded at the same time. */
export const READ_STEP_BYTES = MIB;
export const READ_STEPS_IN_FLIGHT = 3;
/** A step that needs more chunks than this, unpacked, ends early: a slot may come from six of 128 KiB. */
export const STEP_CHUNK_BYTES_MAX = 2 * MIB;
/** Bytes of a piece within which a range serves all chunks in it: patches of one backup are read far ahead, a little each. */
export const READ_AHEAD_BYTES = 128 * MIB;
/** Bytes read from packs and not decoded yet, for all restores of a process, and the number of restores they are meant for. */
export const READ_WINDOW_BYTES = 40 * MIB;
export const READ_CHANNELS = 2;
/** Slabs of memory that stay allocated: those of two restores. */
export const SLABS_KEPT_MAX = READ_CHANNELS * READ_STEPS_IN_FLIGHT;
/** Bytes that verifying reads and decodes at once. */
export const READ_BATCH_BYTES = 8 * MIB;
/** Decoded chunks kept for a stream that repeats itself. */
export const DECODED_BYTES_KEPT_MAX = 32 * MIB;
/** Requests of one session that check or read many small objects. */
export const REQUESTS_AT_ONCE = 16;
/** Packs asked for one by one, a few seconds; of more whole folders are listed, which costs a request for a thousand. */
export const PACKS_ASKED_ONE_BY_ONE_MAX = 4096;
/** Packs, or index segments, that verification holds in memory, with what is being opened of them. */
export const PACKS_VERIFIED_AT_ONCE = 2;
/** Bytes of pieces whose recipes are in memory at once while a vault is verified: about 100 MB of recipes. */
export const RECIPES_READ_PIECE_BYTES = 64 * 1024 * MIB;
/** Corrupt blocks of one piece that are told one by one; the rest is counted. */
export const CORRUPT_BLOCKS_TOLD_MAX = 100;
/** Recipes a collector has in memory at once; one that is larger is read alone. */
export const RECIPE_BYTES_AT_ONCE_MAX = 64 * MIB;
/** Packs one generation of the collector may delete, some 6 TiB: its records stay small; the next generation takes the rest. */
export const PACKS_PER_GENERATION_MAX = 200_000;
/** A writer that showed no life for so long is taken for dead. */
export const WRITER_SILENT_HOURS_MAX = 24;
/** Tombstones and marks of expired manifests stay this long: a writer that slept longer is not to be expected. */
export const TOMBSTONE_DAYS_MIN = 400;
/** Longest handle RMAN may use, bytes. */
export const HANDLE_BYTES_MAX = 511;

assert(
  SLOT_BYTES <= MAPPED_SLOT_BYTES && MAPPED_SLOT_BYTES <= CUT_BYTES && CUT_BYTES <= SEGMENT_BYTES / 2,
  'the unfinished chunk must leave room in the next segment',
);
assert(
  SEGMENT_BYTES < PACK_BYTES_MAX && CUT_BYTES <= CHUNK_BYTES_MAX,
  'a segment fits a pack, a cut fits a chunk',
);
