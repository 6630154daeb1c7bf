// An index segment: which chunk lies where, sorted by id, in one object that is read in pieces. The bytes in the bucket and in a host's
// cache are the same.
//   segment := page* head footer
//   page    := AES-256-GCM(4080 bytes, what is not used being zero), tag                                              4096 bytes
//   head    := AES-256-GCM(zstd(JSON {v, chunks, packs, filterBits, first, last, replaces})), tag
//   footer  := segmentSalt[32] headLength u32 pages u32 crc32c u32 "ADYINDX1"
// Pages, in this order: chunks, 74 to a page, column by column; packs, 51 to a page; fences and filter.
// Every page has a tag of its own, so that a look-up reads and checks one page and no more.
// Losing a segment loses nothing: pack directories say the same.
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type CipherGCM,
  type KeyObject,
} from 'node:crypto';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { ID_BYTES, nonceOf, SALT_BYTES, TAG_BYTES } from '../compute/chunk-operations';
import { damaged, unsupported } from '../vault-error';
import { LOCATION_FIELDS } from './chunk-table';
import { crc32c } from './crc32c';
import { packObjectKey, type PackRef } from './pack';
import { ulidFromBytes, ulidToBytes } from './ulid-bytes';

const MAGIC = Buffer.from('ADYINDX1');
const HEAD_ORDINAL = 0xffffffff;
const HEAD_BYTES_MAX = 64 * 1024 * 1024;

export const PAGE_BYTES = 4096;
export const PAGE_BODY_BYTES = PAGE_BYTES - TAG_BYTES;
export const CHUNKS_PER_PAGE = 74;
const PACK_BYTES = 80;
const PACKS_PER_PAGE = PAGE_BODY_BYTES / PACK_BYTES;
export const FENCE_BYTES = 4;
const FOOTER_COVERED_BYTES = SALT_BYTES + 8;
export const FOOTER_BYTES = FOOTER_COVERED_BYTES + 4 + MAGIC.length;

/** Fields of a location that are u32 columns of a page; the others are u8 columns. */
const WIDE_FIELDS = 5;
const WIDE_BYTES = 4;
const WIDE_START = CHUNKS_PER_PAGE * ID_BYTES;
const NARROW_START = WIDE_START + WIDE_FIELDS * CHUNKS_PER_PAGE * WIDE_BYTES;

export interface SegmentHead {
  readonly v: 1;
  readonly chunks: number;
  readonly packs: number;
  readonly filterBits: number;
  /** First four bytes of the first and last id, as a big-endian number; 0 in a segment without chunks. */
  readonly first: number;
  readonly last: number;
  /** Names, `<n>-<sid>`, of the segments whose chunks this one and those written before it hold: readers ignore them. */
  readonly replaces: readonly string[];
}

export interface SegmentFooter {
  readonly salt: Buffer;
  readonly headLength: number;
  readonly pages: number;
}

/** Numbers of the pages where the parts of a segment begin. */
export interface SegmentLayout {
  readonly packs: number;
  readonly filter: number;
  readonly end: number;
}

export function layoutOf(head: Pick<SegmentHead, 'chunks' | 'packs' | 'filterBits'>): SegmentLayout {
  const packs = Math.ceil(head.chunks / CHUNKS_PER_PAGE);
  const filter = packs + Math.ceil(head.packs / PACKS_PER_PAGE);
  const filterBytes = packs * FENCE_BYTES + head.filterBits / 8;
  return { packs, filter, end: filter + Math.ceil(filterBytes / PAGE_BODY_BYTES) };
}

export function indexPrefixOf(dbKey: string): string {
  return `index/${dbKey}/`;
}

/** Seals and opens the parts of one segment. */
export class SegmentCipher {
  /** As a key object: Node takes ten times as long to begin with one that is bytes, and every page begins anew. */
  private readonly key: KeyObject;
  private readonly aad: Buffer;

  /** @param objectKey the name it has in the bucket: under another name it does not open */
  constructor(metaKey: Uint8Array, salt: Uint8Array, objectKey: string) {
    this.aad = Buffer.from(`adyton index 1 ${objectKey}`);
    this.key = createSecretKey(Buffer.from(hkdfSync('sha256', metaKey, salt, 'adyton index', 32)));
  }

  /** Writes the sealed page into `into`. */
  sealPage(ordinal: number, body: Uint8Array, into: Buffer): void {
    const cipher = this.cipherOf(ordinal);
    into.set(cipher.update(body), 0);
    cipher.final();
    into.set(cipher.getAuthTag(), PAGE_BODY_BYTES);
  }

  /** The page's body, or null when it is not what was written. */
  openPage(ordinal: number, sealed: Uint8Array): Buffer | null {
    const decipher = createDecipheriv('aes-256-gcm', this.key, nonceOf(ordinal))
      .setAAD(this.aad)
      .setAuthTag(sealed.subarray(-TAG_BYTES));
    const body = decipher.update(sealed.subarray(0, -TAG_BYTES));
    try {
      decipher.final();
      return body;
    } catch {
      return null; // a wrong tag says no more than that
    }
  }

  sealHead(head: SegmentHead): Buffer {
    const cipher = this.cipherOf(HEAD_ORDINAL);
    const packed = zstdCompressSync(Buffer.from(JSON.stringify(head)));
    return Buffer.concat([cipher.update(packed), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws VaultError damaged, unsupported-version */
  openHead(sealed: Uint8Array, objectKey: string): SegmentHead {
    const packed = sealed.length < TAG_BYTES ? null : this.openPage(HEAD_ORDINAL, sealed);
    if (packed === null) throw damaged(objectKey, 'altered');
    const json = zstdDecompressSync(packed, { maxOutputLength: HEAD_BYTES_MAX }).toString('utf8');
    const head = JSON.parse(json) as SegmentHead;
    if (head.v !== 1) throw unsupported(objectKey, head.v);
    return head;
  }

  private cipherOf(ordinal: number): CipherGCM {
    return createCipheriv('aes-256-gcm', this.key, nonceOf(ordinal)).setAAD(this.aad);
  }
}

export function encodeFooter({ salt, headLength, pages }: SegmentFooter): Buffer {
  const footer = Buffer.alloc(FOOTER_BYTES);
  salt.copy(footer, 0);
  footer.writeUInt32LE(headLength, SALT_BYTES);
  footer.writeUInt32LE(pages, SALT_BYTES + 4);
  footer.writeUInt32LE(crc32c(footer.subarray(0, FOOTER_COVERED_BYTES)), FOOTER_COVERED_BYTES);
  MAGIC.copy(footer, FOOTER_COVERED_BYTES + 4);
  return footer;
}

/** @param size bytes of the whole segment @throws VaultError damaged */
export function parseFooter(footer: Buffer, size: number, objectKey: string): SegmentFooter {
  const whole =
    footer.length === FOOTER_BYTES &&
    footer.subarray(FOOTER_COVERED_BYTES + 4).equals(MAGIC) &&
    footer.readUInt32LE(FOOTER_COVERED_BYTES) === crc32c(footer.subarray(0, FOOTER_COVERED_BYTES));
  if (!whole) throw damaged(objectKey, 'truncated');
  const headLength = footer.readUInt32LE(SALT_BYTES);
  const pages = footer.readUInt32LE(SALT_BYTES + 4);
  if (pages * PAGE_BYTES + headLength + FOOTER_BYTES !== size) throw damaged(objectKey, 'truncated');
  return { salt: Buffer.from(footer.subarray(0, SALT_BYTES)), headLength, pages };
}

/** @param field other than the first a column of `LOCATION` @returns the number in a page of chunks */
export function fieldAt(page: Buffer, row: number, field: number): number {
  return field < WIDE_FIELDS
    ? page.readUInt32LE(WIDE_START + (field * CHUNKS_PER_PAGE + row) * WIDE_BYTES)
    : (page[NARROW_START + (field - WIDE_FIELDS) * CHUNKS_PER_PAGE + row] ?? 0);
}

export function setFieldAt(page: Buffer, row: number, field: number, value: number): void {
  if (field < WIDE_FIELDS)
    page.writeUInt32LE(value, WIDE_START + (field * CHUNKS_PER_PAGE + row) * WIDE_BYTES);
  else page[NARROW_START + (field - WIDE_FIELDS) * CHUNKS_PER_PAGE + row] = value;
}

export function locationIn(page: Buffer, row: number): Uint32Array {
  const location = new Uint32Array(LOCATION_FIELDS);
  for (let field = 0; field < LOCATION_FIELDS; field += 1) location[field] = fieldAt(page, row, field);
  return location;
}

/** Bodies of the pages that list these packs. */
export function* packPages(packs: readonly PackRef[]): Generator<Buffer> {
  for (let from = 0; from < packs.length; from += PACKS_PER_PAGE) {
    const page = Buffer.alloc(PAGE_BODY_BYTES);
    packs.slice(from, from + PACKS_PER_PAGE).forEach(({ packId, sid, salt }, i) => {
      page.write(packId, i * PACK_BYTES, 'hex');
      ulidToBytes(sid).copy(page, i * PACK_BYTES + 32);
      salt.copy(page, i * PACK_BYTES + 48);
    });
    yield page;
  }
}

/** Where a pack stands: its page among the pages of packs, and its place in it. */
export function packPlace(pack: number): { readonly page: number; readonly at: number } {
  const page = Math.floor(pack / PACKS_PER_PAGE);
  return { page, at: pack - page * PACKS_PER_PAGE };
}

export function packIn(page: Buffer, at: number): PackRef {
  const row = page.subarray(at * PACK_BYTES, (at + 1) * PACK_BYTES);
  return {
    packId: row.toString('hex', 0, 32),
    sid: ulidFromBytes(row.subarray(32, 48)),
    salt: Buffer.from(row.subarray(48)),
  };
}

/** Names of the packs of some pages, in order. @param count packs of the whole segment */
export function packKeysIn(pages: readonly Buffer[], count: number): string[] {
  return Array.from({ length: count }, (_, pack) => {
    const { page, at } = packPlace(pack);
    return packObjectKey(packIn(pages[page] ?? Buffer.alloc(PAGE_BODY_BYTES), at));
  });
}
