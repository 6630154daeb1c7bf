// Worker threads for hashing, compression and encryption. Bytes of a stream lie in shared memory and are not copied; a job goes to the
// thread with the fewest jobs in hand.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Compute } from './compute';
import { type OpenedChunks, type OpenJob, type SealedChunks, type SealJob } from './chunk-operations';
import { type TagJob } from './slot-marks';
import { type DigestJob } from './unit-digests';

export type ThreadJob =
  | { readonly op: 'digest'; readonly job: DigestJob }
  | { readonly op: 'tag'; readonly job: TagJob }
  | { readonly op: 'seal'; readonly job: SealJob }
  | { readonly op: 'open'; readonly job: OpenJob }
  | { readonly op: 'name'; readonly job: Uint8Array };
export interface ThreadRequest {
  readonly id: number;
  readonly work: ThreadJob;
}
export type ThreadResult = SealedChunks | OpenedChunks | string | undefined;
export type ThreadReply =
  { readonly id: number; readonly result: ThreadResult } | { readonly id: number; readonly error: string };

/**
 * Young generation of a thread, MiB. A chunk leaves a few small objects that hold large buffers; the fewer of them fit, the sooner their
 * memory comes back. With Node's default a thread held more than 100 MiB of buffers nobody used any more.
 */
const YOUNG_GENERATION_MIB = 1;

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

/**
 * The threads start with the first job: a process that only now and then has one, as in the maintenance role, does without them until then.
 * @param options.threads at least 1
 */
export function threadCompute(options: { readonly threads: number }): Compute {
  const script = join(__dirname, 'compute-worker.js');
  if (!existsSync(script))
    throw new Error(`worker threads need the compiled ${script}; from TypeScript sources use inlineCompute`);
  let started: readonly Thread[] | undefined;
  let sequence = 0;
  const run = async <T>(work: ThreadJob): Promise<T> => {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    started ??= Array.from({ length: options.threads }, () => startThread(script));
    const thread = started.reduce((a, b) => (b.waiting.size < a.waiting.size ? b : a));
    const id = (sequence += 1);
    thread.waiting.set(id, { resolve: resolve, reject });
    thread.worker.postMessage({ id, work } satisfies ThreadRequest);
    return promise;
  };
  return {
    digest: (job) => run({ op: 'digest', job }),
    tag: (job) => run({ op: 'tag', job }),
    seal: (job) => run({ op: 'seal', job }),
    open: (job) => run({ op: 'open', job }),
    name: (job) => run({ op: 'name', job }),
    close: async () => void (await Promise.all((started ?? []).map((t) => t.worker.terminate()))),
  };
}

function startThread(script: string): Thread {
  const worker = new Worker(script, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB } });
  const waiting = new Map<number, Waiting>();
  const failAll = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on('message', (reply: ThreadReply) => {
    const asked = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ('error' in reply) asked?.reject(new Error(reply.error));
    else asked?.resolve(reply.result as never);
  });
  worker.on('error', failAll);
  worker.on('exit', (code) => failAll(new Error(`a compute thread ended with ${code}`)));
  return { worker, waiting };
}
