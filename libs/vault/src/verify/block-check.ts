// Oracle's own marks of a data-file block, checked without a database: the tail that repeats what the header says, the checksum over all
// bytes, and the mark of a block that Oracle itself gave up. They say whether the block was whole when RMAN read it; what the vault did
// with it since is vouched for by chunk ids.
import { blockAddress, hasTailCheck } from '../chunking/oracle-block';

/** `tail`: of another version than the header. `marked`: Oracle marked the block corrupt. */
export type BlockFault = 'tail' | 'checksum' | 'marked';

export interface BlockAddress {
  /** Relative file number of a smallfile tablespace. */
  readonly relativeFile: number;
  readonly block: number;
}

const FLAGS_AT = 15;
const SEQUENCE_AT = 14;
/** Without this flag the block carries no checksum (db_block_checksum was off) and its field means nothing. */
const CHECKSUM_FLAG = 0x04;
const SEQUENCE_OF_MARKED = 0xff;
const BLOCK_NUMBER_BITS = 22;

/** What is wrong with the block at `at`, or null. It must lie wholly inside `bytes`. */
export function checkBlock(bytes: Buffer, at: number, blockBytes: number): BlockFault | null {
  if (!hasTailCheck(bytes, at, blockBytes)) return 'tail';
  if (bytes[at + SEQUENCE_AT] === SEQUENCE_OF_MARKED) return 'marked';
  const isSummed = ((bytes[at + FLAGS_AT] ?? 0) & CHECKSUM_FLAG) !== 0;
  return isSummed && sumOf(bytes, at, blockBytes) !== 0 ? 'checksum' : null;
}

export function addressOf(bytes: Buffer, at: number): BlockAddress {
  const address = blockAddress(bytes, at);
  return { relativeFile: address >>> BLOCK_NUMBER_BITS, block: address & (2 ** BLOCK_NUMBER_BITS - 1) };
}

/** XOR of all 16-bit words, the stored checksum among them: 0 for a whole block. */
function sumOf(bytes: Buffer, at: number, length: number): number {
  let sum = 0;
  if ((bytes.byteOffset + at) % 4 === 0) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset + at, length / 4);
    for (let i = 0; i < words.length; i += 1) sum ^= words[i] ?? 0;
  } else {
    for (let i = at; i < at + length; i += 4) sum ^= bytes.readUInt32LE(i);
  }
  return (sum ^ (sum >>> 16)) & 0xffff;
}
