// One pack: many chunks in one object, named by the hash of its bytes.
//   pack      := "ADYPACK1" ver u8 kind u8 flags u16 packSalt[32] sid[16] frame* directory footer
//   frame     := "ADYF" ordinal u32 clen u32 ciphertext[clen] tag[16]
//   directory := AES-256-GCM(zstd(entry*)) tag[16], nonce = ordinal 0xffffffff
//   entry     := chunkId[32] kind u8 comp u8 flags u8 units u8 off u32 clen u32 ulen u32
//   footer    := dirOff u32 dirLen u32 n u32 crc32c u32 "ADYEND01"
// Numbers are little-endian. The directory is only needed to rebuild an index; recipes say where their chunks lie.
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import {
  FACT_FIELDS,
  FRAME_HEADER_BYTES,
  ID_BYTES,
  nonceOf,
  packKeyOf,
  SALT_BYTES,
  TAG_BYTES,
  type PackContext,
  type SealedChunks,
} from '../compute/chunk-operations';
import { CUT_FIELDS } from '../chunking/cut-stream';
import { damaged } from '../vault-error';
import { crc32c } from './crc32c';
import { ulidToBytes } from './ulid-bytes';

const MAGIC = Buffer.from('ADYPACK1');
const END_MAGIC = Buffer.from('ADYEND01');
const VERSION = 1;
/** Metadata: parts of block maps. */
export const PACK_KINDS = { data: 1, metadata: 2 } as const;
export type PackKind = (typeof PACK_KINDS)[keyof typeof PACK_KINDS];
export const PACK_HEADER_BYTES = MAGIC.length + 4 + SALT_BYTES + 16;
const FOOTER_BYTES = 16 + END_MAGIC.length;
const ENTRY_BYTES = ID_BYTES + 4 + 12;
const DIRECTORY_ORDINAL = 0xffffffff;
/** A directory of a pack full of the smallest chunks stays far below. */
const DIRECTORY_BYTES_MAX = 64 * 1024 * 1024;

export interface PackRef {
  /** sha256 of the pack's bytes, hex. */
  readonly packId: string;
  readonly sid: string;
  readonly salt: Buffer;
}

export function packObjectKey(pack: { readonly packId: string; readonly sid: string }): string {
  return `pack/${pack.packId.slice(0, 2)}/${pack.packId}-${pack.sid}`;
}

/** A pack that is being filled, in a buffer that is handed in and is large enough. */
export class OpenPack {
  private length = 0;
  private readonly hash = createHash('sha256');
  private readonly entries: Buffer[] = [];
  private frameCount = 0;

  constructor(
    private readonly buffer: Buffer,
    readonly context: PackContext,
    readonly sid: string,
    kind: PackKind,
  ) {
    const header = Buffer.alloc(PACK_HEADER_BYTES);
    MAGIC.copy(header, 0);
    header.writeUInt8(VERSION, 8);
    header.writeUInt8(kind, 9);
    Buffer.from(context.packSalt).copy(header, 12);
    ulidToBytes(sid).copy(header, 12 + SALT_BYTES);
    this.append(header);
  }

  get bytes(): number {
    return this.length;
  }
  get nextOrdinal(): number {
    return this.frameCount;
  }

  /** Takes sealed frames. @returns the offset of each frame inside the pack. */
  add(sealed: SealedChunks, cuts: Uint32Array, ids: Uint8Array): Uint32Array {
    const count = cuts.length / CUT_FIELDS;
    const offsets = new Uint32Array(count);
    const entries = Buffer.alloc(count * ENTRY_BYTES);
    let offset = this.length;
    for (let i = 0; i < count; i += 1) {
      const [clen = 0, compression = 0] = sealed.facts.subarray(i * FACT_FIELDS, (i + 1) * FACT_FIELDS);
      offsets[i] = offset;
      const at = i * ENTRY_BYTES;
      entries.set(ids.subarray(i * ID_BYTES, (i + 1) * ID_BYTES), at);
      entries.writeUInt8(cuts[i * CUT_FIELDS + 2] ?? 0, at + 32);
      entries.writeUInt8(compression, at + 33);
      entries.writeUInt8(cuts[i * CUT_FIELDS + 3] ?? 0, at + 35);
      entries.writeUInt32LE(offset, at + 36);
      entries.writeUInt32LE(clen, at + 40);
      entries.writeUInt32LE(cuts[i * CUT_FIELDS + 1] ?? 0, at + 44);
      offset += FRAME_HEADER_BYTES + clen + TAG_BYTES;
    }
    this.entries.push(entries);
    this.frameCount += count;
    this.append(sealed.frames);
    return offsets;
  }

  /** Writes directory and footer. @returns the whole pack (a view of the buffer) and its name. */
  seal(): { readonly bytes: Buffer; readonly pack: PackRef } {
    const cipher = createCipheriv('aes-256-gcm', packKeyOf(this.context), nonceOf(DIRECTORY_ORDINAL)).setAAD(
      directoryAad(this.context),
    );
    const body = zstdCompressSync(Buffer.concat(this.entries));
    const directory = Buffer.concat([cipher.update(body), cipher.final(), cipher.getAuthTag()]);
    const footer = Buffer.alloc(FOOTER_BYTES);
    footer.writeUInt32LE(this.length, 0);
    footer.writeUInt32LE(directory.length, 4);
    footer.writeUInt32LE(this.frameCount, 8);
    footer.writeUInt32LE(crc32c(footer.subarray(0, 12)), 12);
    END_MAGIC.copy(footer, 16);
    this.append(directory);
    this.append(footer);
    return {
      bytes: this.buffer.subarray(0, this.length),
      pack: { packId: this.hash.digest('hex'), sid: this.sid, salt: Buffer.from(this.context.packSalt) },
    };
  }

  private append(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.buffer.length)
      throw new Error(`invariant: a pack of ${this.length} bytes has no room for ${bytes.length} more`);
    this.buffer.set(bytes, this.length);
    this.hash.update(bytes);
    this.length += bytes.length;
  }
}

export interface DirectoryEntry {
  readonly chunkId: Buffer;
  readonly kind: number;
  readonly compression: number;
  readonly units: number;
  readonly offset: number;
  readonly clen: number;
  readonly ulen: number;
}

/** The directory of a whole pack, checked. @throws VaultError damaged */
export function readPackDirectory(
  bytes: Buffer,
  keys: { readonly encKey: Uint8Array; readonly vaultId: string },
  objectKey: string,
): DirectoryEntry[] {
  const { salt } = parsePackHeader(bytes.subarray(0, PACK_HEADER_BYTES), objectKey);
  const place = parsePackFooter(bytes, { size: bytes.length, objectKey });
  const sealed = bytes.subarray(place.offset, place.offset + place.length);
  return openPackDirectory(sealed, { ...keys, packSalt: salt, entries: place.entries, objectKey });
}

/** @param header the first PACK_HEADER_BYTES of a pack @throws VaultError damaged */
export function parsePackHeader(
  header: Buffer,
  objectKey: string,
): { readonly kind: number; readonly salt: Buffer } {
  if (header.length < PACK_HEADER_BYTES) throw damaged(objectKey, 'truncated');
  if (!header.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged(objectKey, 'altered');
  return { kind: header.readUInt8(9), salt: Buffer.from(header.subarray(12, 12 + SALT_BYTES)) };
}

/** Where a pack's directory lies. @param tail the last bytes of the pack, at least its footer @throws VaultError damaged */
export function parsePackFooter(
  tail: Buffer,
  { size, objectKey }: { readonly size: number; readonly objectKey: string },
): { readonly offset: number; readonly length: number; readonly entries: number } {
  if (tail.length < FOOTER_BYTES) throw damaged(objectKey, 'truncated');
  const footer = tail.subarray(-FOOTER_BYTES);
  if (!footer.subarray(16).equals(END_MAGIC) || footer.readUInt32LE(12) !== crc32c(footer.subarray(0, 12)))
    throw damaged(objectKey, 'truncated');
  const [offset, length, entries] = [footer.readUInt32LE(0), footer.readUInt32LE(4), footer.readUInt32LE(8)];
  if (offset + length + FOOTER_BYTES !== size) throw damaged(objectKey, 'altered');
  return { offset, length, entries };
}

/** @throws VaultError damaged, also when the pack is another database's */
export function openPackDirectory(
  sealed: Buffer,
  { objectKey, entries, ...context }: PackContext & { readonly objectKey: string; readonly entries: number },
): DirectoryEntry[] {
  const bytes = unsealDirectory(sealed, context);
  if (bytes === null || bytes.length !== entries * ENTRY_BYTES) throw damaged(objectKey, 'altered');
  return Array.from({ length: entries }, (_, i) => entryAt(bytes, i * ENTRY_BYTES));
}

function unsealDirectory(sealed: Buffer, context: PackContext): Buffer | null {
  try {
    const decipher = createDecipheriv('aes-256-gcm', packKeyOf(context), nonceOf(DIRECTORY_ORDINAL))
      .setAAD(directoryAad(context))
      .setAuthTag(sealed.subarray(-TAG_BYTES));
    return zstdDecompressSync(
      Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]),
      { maxOutputLength: DIRECTORY_BYTES_MAX },
    );
  } catch {
    return null; // a wrong tag says no more than that
  }
}

function entryAt(entries: Buffer, at: number): DirectoryEntry {
  return {
    chunkId: entries.subarray(at, at + ID_BYTES),
    kind: entries.readUInt8(at + 32),
    compression: entries.readUInt8(at + 33),
    units: entries.readUInt8(at + 35),
    offset: entries.readUInt32LE(at + 36),
    clen: entries.readUInt32LE(at + 40),
    ulen: entries.readUInt32LE(at + 44),
  };
}

function directoryAad(context: PackContext): Buffer {
  return Buffer.concat([Buffer.from(`adyton directory ${context.vaultId}`), context.packSalt]);
}
