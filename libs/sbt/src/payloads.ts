// Payloads of the frames, decoded and encoded. Numbers are little-endian; a string is its length in bytes (u16) and UTF-8.
// Whatever does not fit exactly is refused: a payload comes from our own library or from somebody who plays with the socket.
import { FrameError } from './frame';
import { ERROR_TEXT_BYTES_MAX, SBT_CODES, SbtFailure } from './sbt-failure';
import { type PieceInfo, type PieceReceipt, type PieceToOpen, type SbtHello } from './sbt-session';
import { type StoreFindings } from './store-findings';

/** Bytes of a handle; Oracle's limit is 512 with the terminating NUL. */
const HANDLE_BYTES_MAX = 511;
/** Names in one INFO or REMOVE; the library sends 200 at most, so that each is answered within its time limit. */
const NAMES_MAX = 1000;
/** A token; what the library reads of its file. */
const TOKEN_BYTES_MAX = 1024;
/** What sbtinfo2 can hand to Oracle, without the terminating NUL. */
const LABEL_BYTES_MAX = 63;
const COMMENT_BYTES_MAX = 79;

const utf8 = new TextDecoder('utf-8', { fatal: true });

class PayloadReader {
  private at = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u32(): number {
    return this.view.getUint32(this.claim(4), true);
  }

  i32(): number {
    return this.view.getInt32(this.claim(4), true);
  }

  u64(): bigint {
    return this.view.getBigUint64(this.claim(8), true);
  }

  string(): string {
    const length = this.view.getUint16(this.claim(2), true);
    const at = this.claim(length);
    try {
      return utf8.decode(this.bytes.subarray(at, at + length));
    } catch (error) {
      const text =
        'ADY_SBT_TEXT_NOT_UTF8: a name or text is not UTF-8 | HINT: use ASCII in FORMAT, TAG and SEND';
      throw new SbtFailure(SBT_CODES.failed, text, { cause: error });
    }
  }

  handle(): string {
    const handle = this.string();
    const bytes = Buffer.byteLength(handle);
    if (bytes < 1 || bytes > HANDLE_BYTES_MAX) throw new FrameError(`a handle of ${bytes} bytes`);
    return handle;
  }

  handles(): string[] {
    const count = this.u32();
    if (count > NAMES_MAX) throw new FrameError(`${count} names in one frame`);
    return Array.from({ length: count }, () => this.handle());
  }

  end(): void {
    if (this.at !== this.bytes.length)
      throw new FrameError(`${this.bytes.length - this.at} bytes too many in a payload`);
  }

  private claim(bytes: number): number {
    if (this.bytes.length - this.at < bytes) throw new FrameError('a payload ends too early');
    this.at += bytes;
    return this.at - bytes;
  }
}

/** Reads a whole payload with `read`; what is left over is an error. */
function decode<T>(payload: Uint8Array, read: (reader: PayloadReader) => T): T {
  const reader = new PayloadReader(payload);
  const value = read(reader);
  reader.end();
  return value;
}

export function decodeHello(payload: Uint8Array): SbtHello {
  return decode(payload, (r) => ({
    pid: r.u32(),
    runId: r.string(),
    token: r.string(),
    channel: r.string(),
    libraryVersion: r.string(),
  }));
}

/** The token that is fenced. */
export function decodeFence(payload: Uint8Array): string {
  return decode(payload, (r) => r.string());
}

export function encodeFence(token: string): Uint8Array {
  return text(token, TOKEN_BYTES_MAX);
}

export function decodeOpenWrite(payload: Uint8Array): PieceToOpen {
  return decode(payload, (r) => ({
    blockBytes: r.u32(),
    copyNumber: r.u32(),
    dbid: r.u64().toString(),
    databaseName: r.string(),
    handle: r.handle(),
  }));
}

export function decodeOpenRead(payload: Uint8Array): { handle: string; blockBytes: number } {
  return decode(payload, (r) => ({ blockBytes: r.u32(), handle: r.handle() }));
}

export function decodeHandles(payload: Uint8Array): string[] {
  return decode(payload, (r) => r.handles());
}

export function decodeCommand(payload: Uint8Array): string {
  return decode(payload, (r) => r.string());
}

function u32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

/** At most `bytesMax` bytes of text, cut between characters. */
function text(value: string, bytesMax: number): Buffer {
  let bytes = Buffer.from(value, 'utf8');
  if (bytes.length > bytesMax) {
    let cut = bytesMax;
    while (cut > 0 && ((bytes[cut] ?? 0) & 0xc0) === 0x80) cut--;
    bytes = bytes.subarray(0, cut);
  }
  const length = Buffer.allocUnsafe(2);
  length.writeUInt16LE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Stands for a store that tells no time. */
const NO_SKEW = -0x80000000;
const STORE_NAME_BYTES_MAX = 1024;

export function encodeProbed({ storeName, isDeleted, skewSeconds }: StoreFindings): Uint8Array {
  const skew = Buffer.allocUnsafe(4);
  skew.writeInt32LE(skewSeconds ?? NO_SKEW);
  return Buffer.concat([u32(isDeleted ? 1 : 0), skew, text(storeName, STORE_NAME_BYTES_MAX)]);
}

export function decodeProbed(payload: Uint8Array): StoreFindings {
  return decode(payload, (r) => {
    const isDeleted = r.u32() === 1;
    const skew = r.i32();
    return { isDeleted, skewSeconds: skew === NO_SKEW ? null : skew, storeName: r.string() };
  });
}

/** The text of an ERROR. */
export function decodeError(payload: Uint8Array): string {
  return decode(payload, (r) => {
    r.u32(); // the question it answers
    r.u32(); // the SBT code
    return r.string();
  });
}

/** @param answers the sequence number of the question, 0 when nobody asked */
export function encodeError(answers: number, failure: SbtFailure): Uint8Array {
  return Buffer.concat([u32(answers), u32(failure.sbtCode), text(failure.message, ERROR_TEXT_BYTES_MAX)]);
}

export function encodeReceipt(receipt: PieceReceipt): Uint8Array {
  return Buffer.concat([text(receipt.label, LABEL_BYTES_MAX), text(receipt.comment, COMMENT_BYTES_MAX)]);
}

/**
 * The answer to INFO: one entry per asked handle, in the same order.
 * @throws Error when the session answered about other pieces, or without a label (RMAN would record a piece without media)
 */
export function encodeInfoList(handles: readonly string[], infos: readonly PieceInfo[]): Uint8Array {
  if (infos.length !== handles.length)
    throw new Error(`${infos.length} answers about ${handles.length} pieces`);
  const parts: Uint8Array[] = [u32(infos.length)];
  infos.forEach((info, i) => {
    if (info.handle !== handles[i]) throw new Error(`an answer about ${info.handle}, not ${handles[i]}`);
    if (!info.found) {
      parts.push(Buffer.of(0));
      return;
    }
    if (info.label === '') throw new Error(`piece ${info.handle} has no label`);
    parts.push(Buffer.of(1), u64(info.createdAtSeconds), u64(info.bytes), encodeReceipt(info));
  });
  return Buffer.concat(parts);
}
