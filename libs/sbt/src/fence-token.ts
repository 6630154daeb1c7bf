// The agent's side of FENCE: it tells the dedup-worker of its own host that a token counts no more, over the socket the channels use. No
// other process is needed for that, so it works just as well while the control-plane is away.
import { once } from 'node:events';
import { addAbortSignal } from 'node:stream';
import { connect } from 'node:net';
import { decodeHeader, encodeHeader, FRAME_HEADER_BYTES, FRAME_TYPES } from './frame';
import { encodeFence } from './payloads';

export interface TokenToFence {
  readonly socketPath: string;
  readonly token: string;
  /** How long a worker may take to confirm, ms. */
  readonly limitMs: number;
}

/**
 * fenced: from now on no call of the token's sessions ends well. nobody-listens: there is no worker, so no call does either, and one that is
 * started will ask the control-plane. unconfirmed: the worker did not answer in time or broke off.
 */
export type FenceOutcome = 'fenced' | 'nobody-listens' | 'unconfirmed';

export async function fenceToken({ socketPath, token, limitMs }: TokenToFence): Promise<FenceOutcome> {
  const socket = addAbortSignal(AbortSignal.timeout(limitMs), connect(socketPath));
  try {
    await once(socket, 'connect');
    const payload = encodeFence(token);
    socket.write(Buffer.concat([encodeHeader(FRAME_TYPES.fence, payload.length, 1), payload]));
    return (await firstFrameType(socket)) === FRAME_TYPES.fenced ? 'fenced' : 'unconfirmed';
  } catch (error) {
    return isNobody(error) ? 'nobody-listens' : 'unconfirmed';
  } finally {
    socket.destroy();
  }
}

/** Null when the other side hangs up before it. */
async function firstFrameType(socket: AsyncIterable<Buffer>): Promise<number | null> {
  let received = Buffer.alloc(0);
  for await (const bytes of socket) {
    received = Buffer.concat([received, bytes]);
    if (received.length >= FRAME_HEADER_BYTES) return decodeHeader(received, 0).type;
  }
  return null;
}

function isNobody(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ECONNREFUSED';
}
