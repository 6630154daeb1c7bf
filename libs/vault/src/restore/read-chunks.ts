// Chunks of one pack, read with one request, decrypted and checked. Damage is an error that names the object, never a wrong byte.
import { ObjectStoreError, type ObjectStore } from '@adyton/object-store';
import { FRAME_HEADER_BYTES, ID_BYTES, OPEN_FIELDS, TAG_BYTES } from '../compute/chunk-operations';
import { type Compute } from '../compute/compute';
import { type DatabaseKeys } from '../crypto/database-keys';
import { LOCATION } from '../format/chunk-table';
import { packObjectKey, type PackRef } from '../format/pack';
import { damaged } from '../vault-error';

export interface ChunkSource {
  readonly store: ObjectStore;
  readonly vaultId: string;
  readonly keys: DatabaseKeys;
  readonly compute: Compute;
}

export interface WantedChunk {
  readonly id: Uint8Array;
  /** As in a recipe. */
  readonly location: Uint32Array;
}

/** Where the chunk's frame ends in its pack. */
export function frameEnd(location: Uint32Array): number {
  return (location[LOCATION.offset] ?? 0) + FRAME_HEADER_BYTES + (location[LOCATION.clen] ?? 0) + TAG_BYTES;
}

/** What a thread must know to open the chunk's frame. @param at where the frame lies among the bytes the thread is given */
export function frameToOpen(location: Uint32Array, at: number): number[] {
  const { clen, length, ordinal, kind, compression, units } = LOCATION;
  return [at, ...[clen, length, ordinal, kind, compression, units].map((field) => location[field] ?? 0)];
}

/**
 * @param wanted chunks of the pack, by offset
 * @param handle the piece they are read for
 * @returns the chunks in the order asked for, views of one buffer
 * @throws VaultError damaged; ObjectStoreError
 */
export async function readChunks(
  source: ChunkSource,
  pack: PackRef,
  wanted: readonly WantedChunk[],
  handle?: string,
): Promise<Uint8Array[]> {
  const objectKey = packObjectKey(pack);
  const start = wanted[0]?.location[LOCATION.offset] ?? 0;
  const end = Math.max(...wanted.map(({ location }) => frameEnd(location)));
  const bytes = await readRange(source.store, objectKey, { start, end, handle });
  const frames = new Uint32Array(wanted.length * OPEN_FIELDS);
  const ids = Buffer.alloc(wanted.length * ID_BYTES);
  wanted.forEach(({ id, location }, i) => {
    frames.set(frameToOpen(location, (location[LOCATION.offset] ?? 0) - start), i * OPEN_FIELDS);
    ids.set(id, i * ID_BYTES);
  });
  const { keys, vaultId, compute } = source;
  const context = { encKey: keys.encKey, idKey: keys.idKey, vaultId, packSalt: pack.salt };
  const opened = await compute.open({ ...context, bytes, frames, ids });
  if (opened.kind === 'altered') throw damaged(objectKey, 'altered', handle);
  let at = 0;
  return wanted.map(({ location }) => opened.bytes.subarray(at, (at += location[LOCATION.length] ?? 0)));
}

/** @throws VaultError damaged: the pack is gone or too short; ObjectStoreError */
export async function readRange(
  store: ObjectStore,
  objectKey: string,
  {
    start,
    end,
    handle,
  }: { readonly start: number; readonly end: number; readonly handle: string | undefined },
): Promise<Uint8Array> {
  try {
    const bytes = await store.get(objectKey, { offset: start, length: end - start });
    if (bytes === null) throw damaged(objectKey, 'missing', handle);
    return bytes;
  } catch (error) {
    if (error instanceof ObjectStoreError && error.kind === 'out-of-range')
      throw damaged(objectKey, 'truncated', handle);
    throw error;
  }
}
