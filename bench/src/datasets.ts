// The series that every subject stores: each is one repository that takes a few streams one after the other. Streams are made before the
// measurement, once for all subjects, and lie in files.
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { archivedLogPiece } from './stream/archived-log-piece';
import { DataFileImage } from './stream/data-file-image';
import { dataFilePiece } from './stream/data-file-piece';
import { BLOCK_BYTES, type FreeSpace, type Payload } from './stream/fill-block';
import { type StreamFile } from './subjects/subject';

/** The true change of an ordinary second full. */
const SHARE_CHANGED = 0.01;
const SHARE_ALLOCATED = 0.002;
const SEED = 20_240_817;
export const FILE_NUMBER = 4;
const FILES_MULTIPLEXED = 4;

export interface Step {
  readonly name: string;
  readonly title: string;
  readonly blocks: () => Generator<Buffer>;
  readonly fileNumber: number | null;
}

export interface Series {
  readonly name: string;
  readonly title: string;
  /** Steps are made in order: each changes what the one before left. */
  readonly steps: () => Generator<Step>;
  /** CPU figures of this series are medians of several repetitions. */
  readonly repeated: boolean;
}

/** @param bytes of the data file, or of all data files of a piece together */
export function allSeries(bytes: number): readonly Series[] {
  return [
    {
      name: 'data-file',
      title: 'one data file, zeroed free space',
      steps: () => dataFileSteps(bytes, 'zeroed'),
      repeated: true,
    },
    {
      name: 'data-file-stale',
      title: 'one data file, stale free space',
      steps: () => dataFileSteps(bytes, 'stale'),
      repeated: false,
    },
    {
      name: 'multiplexed',
      title: 'four data files interleaved in one piece',
      steps: () => changedSteps(images(bytes, FILES_MULTIPLEXED), 'rows'),
      repeated: false,
    },
    {
      name: 'encrypted',
      title: 'one encrypted data file (TDE-like)',
      steps: () => changedSteps(images(bytes, 1), 'encrypted'),
      repeated: false,
    },
    { name: 'archived-log', title: 'an archived log', steps: () => logSteps(bytes), repeated: false },
  ];
}

/** One more full of the same file after 1 % of its blocks changed anywhere. */
export function* uniformChain(bytes: number): Generator<Step> {
  const [image] = images(bytes, 1);
  for (let run = 1; ; run += 1) {
    yield stepOf({ name: `full-${run}`, title: `full ${run}` }, [image], { run });
    image.change(SHARE_CHANGED, 'uniform');
  }
}

function* dataFileSteps(bytes: number, freeSpace: FreeSpace): Generator<Step> {
  const [image] = images(bytes, 1);
  const step = (name: string, title: string, run: number): Step =>
    stepOf({ name, title }, [image], { run, freeSpace });
  yield step('first', 'first full', 1);
  yield step('unchanged', 'full, nothing changed', 2);
  image.change(SHARE_CHANGED, 'clustered');
  image.allocate(SHARE_ALLOCATED);
  yield step('clustered', 'full, 1 % changed in runs and 0.2 % newly used', 3);
  image.change(SHARE_CHANGED, 'uniform');
  yield step('uniform', 'full, 1 % changed anywhere', 4);
}

function* changedSteps(files: readonly DataFileImage[], payload: Payload): Generator<Step> {
  yield stepOf({ name: 'first', title: 'first full' }, files, { run: 1, payload });
  for (const image of files) {
    image.change(SHARE_CHANGED, 'clustered');
    image.allocate(SHARE_ALLOCATED);
  }
  const second = { name: 'clustered', title: 'full, 1 % changed in runs and 0.2 % newly used' };
  yield stepOf(second, files, { run: 2, payload });
}

function* logSteps(bytes: number): Generator<Step> {
  yield {
    name: 'first',
    title: 'backed up once',
    blocks: () => archivedLogPiece({ seed: SEED, sequence: 41, bytes }),
    fileNumber: null,
  };
}

function images(bytes: number, files: number): [DataFileImage, ...DataFileImage[]] {
  const blocks = Math.floor(bytes / files / BLOCK_BYTES);
  const image = (i: number): DataFileImage =>
    new DataFileImage({ seed: SEED, fileNumber: FILE_NUMBER + i, blocks });
  return [image(0), ...Array.from({ length: files - 1 }, (_, i) => image(i + 1))];
}

function stepOf(
  names: { readonly name: string; readonly title: string },
  files: readonly DataFileImage[],
  piece: { readonly run: number; readonly freeSpace?: FreeSpace; readonly payload?: Payload },
): Step {
  return {
    ...names,
    blocks: () => dataFilePiece({ images: files, freeSpace: 'zeroed', payload: 'rows', ...piece }),
    fileNumber: files.length === 1 ? FILE_NUMBER : null,
  };
}

/** Makes a step's stream and writes it to a file of that name. */
export function writeStream(directory: string, step: Step): StreamFile {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, step.name);
  const file = openSync(path, 'w');
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for (const block of step.blocks()) {
      hash.update(block);
      bytes += writeSync(file, block);
    }
  } finally {
    closeSync(file);
  }
  return { path, bytes, sha256: hash.digest('hex'), fileNumber: step.fileNumber };
}
