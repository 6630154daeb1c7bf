// A piece with one archived log: 512-byte redo blocks with number, sequence and checksum, and change records in which the row before and the
// row after a change stand side by side.
import { fillTableBlock, mixSeed, nextRandom } from '../../../apps/lab/src/engine/fill-block';
import {
  makeRedoFileHeader,
  makeRedoLogHeader,
  REDO_BLOCK_BYTES,
  REDO_FIRST_RECORD_BLOCK,
} from '../../../apps/lab/src/formats/redo-log';
import { BLOCK_BYTES } from './fill-block';
import { SBT_BLOCK_BYTES } from './data-file-piece';

const REDO_WORDS = REDO_BLOCK_BYTES / 4;
const HEADER_WORDS = 4;
/** Flag "in use" and format of 512-byte blocks. */
const USED_512 = 0x2201;
/** Numbers of a change record in front of its rows: opcodes, addresses, SCNs, lengths. */
const RECORD_WORDS = 26;
/** Rows are cut from table blocks like those of the data files. */
const ROWS_FROM_BLOCKS = 64;
const FIRST_ROW_WORD = 300;

export interface ArchivedLog {
  readonly seed: number;
  readonly sequence: number;
  /** Of the whole log, a multiple of 512. */
  readonly bytes: number;
}

/** The piece in SBT blocks. */
export function* archivedLogPiece(log: ArchivedLog): Generator<Buffer> {
  const rows = rowWords(log.seed);
  const blocks = Math.floor(log.bytes / REDO_BLOCK_BYTES);
  let state = mixSeed(log.seed, log.sequence);
  let bytes = Buffer.alloc(SBT_BLOCK_BYTES);
  let at = fillHead(bytes, state);
  for (let number = 0; number < blocks; number += 1) {
    if (at === SBT_BLOCK_BYTES) {
      yield bytes;
      bytes = Buffer.alloc(SBT_BLOCK_BYTES);
      at = 0;
    }
    if (number < REDO_FIRST_RECORD_BLOCK) logHeader(log, number, blocks).copy(bytes, at);
    else {
      const words = new Uint32Array(bytes.buffer, bytes.byteOffset + at, REDO_WORDS);
      state = fillRedoBlock(words, { number, sequence: log.sequence, state }, rows);
    }
    at += REDO_BLOCK_BYTES;
  }
  yield bytes;
}

function fillHead(bytes: Buffer, seed: number): number {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, 100);
  let state = seed;
  for (let i = 0; i < words.length; i += 1) words[i] = state = nextRandom(state);
  return BLOCK_BYTES;
}

function logHeader(log: ArchivedLog, number: number, blocks: number): Buffer {
  if (number === 0) return makeRedoFileHeader(blocks - 1);
  return makeRedoLogHeader({
    dbid: 1_565_056_049,
    dbName: 'ORCL',
    thread: 1,
    sequence: log.sequence,
    resetlogsScn: 1n,
    resetlogsId: 1,
    firstScn: BigInt(log.sequence) * 100_000n,
    firstStamp: 1_200_000_000,
    nextScn: BigInt(log.sequence + 1) * 100_000n,
    nextStamp: 1_200_000_600,
    usedBlocks: blocks - 1,
    fileBlocks: blocks - 1,
  });
}

/** @returns the state for the next block. */
function fillRedoBlock(
  words: Uint32Array,
  block: { readonly number: number; readonly sequence: number; readonly state: number },
  rows: Uint32Array,
): number {
  let { state } = block;
  words[0] = USED_512;
  words[1] = block.number;
  words[2] = block.sequence;
  words[3] = 0x8010;
  const recordEnd = HEADER_WORDS + RECORD_WORDS;
  for (let i = HEADER_WORDS; i < recordEnd; i += 1) {
    state = nextRandom(state);
    words[i] = (i & 1) === 0 ? 0x0b050100 | (state & 7) : state & 0x003f_ffff;
  }
  const half = (REDO_WORDS - recordEnd) >> 1;
  state = nextRandom(state);
  const row = (state >>> 4) % (rows.length - half);
  words.set(rows.subarray(row, row + half), recordEnd);
  words.set(rows.subarray(row, row + half), recordEnd + half);
  for (let i = 0; i < 4; i += 1) {
    state = nextRandom(state);
    words[recordEnd + half + ((state >>> 6) % half)] = state; // what the change made different
  }
  let sum = 0;
  for (let i = 0; i < REDO_WORDS; i += 1) sum ^= words[i] ?? 0;
  words[3] = 0x8010 | (((sum ^ (sum >>> 16)) & 0xffff) << 16);
  return state;
}

function rowWords(seed: number): Uint32Array {
  const rows: number[] = [];
  for (let i = 0; i < ROWS_FROM_BLOCKS; i += 1) {
    const block = Buffer.from(new ArrayBuffer(BLOCK_BYTES));
    fillTableBlock(block, { rdba: i, objectId: 1, seed: mixSeed(seed, i), scn: 1n });
    rows.push(...new Uint32Array(block.buffer).subarray(FIRST_ROW_WORD, -1));
  }
  return Uint32Array.from(rows);
}
