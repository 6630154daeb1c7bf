// A blocked Bloom filter over chunk ids: it says for certain that a chunk is not in a segment, so that new chunks rarely cost a disk read.
// Ids are keyed hashes, so their bytes are the hashes: the u32 at byte 8, scaled, chooses a block of 512 bits, the eight u16 from byte 12
// on choose bits in it. Part of the format.
import { INDEX_FILTER_BITS_PER_CHUNK } from '../limits';

const BLOCK_BITS = 512;
const BLOCK_BYTES = BLOCK_BITS / 8;
const BLOCK_HASH_AT = 8;
const PROBES_AT = 12;
const PROBES_END = PROBES_AT + 16;

export class IdFilter {
  private readonly blocks: number;

  /** @param bytes whole blocks */
  constructor(readonly bytes: Uint8Array) {
    this.blocks = bytes.length / BLOCK_BYTES;
  }

  static forChunks(chunks: number): IdFilter {
    const blocks = Math.ceil((chunks * INDEX_FILTER_BITS_PER_CHUNK) / BLOCK_BITS);
    return new IdFilter(new Uint8Array(blocks * BLOCK_BYTES));
  }

  add(id: Buffer): void {
    const { bytes } = this;
    const block = this.blockOf(id);
    for (let probe = PROBES_AT; probe < PROBES_END; probe += 2) {
      const at = block + (((id[probe] ?? 0) | (((id[probe + 1] ?? 0) & 1) << 8)) >>> 3);
      bytes[at] = (bytes[at] ?? 0) | (1 << ((id[probe] ?? 0) & 7));
    }
  }

  mayHold(id: Buffer): boolean {
    const { bytes } = this;
    const block = this.blockOf(id);
    for (let probe = PROBES_AT; probe < PROBES_END; probe += 2) {
      const at = block + (((id[probe] ?? 0) | (((id[probe + 1] ?? 0) & 1) << 8)) >>> 3);
      if (((bytes[at] ?? 0) & (1 << ((id[probe] ?? 0) & 7))) === 0) return false;
    }
    return true;
  }

  private blockOf(id: Buffer): number {
    return (((id.readUInt32LE(BLOCK_HASH_AT) * this.blocks) / 2 ** 32) >>> 0) * BLOCK_BYTES;
  }
}
