// A Bloom filter over chunk ids: it says for certain that a chunk is not in a segment, so that new chunks cost no disk read. Ids are keyed
// hashes: eight of their bytes are as good as hashes of them. Part of the format.
import { INDEX_FILTER_BITS_PER_CHUNK } from '../limits';

/** Bits looked at for each id: at 12 bits per chunk, one absent id in about 300 passes. Part of the format. */
const PROBES = 8;
const FIRST_HASH_AT = 8;
const SECOND_HASH_AT = 12;

export class IdFilter {
  private readonly bitCount: number;

  constructor(readonly bytes: Uint8Array) {
    this.bitCount = bytes.length * 8;
  }

  static forChunks(chunks: number): IdFilter {
    return new IdFilter(new Uint8Array(Math.ceil((chunks * INDEX_FILTER_BITS_PER_CHUNK) / 8)));
  }

  add(id: Buffer): void {
    const step = (id.readUInt32LE(SECOND_HASH_AT) | 1) >>> 0;
    let hash = id.readUInt32LE(FIRST_HASH_AT);
    for (let probe = 0; probe < PROBES; probe += 1, hash = (hash + step) >>> 0) {
      const bit = hash % this.bitCount;
      this.bytes[bit >>> 3] = (this.bytes[bit >>> 3] ?? 0) | (1 << (bit & 7));
    }
  }

  mayHold(id: Buffer): boolean {
    const step = (id.readUInt32LE(SECOND_HASH_AT) | 1) >>> 0;
    let hash = id.readUInt32LE(FIRST_HASH_AT);
    for (let probe = 0; probe < PROBES; probe += 1, hash = (hash + step) >>> 0) {
      const bit = hash % this.bitCount;
      if (((this.bytes[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
    }
    return true;
  }
}
