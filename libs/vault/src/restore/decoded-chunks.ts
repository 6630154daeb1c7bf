// The chunks decoded last, up to a bound in bytes: a stream often repeats itself (empty blocks, above all).
import { DECODED_BYTES_KEPT_MAX } from '../limits';

export class DecodedChunks {
  private readonly chunks = new Map<number, Uint8Array>();
  private bytes = 0;

  get(chunk: number): Uint8Array | undefined {
    const found = this.chunks.get(chunk);
    if (found !== undefined) {
      this.chunks.delete(chunk);
      this.chunks.set(chunk, found); // used last, dropped last
    }
    return found;
  }

  /** Copies, so that one small chunk does not keep a whole range alive. */
  keep(chunk: number, decoded: Uint8Array): void {
    if (this.chunks.has(chunk)) return;
    this.chunks.set(chunk, Uint8Array.from(decoded));
    this.bytes += decoded.length;
    for (const [oldest, old] of this.chunks) {
      if (this.bytes <= DECODED_BYTES_KEPT_MAX) break;
      this.chunks.delete(oldest);
      this.bytes -= old.length;
    }
  }
}
