/** Frames on the instance's Unix socket: 4 bytes of length (little-endian), then JSON. Control files make them large. */
import { type OperationName } from './instance-port';

/** Largest frame, both ways: a control file with all its record sections full fits. */
const FRAME_BYTES_MAX = 64 * 1024 * 1024;
const LENGTH_BYTES = 4;

export interface IpcRequest {
  id: number;
  op: OperationName;
  args: unknown;
}

export type IpcResponse =
  | { id: number; ok: true; result: unknown }
  | { id: number; ok: false; error: { ora: number; text: string } }
  /** Unasked for: a session of this connection was killed. */
  | { event: 'session-killed'; sid: number; serial: number };

/** The other side does not keep to the frame format: the connection is of no use any more. */
class FrameError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'FrameError';
  }
}

/** One message as a frame. Throws FrameError when it is too long. */
export function encodeFrame(message: IpcRequest | IpcResponse): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  if (body.length > FRAME_BYTES_MAX) throw new FrameError(`frame of ${body.length} bytes`);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(body.length);
  return Buffer.concat([length, body]);
}

/** Puts frames together from what the socket delivers. */
export class FrameReader {
  private parts: Buffer[] = [];
  private bytes = 0;

  /** Takes a piece of the stream and answers the messages that are now complete. Throws FrameError. */
  push(chunk: Buffer): unknown[] {
    this.parts.push(chunk);
    this.bytes += chunk.length;
    const messages: unknown[] = [];
    for (;;) {
      const body = this.take();
      if (body === undefined) return messages;
      messages.push(parseBody(body));
    }
  }

  private take(): Buffer | undefined {
    if (this.bytes < LENGTH_BYTES) return undefined;
    const wanted = this.frameLength();
    if (wanted > FRAME_BYTES_MAX) throw new FrameError(`frame of ${wanted} bytes`);
    if (this.bytes < LENGTH_BYTES + wanted) return undefined;
    const all = this.joined();
    const rest = all.subarray(LENGTH_BYTES + wanted);
    this.parts = rest.length === 0 ? [] : [rest];
    this.bytes = rest.length;
    return all.subarray(LENGTH_BYTES, LENGTH_BYTES + wanted);
  }

  /** Joins only when the length itself is split, so that a long frame is not copied with every piece. */
  private frameLength(): number {
    const first = this.parts[0] as Buffer;
    return (first.length >= LENGTH_BYTES ? first : this.joined()).readUInt32LE(0);
  }

  private joined(): Buffer {
    const all = this.parts.length === 1 ? (this.parts[0] as Buffer) : Buffer.concat(this.parts, this.bytes);
    this.parts = [all];
    return all;
  }
}

function parseBody(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw new FrameError('frame is not JSON');
  }
}
