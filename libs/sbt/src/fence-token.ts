// The agent's side of FENCE: it tells the dedup-worker of its own host that a token counts no more. It works just as well while the
// control-plane is away.
import { askWorker } from './ask-worker';
import { FRAME_TYPES } from './frame';
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

export async function fenceToken({ token, ...worker }: TokenToFence): Promise<FenceOutcome> {
  try {
    const answer = await askWorker({ ...worker, type: FRAME_TYPES.fence, payload: encodeFence(token) });
    return answer?.type === FRAME_TYPES.fenced ? 'fenced' : 'unconfirmed';
  } catch (error) {
    return isNobody(error) ? 'nobody-listens' : 'unconfirmed';
  }
}

function isNobody(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ECONNREFUSED';
}
