// Content-defined cuts (FastCDC) of streams whose content nobody recognises: bytes that are inserted or removed move the cuts with them.
// The table is keyed, so that the lengths of chunks tell nothing about known content. Part of how a vault deduplicates, not of its format:
// a reader needs none of it.
import { hkdfSync } from 'node:crypto';
import { CDC_BYTES_MAX, CDC_BYTES_MIN, CDC_BYTES_NORMAL } from '../limits';

/** 256 numbers, one for each byte. */
export type GearTable = Uint32Array;

/** The hash holds the last 32 bytes; its highest bits mix them best. 19 of them below the normal size and 15 above it give that size. */
const MASK_BELOW_NORMAL = 0xffffe000 | 0;
const MASK_ABOVE_NORMAL = 0xfffe0000 | 0;
const HASHED_BYTES = 32;

export function gearTableOf(gearKey: Uint8Array): GearTable {
  return new Uint32Array(hkdfSync('sha256', gearKey, '', 'adyton gear', 1024));
}

/**
 * Where the chunk that begins at `open` ends, if it does before `to`; otherwise -1. Asked again with later bytes it goes on from `from`.
 * @param state the hash so far; belongs to one chunk
 */
export function findCut(
  bytes: Uint8Array,
  { open, from, to }: { readonly open: number; readonly from: number; readonly to: number },
  table: GearTable,
  state: { hash: number },
): number {
  let { hash } = state;
  const normal = open + CDC_BYTES_NORMAL;
  const end = Math.min(to, open + CDC_BYTES_MAX);
  let at = Math.max(from, open + CDC_BYTES_MIN - HASHED_BYTES);
  for (; at < end; at += 1) {
    hash = ((hash << 1) + (table[bytes[at] ?? 0] ?? 0)) | 0;
    if (
      (hash & (at < normal ? MASK_BELOW_NORMAL : MASK_ABOVE_NORMAL)) === 0 &&
      at + 1 >= open + CDC_BYTES_MIN
    )
      return at + 1;
  }
  state.hash = hash;
  return end === open + CDC_BYTES_MAX && end <= to ? end : -1;
}
