// Where the work is done: in this thread, or in worker threads that share the bytes with it.
import {
  nameOfPack,
  openChunks,
  sealChunks,
  type OpenedChunks,
  type OpenJob,
  type SealedChunks,
  type SealJob,
} from './chunk-operations';
import { tagSlots, type TagJob } from './slot-marks';
import { digestUnits, type DigestJob } from './unit-digests';

export interface Compute {
  digest(job: DigestJob): Promise<void>;
  tag(job: TagJob): Promise<void>;
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
    tag: async (job) => tagSlots(job),
    seal: async (job) => sealChunks(job),
    open: async (job) => openChunks(job),
    name: async (bytes) => nameOfPack(bytes),
    close: async () => undefined,
  };
}
