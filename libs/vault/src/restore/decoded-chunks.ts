// Chunks decoded last that will be needed again, up to a bound in bytes: patches, which hold blocks of many slots, and what a stream
// repeats. Shared by all restores of a process: pieces of one file need the same patches where they meet.
import { PackTable } from '../format/pack-table';
import { type PackRef } from '../format/pack';
import { DECODED_BYTES_KEPT_MAX } from '../limits';

/** A pack offset is a u32. */
const OFFSETS = 2 ** 32;

export class DecodedChunks {
  private readonly packs = new PackTable();
  private readonly chunks = new Map<number, Buffer>();
  private bytes = 0;

  /** A number for the pack that `get` and `keep` take. */
  numberOf(pack: PackRef): number {
    return this.packs.numberOf(pack);
  }

  get(pack: number, offset: number): Buffer | undefined {
    const key = pack * OFFSETS + offset;
    const found = this.chunks.get(key);
    if (found !== undefined) {
      this.chunks.delete(key);
      this.chunks.set(key, found); // used last, dropped last
    }
    return found;
  }

  /** Copies. */
  keep(pack: number, offset: number, decoded: Uint8Array): void {
    const key = pack * OFFSETS + offset;
    if (this.chunks.has(key)) return;
    const copy = Buffer.allocUnsafeSlow(decoded.length);
    copy.set(decoded);
    this.chunks.set(key, copy);
    this.bytes += copy.length;
    for (const [oldest, old] of this.chunks) {
      if (this.bytes <= DECODED_BYTES_KEPT_MAX) break;
      this.chunks.delete(oldest);
      this.bytes -= old.length;
    }
  }
}
