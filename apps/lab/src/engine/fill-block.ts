/**
 * Makes table blocks full of text-like rows: header, transaction slots, row directory from a template per block size, rows
 * from a seed. Every block differs, and words and numbers repeat as in real tables, so that zstd takes 64 KiB of blocks to
 * about 40 %. No object per row: a block is 32-bit words written into one big buffer.
 */
import { BLOCK_TYPE, markEncrypted, sealBlock, writeBlockHeader } from '../formats/block';
import { type Scn } from '../formats/scn';

/** A row: 4 bytes of row header, then words of text. */
const ROW_WORDS = 30;
const ROW_BYTES = ROW_WORDS * 4;

/** First of the two interested-transaction slots (24 bytes each). */
export const TRANSACTION_SLOT_OFFSET = 44;
const OBJECT_ID_OFFSET = 24;
const CLEANOUT_SCN_OFFSET = 28;
const SLOT_COUNT_OFFSET = 36;
const SLOT_COUNT = 2;
const TABLE_HEADER_OFFSET = 100;
const ROW_DIRECTORY_OFFSET = 118;
const TAIL_WORDS = 1;
/** Share of the block kept free for growing rows, as PCTFREE 10 does. */
const FREE_SHARE = 0.1;
const ROW_HEADER = 0x2c | (6 << 16) | ((ROW_BYTES - 4) << 24);

const DICTIONARY_WORDS = 4096;
const NUMBERS = 10000;
/** A number after every second dictionary word or so: what sets the compression ratio. */
const NUMBER_EVERY_WORDS = 5;
const SYLLABLES = 'an ber cor da el fa gri ha in jo ka lin mo ne or pa qui ro sa ti un va wo xi yo za'.split(
  ' ',
);
const DICTIONARY_SEED = 0x5eed;

/** Rows of a block of this size. */
export function rowsPerBlock(blockBytes: number): number {
  const usable = (blockBytes - ROW_DIRECTORY_OFFSET - TAIL_WORDS * 4) * (1 - FREE_SHARE);
  return Math.floor(usable / (ROW_BYTES + 2));
}

/** Byte offset of a row inside its block. */
export function rowOffset(blockBytes: number, row: number): number {
  return blockBytes - TAIL_WORDS * 4 - (row + 1) * ROW_BYTES;
}

/** xorshift32: the state is the result; never 0. */
export function nextRandom(state: number): number {
  let next = state;
  next ^= next << 13;
  next ^= next >>> 17;
  next ^= next << 5;
  return next >>> 0;
}

/** A well-mixed 32-bit number of two, for seeds; never 0. */
export function mixSeed(a: number, b: number): number {
  let mixed = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x2c1b3c6d);
  mixed ^= mixed >>> 13;
  return mixed >>> 0 || 1;
}

const templates = new Map<number, Buffer>();
const dictionary = makeDictionary();
const numbers = makeNumbers();

export interface FilledBlock {
  rdba: number;
  objectId: number;
  seed: number;
  scn: Scn;
  /** Rows of an encrypted tablespace: header in clear, every other byte without a pattern. */
  encrypted?: boolean;
}

/** Fills a whole block and seals it. `block` must start at a multiple of 4 bytes of its memory. */
export function fillTableBlock(block: Buffer, filled: FilledBlock): void {
  templateOf(block.length).copy(block);
  block.writeUInt32LE(filled.rdba, 4);
  block.writeUInt32LE(filled.objectId, OBJECT_ID_OFFSET);
  block.writeUInt32LE(Number(filled.scn & 0xffffffffn), CLEANOUT_SCN_OFFSET);
  const words = new Uint32Array(block.buffer, block.byteOffset, block.length / 4);
  if (filled.encrypted === true) {
    markEncrypted(block);
    scramble(words, filled.seed);
    sealBlock(block, { scn: filled.scn, seq: 1 });
    return;
  }
  let state = filled.seed;
  const rows = rowsPerBlock(block.length);
  for (let row = 0; row < rows; row++) {
    state = fillRow(words, rowOffset(block.length, row) / 4, state);
  }
  sealBlock(block, { scn: filled.scn, seq: 1 });
}

/** First word behind block header and transaction slots: what is in front stays readable in an encrypted block. */
const CLEAR_WORDS = TABLE_HEADER_OFFSET / 4;

function scramble(words: Uint32Array, seed: number): void {
  let state = seed;
  for (let i = CLEAR_WORDS; i < words.length - TAIL_WORDS; i++) words[i] = state = nextRandom(state);
}

/** What a changed row of an encrypted tablespace looks like on disk. */
export function makeScrambledRow(seed: number): Buffer {
  const words = new Uint32Array(ROW_WORDS);
  let state = seed;
  for (let i = 0; i < words.length; i++) words[i] = state = nextRandom(state);
  return Buffer.from(words.buffer, 4, ROW_BYTES - 4);
}

/** The text part of a row (without its 4-byte header), for an update in place. */
export function makeRowText(seed: number): Buffer {
  const words = new Uint32Array(ROW_WORDS);
  fillRow(words, 0, seed);
  return Buffer.from(words.buffer, 4, ROW_BYTES - 4);
}

function fillRow(words: Uint32Array, at: number, seed: number): number {
  words[at] = ROW_HEADER;
  const end = at + ROW_WORDS;
  let state = seed;
  for (let i = at + 1; i < end;) {
    state = nextRandom(state);
    const entry = ((state >>> 8) % DICTIONARY_WORDS) * 2;
    words[i++] = dictionary[entry] as number;
    if (i < end) words[i++] = dictionary[entry + 1] as number;
    if ((i - at) % NUMBER_EVERY_WORDS < 2 && i < end) words[i++] = numbers[state % NUMBERS] as number;
  }
  return state;
}

function templateOf(blockBytes: number): Buffer {
  const known = templates.get(blockBytes);
  if (known) return known;
  const block = Buffer.alloc(blockBytes);
  const rows = rowsPerBlock(blockBytes);
  writeBlockHeader(block, { type: BLOCK_TYPE.tableOrIndex, rdba: 0 });
  block.writeUInt8(1, 20);
  block.writeUInt8(SLOT_COUNT, SLOT_COUNT_OFFSET);
  block.writeUInt8(1, TABLE_HEADER_OFFSET + 1);
  block.writeUInt16LE(rows, TABLE_HEADER_OFFSET + 2);
  block.writeInt16LE(-1, TABLE_HEADER_OFFSET + 4);
  block.writeUInt16LE(ROW_DIRECTORY_OFFSET + 2 * rows, TABLE_HEADER_OFFSET + 6);
  block.writeUInt16LE(rowOffset(blockBytes, rows - 1) - TABLE_HEADER_OFFSET, TABLE_HEADER_OFFSET + 8);
  block.writeUInt16LE(rows, TABLE_HEADER_OFFSET + 16);
  for (let row = 0; row < rows; row++) {
    block.writeUInt16LE(rowOffset(blockBytes, row) - TABLE_HEADER_OFFSET, ROW_DIRECTORY_OFFSET + 2 * row);
  }
  templates.set(blockBytes, block);
  return block;
}

function makeDictionary(): Uint32Array {
  const words = new Uint32Array(DICTIONARY_WORDS * 2);
  const bytes = Buffer.from(words.buffer);
  let state = DICTIONARY_SEED;
  for (let i = 0; i < DICTIONARY_WORDS; i++) {
    let word = '';
    while (word.length < 8) {
      state = nextRandom(state);
      word += SYLLABLES[state % SYLLABLES.length] ?? '';
    }
    bytes.write(`${word.slice(0, 7)} `, i * 8, 'latin1');
  }
  return words;
}

function makeNumbers(): Uint32Array {
  const words = new Uint32Array(NUMBERS);
  const bytes = Buffer.from(words.buffer);
  for (let i = 0; i < NUMBERS; i++) bytes.write(String(i).padStart(4, '0'), i * 4, 'latin1');
  return words;
}
