// The agent's side of PROBE: it has the dedup-worker of its own host try the object store before a backup relies on it.
import { askWorker } from './ask-worker';
import { FRAME_TYPES } from './frame';
import { decodeError, decodeProbed } from './payloads';
import { type StoreFindings } from './store-findings';

/** `reason` begins with a code of ours where the worker knew one. */
export type StoreProbe =
  ({ readonly kind: 'works' } & StoreFindings) | { readonly kind: 'failed'; readonly reason: string };

/** Never rejects. */
export async function probeStore(worker: {
  readonly socketPath: string;
  readonly limitMs: number;
}): Promise<StoreProbe> {
  try {
    const answer = await askWorker({ ...worker, type: FRAME_TYPES.probe, payload: new Uint8Array(0) });
    if (answer?.type === FRAME_TYPES.probed) return { kind: 'works', ...decodeProbed(answer.payload) };
    if (answer?.type === FRAME_TYPES.error) return { kind: 'failed', reason: decodeError(answer.payload) };
    return { kind: 'failed', reason: 'the dedup-worker hung up without an answer' };
  } catch (error) {
    const why = isLate(error) ? `none within ${worker.limitMs} ms` : String(error);
    return { kind: 'failed', reason: `no answer of the dedup-worker about the store: ${why}` };
  }
}

function isLate(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'name' in error && error.name === 'AbortError';
}
