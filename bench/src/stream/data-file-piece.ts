// A backup piece as RMAN streams it: a head that differs every time, the file header, the used blocks in ascending order, a trailer, zeros up
// to a whole SBT block. Several files in one piece are interleaved buffer by buffer. The inside of real pieces is not documented; what is
// imitated here is what Oracle's own behaviour shows.
import { mixSeed, nextRandom } from '../../../apps/lab/src/engine/fill-block';
import { type DataFileImage } from './data-file-image';
import { BLOCK_BYTES, fillBlock, fillFileHeader, type FreeSpace, type Payload } from './fill-block';

/** Bytes of one sbtwrite2: the BLKSIZE our scripts set. */
export const SBT_BLOCK_BYTES = 1_048_576;
const BLOCKS_PER_SBT_BLOCK = SBT_BLOCK_BYTES / BLOCK_BYTES;
/** RMAN reads each file in buffers of 1 MiB. */
const BLOCKS_PER_BUFFER = 128;
/** Which file's buffer is full first is chance: in one round of so many, two change places. */
const OVERTAKES_EVERY = 8;
/** Of a head or trailer block, this much is set stamps, SCNs and names; the rest is zeros. */
const BOOKKEEPING_BYTES = 400;

export interface DataFilePiece {
  readonly images: readonly DataFileImage[];
  /** Number of the backup: decides head, trailer and checkpoint. */
  readonly run: number;
  readonly freeSpace: FreeSpace;
  readonly payload: Payload;
}

/** The piece in SBT blocks. A buffer handed out is not used again. */
export function* dataFilePiece(piece: DataFilePiece): Generator<Buffer> {
  const block = new SbtBlock();
  block.addBookkeeping(mixSeed(piece.run, 1));
  for (const { image, from, to } of buffersOf(piece)) {
    for (let number = from; number < to; number += 1) {
      const version = image.versions[number] ?? 0;
      const isHeader = number === 1;
      if (version === 0 && !isHeader) continue;
      if (block.isFull) yield block.take();
      const rdba = image.rdbaOf(number);
      if (isHeader) fillFileHeader(block.words, block.claim(), { rdba, checkpoint: piece.run });
      else
        fillBlock(block.words, block.claim(), {
          rdba,
          seed: image.file.seed,
          version,
          freeSpace: piece.freeSpace,
          payload: piece.payload,
        });
    }
  }
  if (block.isFull) yield block.take();
  block.addBookkeeping(mixSeed(piece.run, 2));
  yield block.take();
}

/** One SBT block that is being filled, 8 KiB at a time. */
class SbtBlock {
  words = new Uint32Array(SBT_BLOCK_BYTES / 4);
  private used = 0;

  get isFull(): boolean {
    return this.used === BLOCKS_PER_SBT_BLOCK;
  }

  /** @returns the word at which the next 8 KiB begin. */
  claim(): number {
    this.used += 1;
    return ((this.used - 1) * BLOCK_BYTES) / 4;
  }

  addBookkeeping(seed: number): void {
    const at = this.claim();
    let state = seed;
    for (let i = 0; i < BOOKKEEPING_BYTES / 4; i += 1) {
      state = nextRandom(state);
      this.words[at + i] = state;
    }
  }

  /** The block as it is, filled up with zeros. */
  take(): Buffer {
    const bytes = Buffer.from(this.words.buffer);
    this.words = new Uint32Array(SBT_BLOCK_BYTES / 4);
    this.used = 0;
    return bytes;
  }
}

interface ReadBuffer {
  readonly image: DataFileImage;
  readonly from: number;
  readonly to: number;
}

function* buffersOf({ images, run }: DataFilePiece): Generator<ReadBuffer> {
  const blocksMax = Math.max(...images.map((image) => image.versions.length));
  let state = mixSeed(run, 3);
  for (let from = 0; from < blocksMax; from += BLOCKS_PER_BUFFER) {
    const round = images.filter((image) => from < image.versions.length);
    state = nextRandom(state);
    if ((state >>> 5) % OVERTAKES_EVERY === 0) round.push(...round.splice(0, 1));
    for (const image of round)
      yield { image, from, to: Math.min(from + BLOCKS_PER_BUFFER, image.versions.length) };
  }
}
