// Buffers for packs, reused: one for each open piece and a few more for packs that are being uploaded. Who finds none waits; that is the
// back-pressure of a slow store, and what keeps memory flat.
import { PACK_BYTES_MAX, PACK_SLACK_BYTES, PACKS_IN_FLIGHT_MAX } from '../limits';

export class PackBuffers {
  private readonly free: Buffer[] = [];
  private readonly waiting: ((buffer: Buffer) => void)[] = [];
  private allocated = 0;
  private pieces = 0;

  pieceOpened(): void {
    this.pieces += 1;
    this.serveWaiting();
  }

  pieceEnded(): void {
    this.pieces -= 1;
    while (this.allocated > this.capacity && this.free.pop() !== undefined) this.allocated -= 1;
  }

  async take(): Promise<Buffer> {
    const buffer = this.free.pop() ?? this.allocate();
    if (buffer !== null) return buffer;
    const { promise, resolve } = Promise.withResolvers<Buffer>();
    this.waiting.push(resolve);
    return promise;
  }

  giveBack(buffer: Buffer): void {
    const next = this.waiting.shift();
    if (next !== undefined) next(buffer);
    else if (this.allocated > this.capacity) this.allocated -= 1;
    else this.free.push(buffer);
  }

  private get capacity(): number {
    return this.pieces + PACKS_IN_FLIGHT_MAX;
  }

  private allocate(): Buffer | null {
    if (this.allocated >= this.capacity) return null;
    this.allocated += 1;
    return Buffer.allocUnsafeSlow(PACK_BYTES_MAX + PACK_SLACK_BYTES);
  }

  private serveWaiting(): void {
    const next = this.waiting.shift();
    if (next === undefined) return;
    const buffer = this.allocate();
    if (buffer === null) this.waiting.unshift(next);
    else next(buffer);
  }
}
