// A piece that is being written, from OPENED to CLOSED or ABORTED. It keeps the promises of PieceWriter: calls never overlap, and a
// piece that failed is discarded exactly once, however the failure came about.
import { failureOf, type SbtFailure } from './sbt-failure';
import { type PieceReceipt, type PieceWriter } from './sbt-session';

export interface IncomingPieceEvents {
  /** The piece failed between two answers: the client must be told unasked. */
  failed(failure: SbtFailure, thrown: unknown): void;
  /** Discarding went wrong; garbage may be left behind, but nothing that RMAN could find. */
  discardFailed(thrown: unknown): void;
}

export class IncomingPiece {
  private failure: SbtFailure | null = null;
  private finishing = false;
  private pending: Promise<void> | null = null;
  private closing: Promise<PieceReceipt> | null = null;
  private discarded: Promise<void> = Promise.resolve();
  private readonly onSignal = () => {
    this.fail(this.writer.failed?.reason);
  };

  constructor(
    private readonly writer: PieceWriter,
    readonly blockBytes: number,
    private readonly events: IncomingPieceEvents,
  ) {}

  /** From now on a failure between two blocks is reported. Called when the client knows that the piece is open. */
  start(): void {
    if (this.writer.failed?.aborted) this.onSignal();
    else this.writer.failed?.addEventListener('abort', this.onSignal, { once: true });
  }

  /** The hot path: one call, and one promise where the writer wants one, per read of the socket. Never rejects. */
  write(bytes: Uint8Array): Promise<void> | void {
    if (this.failure !== null) return; // the client has sent this before it read that the piece failed
    try {
      const written = this.writer.write(bytes);
      if (written === undefined) return;
      this.pending = this.settle(written);
      return this.pending;
    } catch (error) {
      this.fail(error);
    }
  }

  /** @throws what made the piece fail; it has been discarded then */
  async close(): Promise<PieceReceipt> {
    this.finish();
    if (this.failure !== null) {
      await this.discarded;
      throw this.failure;
    }
    this.closing = this.closeWriter();
    return this.closing;
  }

  /** Resolves when the piece is gone, or when the close that was under way has ended. Never rejects. */
  async abort(reason: string): Promise<void> {
    this.finish();
    if (this.closing !== null) await Promise.allSettled([this.closing]);
    else await (this.failure === null ? this.discard(reason) : this.discarded);
  }

  /** The piece fails for a reason from outside. Nothing happens to one that is being closed or discarded. */
  fail(thrown: unknown): void {
    if (this.failure !== null || this.finishing) return;
    this.failure = failureOf(thrown);
    this.events.failed(this.failure, thrown);
    this.discarded = this.discard(this.failure.message);
  }

  private async closeWriter(): Promise<PieceReceipt> {
    try {
      return await this.writer.close();
    } catch (error) {
      await this.discard(failureOf(error).message);
      throw error;
    }
  }

  private finish(): void {
    this.finishing = true;
    this.writer.failed?.removeEventListener('abort', this.onSignal);
  }

  private async settle(written: Promise<void>): Promise<void> {
    try {
      await written;
      this.pending = null;
    } catch (error) {
      this.pending = null;
      this.fail(error);
    }
  }

  private async discard(reason: string): Promise<void> {
    await this.pending;
    try {
      await this.writer.abort(reason);
    } catch (error) {
      this.events.discardFailed(error);
    }
  }
}
