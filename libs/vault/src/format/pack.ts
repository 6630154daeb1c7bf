// One pack: many chunks in one object, named by the hash of its bytes.
//   pack      := "ADYPACK1" ver u8 kind u8 flags u16 packSalt[32] sid[16] frame* directory footer
//   frame     := "ADYF" ordinal u32 clen u32 ciphertext[clen] tag[16]
//   directory := AES-256-GCM(zstd(entry*)) tag[16], nonce = ordinal 0xffffffff
//   entry     := chunkId[32] kind u8 comp u8 flags u8 units u8 off u32 clen u32 ulen u32
//   footer    := dirOff u32 dirLen u32 n u32 crc32c u32 "ADYEND01"
// Numbers are little-endian. The directory is only needed to rebuild an index; recipes say where their chunks lie.
import { createCipheriv, createDecipheriv } from 'node:crypto';
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
import { bufferOver } from '../compute/buffer-over';
import { CUT_FIELDS } from '../chunking/cut-stream';
import { damaged, unsupported } from '../vault-error';
import { crc32c } from './crc32c';
import { ulidToBytes } from './ulid-bytes';

const MAGIC = Buffer.from('ADYPACK1');
const END_MAGIC = Buffer.from('ADYEND01');
const VERSION = 1;
/** Metadata: parts of block maps. */
export const PACK_KINDS = { data: 1, metadata: 2 } as const;
export type PackKind = (typeof PACK_KINDS)[keyof typeof PACK_KINDS];
export const PACK_HEADER_BYTES = MAGIC.length + 4 + SALT_BYTES + 16;
export const FOOTER_BYTES = 16 + END_MAGIC.length;
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

/** A pack that is being filled, in a buffer that is handed in and is large enough; threads write the frames. */
export class OpenPack {
  private length = 0;
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

  /** Where the next frames go. */
  get room(): Uint8Array {
    return this.buffer.subarray(this.length);
  }

  /** Takes frames that were sealed into `room`. @returns the offset of each frame inside the pack. */
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
    this.length += sealed.bytes;
    return offsets;
  }

  /** Writes directory and footer. @returns the whole pack, a view of the buffer */
  seal(): Buffer {
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
    return this.buffer.subarray(0, this.length);
  }

  /** @param packId sha256 of the sealed pack, hex */
  ref(packId: string): PackRef {
    return { packId, sid: this.sid, salt: bufferOver(this.context.packSalt) }; // a copy of 32 bytes would keep 64 KiB of Node's pool
  }

  private append(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.buffer.length)
      throw new Error(`invariant: a pack of ${this.length} bytes has no room for ${bytes.length} more`);
    this.buffer.set(bytes, this.length);
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

export interface PackFooter {
  readonly directoryOffset: number;
  readonly directoryBytes: number;
  readonly entries: number;
}

/** @param footer the last FOOTER_BYTES of a pack. @throws VaultError damaged when it is none, or one of a pack of another size */
export function readPackFooter(footer: Buffer, packBytes: number, objectKey: string): PackFooter {
  if (!footer.subarray(16).equals(END_MAGIC) || footer.readUInt32LE(12) !== crc32c(footer.subarray(0, 12)))
    throw damaged(objectKey, 'truncated');
  const [directoryOffset, directoryBytes] = [footer.readUInt32LE(0), footer.readUInt32LE(4)];
  if (directoryOffset + directoryBytes + FOOTER_BYTES !== packBytes) throw damaged(objectKey, 'altered');
  return { directoryOffset, directoryBytes, entries: footer.readUInt32LE(8) };
}

/** What the header of a pack says. @param bytes at least PACK_HEADER_BYTES @throws VaultError damaged, unsupported-version */
export function readPackHeader(
  bytes: Buffer,
  objectKey: string,
): { readonly kind: number; readonly sid: Buffer; readonly salt: Buffer } {
  if (bytes.length < PACK_HEADER_BYTES) throw damaged(objectKey, 'truncated');
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged(objectKey, 'altered');
  if (bytes[MAGIC.length] !== VERSION) throw unsupported(objectKey, bytes[MAGIC.length]);
  const saltAt = MAGIC.length + 4;
  return {
    kind: bytes.readUInt8(MAGIC.length + 1),
    salt: bytes.subarray(saltAt, saltAt + SALT_BYTES),
    sid: bytes.subarray(saltAt + SALT_BYTES, PACK_HEADER_BYTES),
  };
}

/** The directory of a whole pack, checked. @throws VaultError damaged, unsupported-version */
export function readPackDirectory(
  bytes: Buffer,
  keys: { readonly encKey: Uint8Array; readonly vaultId: string },
  objectKey: string,
): DirectoryEntry[] {
  if (bytes.length < PACK_HEADER_BYTES + FOOTER_BYTES) throw damaged(objectKey, 'truncated');
  const { salt } = readPackHeader(bytes, objectKey);
  const { directoryOffset, directoryBytes, entries } = readPackFooter(
    bytes.subarray(-FOOTER_BYTES),
    bytes.length,
    objectKey,
  );
  const sealed = bytes.subarray(directoryOffset, directoryOffset + directoryBytes);
  return openPackDirectory(sealed, { ...keys, packSalt: salt, entries, objectKey });
}

/** @param sealed the directory's bytes @throws VaultError damaged, also when the pack is another database's */
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
