/** Writes a new data file in one sequential pass of large writes, with memory that does not grow with its size. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { formatEmptyBlock, rdbaOf, sealChecksum } from '../formats/block';
import { type DataFileHeader, makeDataFileHeader, makeFileBlockZero } from '../formats/data-file-header';
import { type Scn } from '../formats/scn';
import { fillTableBlock, mixSeed } from './fill-block';
import { firstDataBlock, makeSpaceBlocks } from './space-map';

/** Bytes of one write. */
const WRITE_BYTES = 4 * 1024 * 1024;
/** Of 100 blocks: in use, formerly used, never used. */
const USED_PERCENT = 75;
const FORMERLY_USED_PERCENT = 5;

export interface NewDataFile {
  path: string;
  header: DataFileHeader;
  seed: number;
  objectId: number;
  /** Payload as a keystore would leave it: no bytes repeat. */
  encrypted?: boolean;
  /** Blocks get SCNs from here ... */
  firstScn: Scn;
  /** ... over this range. */
  scnRange: number;
}

/** Creates the file (it must not exist) and answers its bytes. Yields to the event loop after every write. */
export async function createDataFile(file: NewDataFile): Promise<number> {
  const { blockBytes, blocks, rfile } = file.header;
  const firstData = firstDataBlock(blockBytes, blocks);
  const highWater = highWaterFor(blocks, firstData);
  const space = makeSpaceBlocks({
    rfile,
    blockBytes,
    blocks,
    highWater,
    isUsed: (block) => !isFormerlyUsed(file.seed, block),
    scn: file.firstScn,
  });
  const empty = makeEmptyTemplate(blockBytes, rfile);
  return writeNewFile(file, space, (run, first) => {
    fillRun(run, file, { first, highWater, empty });
  });
}

/** As ADD DATAFILE makes it: not even the space map is there, which is the first redo about the file. */
export async function createEmptyDataFile(file: Pick<NewDataFile, 'path' | 'header'>): Promise<void> {
  const { blockBytes, rfile } = file.header;
  const empty = makeEmptyTemplate(blockBytes, rfile);
  await writeNewFile(file, Buffer.alloc(0), (run, first) => {
    for (let i = 0; i < run.length / blockBytes; i++)
      fillEmptyBlock(run.subarray(i * blockBytes, (i + 1) * blockBytes), empty, rdbaOf(rfile, first + i));
  });
}

/** @param space blocks behind the header. @param fill writes the blocks from `first` on */
async function writeNewFile(
  { path, header }: Pick<NewDataFile, 'path' | 'header'>,
  space: Buffer,
  fill: (run: Buffer, first: number) => void,
): Promise<number> {
  const { blockBytes, blocks } = header;
  const fd = openSync(path, 'wx');
  try {
    const head = Buffer.concat([makeFileBlockZero(blockBytes, blocks), makeDataFileHeader(header), space]);
    let at = writeAll(fd, head, 0);
    const run = Buffer.from(new ArrayBuffer(WRITE_BYTES));
    for (let block = head.length / blockBytes; block <= blocks; block += WRITE_BYTES / blockBytes) {
      const count = Math.min(WRITE_BYTES / blockBytes, blocks - block + 1);
      fill(run.subarray(0, count * blockBytes), block);
      at = writeAll(fd, run.subarray(0, count * blockBytes), at);
      await new Promise(setImmediate);
    }
    return at;
  } finally {
    closeSync(fd);
  }
}

/** First never-used block of a new file. */
function highWaterFor(blocks: number, firstData: number): number {
  const share = Math.floor((blocks * (USED_PERCENT + FORMERLY_USED_PERCENT)) / 100);
  return Math.max(firstData, Math.min(share, blocks));
}

function isFormerlyUsed(seed: number, block: number): boolean {
  return mixSeed(seed, block) % (USED_PERCENT + FORMERLY_USED_PERCENT) < FORMERLY_USED_PERCENT;
}

function fillRun(
  run: Buffer,
  file: NewDataFile,
  { first, highWater, empty }: { first: number; highWater: number; empty: Buffer },
): void {
  const { blockBytes, rfile } = file.header;
  for (let i = 0; i < run.length / blockBytes; i++) {
    const slot = run.subarray(i * blockBytes, (i + 1) * blockBytes);
    if (first + i < highWater) fillUsedBlock(slot, file, first + i);
    else fillEmptyBlock(slot, empty, rdbaOf(rfile, first + i));
  }
}

function fillUsedBlock(slot: Buffer, file: NewDataFile, block: number): void {
  const seed = mixSeed(file.seed, block);
  const scn = file.firstScn + BigInt(seed % file.scnRange);
  fillTableBlock(slot, {
    rdba: rdbaOf(file.header.rfile, block),
    objectId: file.objectId,
    seed,
    scn,
    encrypted: file.encrypted === true,
  });
}

function makeEmptyTemplate(blockBytes: number, rfile: number): Buffer {
  const empty = Buffer.from(new ArrayBuffer(blockBytes));
  formatEmptyBlock(empty, rdbaOf(rfile, 0));
  return empty;
}

/** Same bytes as formatEmptyBlock; only address and checksum differ from block to block, so most of it is a copy. */
function fillEmptyBlock(slot: Buffer, template: Buffer, rdba: number): void {
  template.copy(slot);
  slot.writeUInt32LE(rdba, 4);
  sealChecksum(slot);
}

function writeAll(fd: number, bytes: Buffer, at: number): number {
  let done = 0;
  while (done < bytes.length) done += writeSync(fd, bytes, done, bytes.length - done, at + done);
  return at + done;
}
