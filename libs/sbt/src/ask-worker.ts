// One question to the dedup-worker of this host instead of HELLO, over the socket the channels use: the agent's way to it, which needs no
// other process.
import { once } from 'node:events';
import { addAbortSignal } from 'node:stream';
import { connect } from 'node:net';
import { decodeHeader, encodeHeader, FRAME_HEADER_BYTES, type FrameType } from './frame';

export interface WorkerQuestion {
  readonly socketPath: string;
  readonly type: FrameType;
  readonly payload: Uint8Array;
  /** How long the worker may take, ms. */
  readonly limitMs: number;
}

export interface WorkerAnswer {
  readonly type: FrameType;
  readonly payload: Uint8Array;
}

/** @returns null when the worker hangs up without a word. @throws what the socket throws; an AbortError after the limit; FrameError */
export async function askWorker(question: WorkerQuestion): Promise<WorkerAnswer | null> {
  const { socketPath, type, payload, limitMs } = question;
  const socket = addAbortSignal(AbortSignal.timeout(limitMs), connect(socketPath));
  try {
    await once(socket, 'connect');
    socket.write(Buffer.concat([encodeHeader(type, payload.length, 1), payload]));
    return await firstFrame(socket);
  } finally {
    socket.destroy();
  }
}

async function firstFrame(socket: AsyncIterable<Buffer>): Promise<WorkerAnswer | null> {
  let received = Buffer.alloc(0);
  for await (const bytes of socket) {
    received = Buffer.concat([received, bytes]);
    if (received.length < FRAME_HEADER_BYTES) continue;
    const { type, length } = decodeHeader(received, 0);
    if (received.length >= FRAME_HEADER_BYTES + length)
      return { type, payload: received.subarray(FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + length) };
  }
  return null;
}
