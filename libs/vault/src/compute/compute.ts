// Where the work is done: in this thread, or in worker threads that share the bytes with it.
import {
  digestUnits,
  nameOfPack,
  openChunks,
  sealChunks,
  type DigestJob,
  type OpenedChunks,
  type OpenJob,
  type SealedChunks,
  type SealJob,
} from './chunk-operations';

export interface Compute {
  digest(job: DigestJob): Promise<void>;
  seal(job: SealJob): Promise<SealedChunks>;
  open(job: OpenJob): Promise<OpenedChunks>;
  /** sha256, hex. */
  name(bytes: Uint8Array): Promise<string>;
  close(): Promise<void>;
}

/** For tests and small tools. */
export function inlineCompute(): Compute {
  return {
    digest: async (job) => digestUnits(job),
    seal: async (job) => sealChunks(job),
    open: async (job) => openChunks(job),
    name: async (bytes) => nameOfPack(bytes),
    close: async () => undefined,
  };
}
