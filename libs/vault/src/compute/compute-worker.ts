// Runs inside a worker thread: one job in, one answer out. Results are handed over, not copied.
import { parentPort } from 'node:worker_threads';
import { digestUnits, openChunks, sealChunks } from './chunk-operations';
import { type ThreadJob, type ThreadReply, type ThreadRequest } from './thread-compute';

parentPort?.on('message', ({ id, work }: ThreadRequest) => {
  try {
    const result = perform(work);
    parentPort?.postMessage({ id, result } satisfies ThreadReply, buffersOf(result));
  } catch (error) {
    parentPort?.postMessage({
      id,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    } satisfies ThreadReply);
  }
});

type Result = Extract<ThreadReply, { result: unknown }>['result'];

function perform(work: ThreadJob): Result {
  switch (work.op) {
    case 'digest':
      return digestUnits(work.job);
    case 'seal':
      return sealChunks(work.job);
    case 'open':
      return openChunks(work.job);
  }
}

/** Small buffers come from Node's shared pool, which must stay here; large ones have memory of their own and can be handed over. */
function buffersOf(result: Result): ArrayBuffer[] {
  const large =
    result instanceof Uint8Array
      ? result
      : 'frames' in result
        ? result.frames
        : 'bytes' in result
          ? result.bytes
          : null;
  const buffer = large?.buffer;
  return buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize ? [buffer] : [];
}
