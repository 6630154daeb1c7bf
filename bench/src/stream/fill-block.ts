// Fills 8 KiB blocks as Oracle writes them: header, row directory, free space, rows from the end upwards, tail check, checksum. A block is a
// pure function of its address, seed and version. No object per block or row, so that a stream is made faster than anybody reads it.
import { mixSeed, nextRandom } from '../../../apps/lab/src/engine/fill-block';

export const BLOCK_BYTES = 8192;
const BLOCK_WORDS = BLOCK_BYTES / 4;

/** What lies between row directory and rows: zeros, or rows that moved away long ago. */
export type FreeSpace = 'zeroed' | 'stale';
/** Rows in the clear, or what transparent encryption leaves of them: a clear header and noise. */
export type Payload = 'rows' | 'encrypted';

const TYPE_TABLE = 0x06;
const TYPE_FILE_HEADER = 0x0b;
const FORMAT_8K = 0xa2;
const FLAG_CHECKSUM = 0x04;
/** Sequence and flags in the high half of the fourth word. */
const SEQUENCE_AND_FLAGS = (1 << 16) | (FLAG_CHECKSUM << 24);
const CHECKSUM_WORD = 4;
const TAIL_WORD = BLOCK_WORDS - 1;

const ROW_WORDS = 30;
const ROW_HEADER = 0x2c | (9 << 16);
const ROW_END = 0x00ff02c1;
/** Seed of the rows in stale free space. */
const OLD_ROWS = 0x57a1e;
/** Bytes in front of the row directory: block header, transaction slots, table header. */
const DIRECTORY_WORD = 30;
/** How full a block is varies, as PCTFREE and deletes leave it: 10 to 25 % are free. */
const ROWS_MIN = 50;
const ROWS_MAX = 60;
const FIRST_SCN = 4_000_000;
/** SCNs that pass between two backups. */
const SCN_PER_VERSION = 50_000;
/** An update touches a few rows of a block. */
const ROWS_UPDATED_MAX = 3;

const FIRST_NAMES = 256;
const LAST_NAMES = 2048;
const CITIES = 256;
const COMMENT_WORDS = 4096;
const COMMON_WORDS = 128;
const dictionary = makeDictionary(FIRST_NAMES + LAST_NAMES + CITIES + COMMENT_WORDS);

/** Version of each row of the block at hand; used again for every block. */
const rowVersions = new Uint16Array(ROWS_MAX);

export interface BlockToFill {
  readonly rdba: number;
  readonly seed: number;
  /** 1 when the block was first used; one more for every later change. */
  readonly version: number;
  readonly freeSpace: FreeSpace;
  readonly payload: Payload;
}

/** Fills the block at word `at`; whatever was there is overwritten. */
export function fillBlock(words: Uint32Array, at: number, block: BlockToFill): void {
  const blockSeed = mixSeed(block.seed, block.rdba);
  if (block.payload === 'encrypted') fillWithNoise(words, at, mixSeed(blockSeed, block.version));
  else fillWithRows(words, at, block, blockSeed);
  seal(words, at, { type: TYPE_TABLE, rdba: block.rdba, scn: scnOf(blockSeed, block.version) });
}

/** Block 1 of a data file: nearly empty, and different at every checkpoint. */
export function fillFileHeader(
  words: Uint32Array,
  at: number,
  header: { readonly rdba: number; readonly checkpoint: number },
): void {
  words.fill(0, at, at + BLOCK_WORDS);
  words[at + 6] = 0x13000000;
  words[at + 121] = FIRST_SCN + header.checkpoint * SCN_PER_VERSION;
  seal(words, at, {
    type: TYPE_FILE_HEADER,
    rdba: header.rdba,
    scn: FIRST_SCN + header.checkpoint * SCN_PER_VERSION,
  });
}

/** Writes header, tail check and checksum. */
function seal(
  words: Uint32Array,
  at: number,
  header: { readonly type: number; readonly rdba: number; readonly scn: number },
): void {
  words[at] = header.type | (FORMAT_8K << 8);
  words[at + 1] = header.rdba;
  words[at + 2] = header.scn;
  words[at + 3] = SEQUENCE_AND_FLAGS;
  words[at + CHECKSUM_WORD] = 0;
  words[at + TAIL_WORD] = ((header.scn & 0xffff) << 16) | (header.type << 8) | 1;
  let sum = 0;
  for (let i = at; i < at + BLOCK_WORDS; i += 1) sum ^= words[i] ?? 0;
  words[at + CHECKSUM_WORD] = (sum ^ (sum >>> 16)) & 0xffff;
}

function scnOf(blockSeed: number, version: number): number {
  return FIRST_SCN + version * SCN_PER_VERSION + (mixSeed(blockSeed, version) % SCN_PER_VERSION);
}

function fillWithRows(words: Uint32Array, at: number, block: BlockToFill, blockSeed: number): void {
  const rows = ROWS_MIN + (blockSeed % (ROWS_MAX - ROWS_MIN + 1));
  words.fill(0, at, at + DIRECTORY_WORD);
  words[at + 6] = 70_000 + (blockSeed % 40); // object number: few segments share a data file
  words[at + 9] = 2;
  words[at + 26] = rows << 16;
  const end = at + TAIL_WORD;
  const firstRow = end - rows * ROW_WORDS;
  const directoryEnd = at + DIRECTORY_WORD + (rows >> 1) + 1;
  for (let i = at + DIRECTORY_WORD, row = 0; i < directoryEnd; i += 1, row += 2)
    words[i] = (BLOCK_BYTES - row * ROW_WORDS * 4) | ((BLOCK_BYTES - (row + 1) * ROW_WORDS * 4) << 16);
  if (block.freeSpace === 'zeroed') words.fill(0, directoryEnd, firstRow);
  else fillWithOldRows(words, { from: directoryEnd, to: firstRow }, mixSeed(blockSeed, OLD_ROWS));
  noteRowVersions(rows, block.version, blockSeed);
  for (let row = 0; row < rows; row += 1) {
    const from = end - (row + 1) * ROW_WORDS;
    fillRow(words, from, mixSeed(blockSeed + row, rowVersions[row] ?? 0), block.rdba * ROWS_MAX + row);
  }
}

/** Bytes of rows that moved away; they do not change with the block. */
function fillWithOldRows(
  words: Uint32Array,
  { from, to }: { readonly from: number; readonly to: number },
  seed: number,
): void {
  const odd = (to - from) % ROW_WORDS;
  words.fill(ROW_END, from, from + odd);
  for (let i = from + odd, row = 0; i < to; i += ROW_WORDS, row += 1)
    fillRow(words, i, mixSeed(seed, row), (seed % 1_000_000) + row);
}

/** Which rows each change of the block touched. */
function noteRowVersions(rows: number, version: number, blockSeed: number): void {
  rowVersions.fill(1);
  for (let change = 2; change <= version; change += 1) {
    let state = mixSeed(blockSeed, change);
    const touched = 1 + (state % ROWS_UPDATED_MAX);
    for (let i = 0; i < touched; i += 1) {
      state = nextRandom(state);
      rowVersions[state % rows] = change;
    }
  }
}

/** A row of an order table: number, two names, city, date, amount, comment. */
function fillRow(words: Uint32Array, from: number, seed: number, key: number): void {
  let state = seed;
  words[from] = ROW_HEADER;
  words[from + 1] = key;
  state = nextRandom(state);
  putWord(words, from + 2, (state >>> 9) % FIRST_NAMES);
  state = nextRandom(state);
  putWord(words, from + 4, FIRST_NAMES + ((state >>> 9) % LAST_NAMES));
  state = nextRandom(state);
  putWord(words, from + 6, FIRST_NAMES + LAST_NAMES + ((state >>> 9) % CITIES));
  state = nextRandom(state);
  words[from + 8] = 0x7a780007 | ((1 + (state % 12)) << 8); // century, year, month of an Oracle date
  words[from + 9] = (state >>> 4) & 0x1f1f1f1f; // day, hour, minute, second
  words[from + 10] = 0x0403c300 | (state >>> 24); // an amount, rounded as most are
  for (let i = from + 11; i < from + ROW_WORDS - 1; i += 2) {
    state = nextRandom(state);
    // every second word of a text is one of the few that all texts use
    const count = (state & 0x100) === 0 ? COMMON_WORDS : COMMENT_WORDS;
    putWord(words, i, FIRST_NAMES + LAST_NAMES + CITIES + ((state >>> 9) % count));
  }
  words[from + ROW_WORDS - 1] = ROW_END;
}

function putWord(words: Uint32Array, at: number, word: number): void {
  words[at] = dictionary[word * 2] ?? 0;
  words[at + 1] = dictionary[word * 2 + 1] ?? 0;
}

function fillWithNoise(words: Uint32Array, at: number, seed: number): void {
  let state = seed;
  for (let i = at; i < at + BLOCK_WORDS; i += 1) {
    state = nextRandom(state);
    words[i] = Math.imul(state, 0x9e3779b1) ^ (state >>> 15);
  }
}

/** Words of seven letters and a blank, two 32-bit numbers each. */
function makeDictionary(count: number): Uint32Array {
  const syllables =
    'an ber cor da el fa gri ha in jo ka lin mo ne or pa qui ro sa ti un va wo xi yo za'.split(' ');
  const words = new Uint32Array(count * 2);
  const bytes = Buffer.from(words.buffer);
  let state = 0xad17;
  for (let i = 0; i < count; i += 1) {
    let word = '';
    while (word.length < 8) {
      state = nextRandom(state);
      word += syllables[(state >>> 7) % syllables.length] ?? '';
    }
    bytes.write(`${word.slice(0, 7)} `, i * 8, 'latin1');
  }
  return words;
}
