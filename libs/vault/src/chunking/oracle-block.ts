// Recognising Oracle's blocks by their own marks. A hint for where to cut and nothing else: whatever the bytes are, they come back.

/** Size by the format byte of a data-file block. */
const SIZE_OF_FORMAT: Readonly<Record<number, number>> = {
  0x62: 2048,
  0x82: 4096,
  0xa2: 8192,
  0xc2: 16_384,
  0xe2: 32_768,
};
export const DATA_BLOCK_BYTES_MAX = 32_768;
export const REDO_BLOCK_BYTES = 512;
const REDO_FORMAT = 0x22;

/** Bytes of the data-file block the format byte at `at` announces; 0 when it announces none. */
export function announcedBlockBytes(bytes: Buffer, at: number): number {
  return SIZE_OF_FORMAT[bytes[at + 1] ?? 0] ?? 0;
}

/** Whether the tail check of the block at `at` agrees with its header; the block must lie wholly inside. */
export function hasTailCheck(bytes: Buffer, at: number, blockBytes: number): boolean {
  const type = bytes[at] ?? 0;
  const seq = bytes[at + 14] ?? 0;
  const scnLow = bytes.readUInt16LE(at + 8);
  return bytes.readUInt32LE(at + blockBytes - 4) === ((scnLow << 16) | (type << 8) | seq) >>> 0;
}

/** Address of the block inside its database: relative file number and block number in one 32-bit value. */
export function blockAddress(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 4);
}

export interface RedoBlock {
  readonly blockNumber: number;
  readonly sequence: number;
}

/** The redo block at `at`, if its marks and checksum say it is one. */
export function redoBlockAt(bytes: Buffer, at: number): RedoBlock | null {
  if (bytes[at + 1] !== REDO_FORMAT || !foldsToZero(bytes, at, REDO_BLOCK_BYTES)) return null;
  return { blockNumber: bytes.readUInt32LE(at + 4), sequence: bytes.readUInt32LE(at + 8) };
}

/** Whether the block at `at` follows the given one, by its marks alone: cheap enough for every block. */
export function continuesRedo(bytes: Buffer, at: number, previous: RedoBlock): boolean {
  return (
    bytes[at + 1] === REDO_FORMAT &&
    bytes.readUInt32LE(at + 4) === previous.blockNumber + 1 &&
    bytes.readUInt32LE(at + 8) === previous.sequence
  );
}

/** Oracle's block checksum: all 16-bit words of the block, the stored checksum among them, fold to zero. An all-zero block does not count. */
function foldsToZero(bytes: Buffer, at: number, length: number): boolean {
  let folded = 0;
  let any = 0;
  for (let i = at; i < at + length; i += 4) {
    const word = bytes.readUInt32LE(i);
    folded ^= word;
    any |= word;
  }
  return any !== 0 && ((folded ^ (folded >>> 16)) & 0xffff) === 0;
}
