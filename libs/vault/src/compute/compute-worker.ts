// Runs inside a worker thread: one job in, one answer out. Bytes come and go in shared memory; the few that do not are handed over.
import { parentPort } from 'node:worker_threads';
import { nameOfPack, openChunks, sealChunks } from './chunk-operations';
import { tagSlots } from './slot-marks';
import { type ThreadJob, type ThreadReply, type ThreadRequest, type ThreadResult } from './thread-compute';
import { digestUnits } from './unit-digests';

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

function perform(work: ThreadJob): ThreadResult {
  switch (work.op) {
    case 'digest':
      digestUnits(work.job);
      return undefined;
    case 'tag':
      tagSlots(work.job);
      return undefined;
    case 'seal':
      return sealChunks(work.job);
    case 'open':
      return openChunks(work.job);
    case 'name':
      return nameOfPack(work.job);
  }
}

/** Small buffers come from Node's shared pool, which must stay here; large ones have memory of their own and can be handed over. */
function buffersOf(result: ThreadResult): ArrayBuffer[] {
  if (typeof result !== 'object' || !('kind' in result) || result.kind !== 'opened') return [];
  const { buffer } = result.bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize ? [buffer] : [];
}
