// Memory that all restores of a process share: slabs that threads decode in, the window of what was read from packs and is not decoded yet,
// and the chunks decoded last. All of it is bounded in bytes, whatever the number of pieces and their sizes.
import { READ_CHANNELS, READ_WINDOW_BYTES, SLABS_KEPT_MAX, STEP_CHUNK_BYTES_MAX } from '../limits';
import { DecodedChunks } from './decoded-chunks';

/** Frames on their way into a thread and chunks on their way out of it. */
export interface Slab {
  readonly frames: Buffer;
  readonly chunks: Buffer;
}

export class RestoreBuffers {
  readonly decoded = new DecodedChunks();
  private readonly free: Slab[] = [];
  private readers = 0;

  readerOpened(): void {
    this.readers += 1;
  }

  readerClosed(): void {
    this.readers -= 1;
  }

  /** Bytes of packs that one reader may hold ahead of its need. */
  get windowBytes(): number {
    return READ_WINDOW_BYTES / Math.max(READ_CHANNELS, this.readers);
  }

  /** A slab with room for that much; one that is larger than usual is not kept. */
  takeSlab(frameBytes: number, chunkBytes: number): Slab {
    if (Math.max(frameBytes, chunkBytes) > SLAB_BYTES) return newSlab(frameBytes, chunkBytes);
    return this.free.pop() ?? newSlab(SLAB_BYTES, SLAB_BYTES);
  }

  giveBack(slab: Slab): void {
    if (slab.frames.length === SLAB_BYTES && this.free.length < SLABS_KEPT_MAX) this.free.push(slab);
  }
}

/** A step and the chunk that fills it up: slots and patches are far smaller than that. */
const SLAB_BYTES = STEP_CHUNK_BYTES_MAX + 1024 * 1024;

function newSlab(frameBytes: number, chunkBytes: number): Slab {
  return {
    frames: Buffer.from(new SharedArrayBuffer(frameBytes)),
    chunks: Buffer.from(new SharedArrayBuffer(chunkBytes)),
  };
}
