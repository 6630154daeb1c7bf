// For specs only: the client's side of the socket, frame by frame, so that a spec can say exactly what a library, or somebody who
// pretends to be one, would send.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encodeHeader, type Frame, FRAME_TYPES, type FrameType, nextSequence } from '../frame';
import { FrameParser } from '../frame-parser';

/** A string as payloads carry it. */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  const length = Buffer.alloc(2);
  length.writeUInt16LE(bytes.length);
  return Buffer.concat([length, bytes]);
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function helloPayload(token = 'good', runId = 'run-1'): Buffer {
  return Buffer.concat([u32(4711), text(runId), text(token), text('c1'), text('0.0.0')]);
}

export function openWritePayload(handle: string, blockBytes: number): Buffer {
  const dbid = Buffer.alloc(8);
  dbid.writeBigUInt64LE(3_456_789_012n);
  return Buffer.concat([u32(blockBytes), u32(1), dbid, text('PROD'), text(handle)]);
}

export function namesPayload(...handles: string[]): Buffer {
  return Buffer.concat([u32(handles.length), ...handles.map(text)]);
}

/** What an ERROR frame says. */
export function errorOf(frame: Frame): { answers: number; sbtCode: number; text: string } {
  const bytes = Buffer.from(frame.payload);
  return {
    answers: bytes.readUInt32LE(0),
    sbtCode: bytes.readUInt32LE(4),
    text: bytes.subarray(10).toString('utf8'),
  };
}

export class RawClient {
  sequence = 0;
  private readonly frames: Frame[] = [];
  private waiting: (() => void) | null = null;

  private constructor(readonly socket: Socket) {
    const parser = new FrameParser(() => undefined);
    socket.on('data', (chunk: Buffer) => {
      parser.push(chunk);
      for (let frame = parser.next(); frame !== null; frame = parser.next()) {
        this.frames.push({ ...frame, payload: Uint8Array.from(frame.payload) });
      }
      this.waiting?.();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => this.waiting?.());
  }

  static async connect(path: string): Promise<RawClient> {
    const socket = connect(path);
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Connected and welcomed. */
  static async greeted(path: string): Promise<RawClient> {
    const client = await RawClient.connect(path);
    client.send(FRAME_TYPES.hello, helloPayload());
    await client.expect(FRAME_TYPES.welcome);
    return client;
  }

  send(type: FrameType, payload: Uint8Array = Buffer.alloc(0)): void {
    this.sequence = nextSequence(this.sequence);
    this.socket.write(Buffer.concat([encodeHeader(type, payload.length, this.sequence), payload]));
  }

  /** The next frame that is not a KEEPALIVE; null when the server has closed the connection. */
  async next(): Promise<Frame | null> {
    for (;;) {
      const frame = await this.nextOfAny();
      if (frame?.type !== FRAME_TYPES.keepAlive) return frame;
    }
  }

  async nextOfAny(): Promise<Frame | null> {
    while (this.frames.length === 0) {
      if (this.socket.closed) return null;
      await new Promise<void>((resolve) => {
        this.waiting = resolve;
      });
    }
    return this.frames.shift() ?? null;
  }

  async expect(type: FrameType): Promise<Frame> {
    const frame = await this.next();
    if (frame?.type !== type) {
      const error = frame?.type === FRAME_TYPES.error ? errorOf(frame).text : '';
      throw new Error(`frame ${frame?.type ?? 'none'} came instead of ${type}: ${error}`);
    }
    return frame;
  }

  async closed(): Promise<void> {
    this.socket.resume();
    if (!this.socket.closed) await once(this.socket, 'close');
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** One block of a piece. */
export const BLOCK = Buffer.alloc(16384, 5);

/** From open to close. @returns the answer to the close */
export async function writePiece(client: RawClient, handle: string, blocks: number): Promise<Frame> {
  client.send(FRAME_TYPES.openWrite, openWritePayload(handle, BLOCK.length));
  await client.expect(FRAME_TYPES.opened);
  for (let i = 0; i < blocks; i++) client.send(FRAME_TYPES.data, BLOCK);
  client.send(FRAME_TYPES.close);
  return client.expect(FRAME_TYPES.closed);
}
