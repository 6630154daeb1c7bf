// The framed protocol between libobk.so (client) and the dedup-worker (server) over a Unix stream socket. Payloads are in payloads.ts; the
// C side is native/libobk/src/frame.h.
//
// A frame is a header of 12 bytes, little-endian { magic u16 0xAD17, version u8, type u8, length u32, sequence u32 }, and `length`
// bytes of payload, at most 4 MiB. Each direction numbers its frames 1, 2, … (stepping over 0).
//   client               server
//   HELLO                WELCOME            once, first
//   OPEN_WRITE           OPENED             then DATA* without answers, then CLOSE → CLOSED (durable) or ABORT → ABORTED
//   OPEN_READ            OPENED             then the server streams DATA* DATA_END; CLOSE → CLOSED or ABORT → ABORTED at any time
//   INFO REMOVE COMMAND  INFO_LIST REMOVED DONE
//   BYE                  (none)             the client leaves; anything open is discarded
//   FENCE                FENCED             instead of HELLO, by the agent: whoever presents this token is refused from now on
//   PROBE                PROBED             instead of HELLO, by the agent: the object store is tried before a backup relies on it
// The client has one question open at a time. ERROR { answers, sbtCode, text } answers a question in place of the frame above, or,
// with answers = 0, tells unasked that the open piece has failed; the server then discards DATA until CLOSE or ABORT.
// Whatever the object store does, the dedup-worker answers HELLO, OPEN, INFO and REMOVE within 4 min and CLOSE of a written piece within 30; the
// client waits a little longer.
// KEEPALIVE comes from the server every 10 s while it makes the client wait. A frame that breaks these rules ends the connection,
// with an unasked ERROR first. Back-pressure is the socket's: a receiver that is busy does not read.

const FRAME_MAGIC = 0xad17;
const FRAME_VERSION = 1;
export const FRAME_HEADER_BYTES = 12;

/** Largest payload: an SBT block travels as one frame, and 4 MiB is the largest BLKSIZE worth a buffer per channel. */
export const PAYLOAD_BYTES_MAX = 4 * 1024 * 1024;

export const FRAME_TYPES = {
  hello: 1,
  welcome: 2,
  openWrite: 3,
  openRead: 4,
  opened: 5,
  data: 6,
  dataEnd: 7,
  close: 8,
  closed: 9,
  abort: 10,
  aborted: 11,
  info: 12,
  infoList: 13,
  remove: 14,
  removed: 15,
  command: 16,
  done: 17,
  error: 18,
  keepAlive: 19,
  bye: 20,
  fence: 21,
  fenced: 22,
  probe: 23,
  probed: 24,
} as const;
export type FrameType = (typeof FRAME_TYPES)[keyof typeof FRAME_TYPES];

export interface FrameHeader {
  readonly type: FrameType;
  readonly length: number;
  readonly sequence: number;
}

export interface Frame extends FrameHeader {
  /** The whole payload, or the next bytes of one that comes in parts. Valid until the parser is asked for the next frame. */
  readonly payload: Uint8Array;
}

/** The other side broke the protocol; the connection cannot be used any more. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(FRAME_TYPES));

/** Sequence numbers step over 0, which stands for "no frame" where a payload names one. */
export function nextSequence(sequence: number): number {
  return sequence === 0xffffffff ? 1 : sequence + 1;
}

/** The 12 bytes before a payload of `length` bytes. */
export function encodeHeader(type: FrameType, length: number, sequence: number): Uint8Array {
  const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  header.writeUInt16LE(FRAME_MAGIC, 0);
  header.writeUInt8(FRAME_VERSION, 2);
  header.writeUInt8(type, 3);
  header.writeUInt32LE(length, 4);
  header.writeUInt32LE(sequence, 8);
  return header;
}

/**
 * Reads the 12 bytes at `offset` of `bytes`.
 * @throws FrameError for a wrong magic number or version, an unknown type, a payload over 4 MiB
 */
export function decodeHeader(bytes: Uint8Array, offset: number): FrameHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, FRAME_HEADER_BYTES);
  if (view.getUint16(0, true) !== FRAME_MAGIC) throw new FrameError('these bytes are not a frame');
  const version = view.getUint8(2);
  if (version !== FRAME_VERSION) {
    throw new FrameError(`protocol version ${version} is not supported, only ${FRAME_VERSION}`);
  }
  const type = view.getUint8(3);
  if (!isFrameType(type)) throw new FrameError(`frame type ${type} is unknown`);
  const length = view.getUint32(4, true);
  if (length > PAYLOAD_BYTES_MAX) throw new FrameError(`a payload of ${length} bytes is too long`);
  return { type, length, sequence: view.getUint32(8, true) };
}

function isFrameType(type: number): type is FrameType {
  return KNOWN_TYPES.has(type);
}
