// How much memory the dedup-worker takes while a database passes through two channels: a first full and one more after 1 % changed. It must not
// grow with the size of the database. Streams are made while they are sent, so that a large one needs no disk of its own.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lineOf, stepRow } from './compare';
import { DataFileImage } from './stream/data-file-image';
import { dataFilePiece } from './stream/data-file-piece';
import { BLOCK_BYTES } from './stream/fill-block';
import { openAdyton, type PieceToStore } from './subjects/adyton';

const CHANNELS = 2;
const SEED = 77;
const SHARE_CHANGED = 0.01;

export interface MemoryFigures {
  /** Of the database. */
  readonly bytes: number;
  readonly rssBytesPeak: number;
}

export async function measureMemory(
  bytes: number,
  place: { readonly directory: string; readonly say: (text: string) => void },
): Promise<MemoryFigures> {
  const directory = join(place.directory, 'memory');
  mkdirSync(directory, { recursive: true });
  const blocks = Math.floor(bytes / CHANNELS / BLOCK_BYTES);
  const images = Array.from(
    { length: CHANNELS },
    (_, i) => new DataFileImage({ seed: SEED, fileNumber: i + 1, blocks }),
  );
  const sent = images.reduce((sum, image) => sum + image.usedBlocks * BLOCK_BYTES, 0);
  const adyton = await openAdyton(directory);
  try {
    for (const run of [1, 2]) {
      const stored = await adyton.backUpPieces(images.map((image) => pieceOf(image, run)));
      const names = { series: `memory-${bytes / 2 ** 30}G`, step: `full-${run}`, subject: 'adyton' } as const;
      place.say(lineOf(stepRow(names, { bytes: sent }, stored)));
      for (const image of images) image.change(SHARE_CHANGED, 'clustered');
    }
    return { bytes, rssBytesPeak: adyton.rssBytesPeak() };
  } finally {
    await adyton.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function pieceOf(image: DataFileImage, run: number): PieceToStore {
  return {
    handle: `ORCL/${String(run).padStart(8, '0')}_1_F${image.file.fileNumber}_1`,
    blocks: () => dataFilePiece({ images: [image], run, freeSpace: 'zeroed', payload: 'rows' }),
  };
}
