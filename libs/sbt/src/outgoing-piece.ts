// A piece that is being read: streams DATA frames as fast as the socket takes them, until the end or until the client has enough.
// At most one run of the reader's bytes is on its way at any time.
import { FRAME_TYPES, PAYLOAD_BYTES_MAX } from './frame';
import { type FrameChannel } from './frame-channel';
import { type PieceReader } from './sbt-session';

export interface OutgoingPieceEvents {
  /** The piece failed in the middle: the client must be told unasked. */
  failed(thrown: unknown): void;
  /** The reader could not be closed; the bytes it gave are good all the same. */
  closeFailed(thrown: unknown): void;
}

export class OutgoingPiece {
  private stopped = false;
  private streaming: Promise<void> = Promise.resolve();

  constructor(
    private readonly reader: PieceReader,
    private readonly channel: FrameChannel,
    private readonly events: OutgoingPieceEvents,
  ) {}

  /** Called when the client knows that the piece is open. */
  start(): void {
    this.streaming = this.stream();
  }

  /** No more bytes come, for a reason from outside. */
  fail(thrown: unknown): void {
    if (this.stopped) return;
    this.stopped = true;
    this.events.failed(thrown);
  }

  /** Stops the stream and closes the reader. Never rejects. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.streaming;
    try {
      await this.reader.close();
    } catch (error) {
      this.events.closeFailed(error);
    }
  }

  private async stream(): Promise<void> {
    try {
      for (;;) {
        const bytes = await this.channel.whileClientWaits(this.reader.read());
        if (this.stopped) return;
        if (bytes === null) {
          this.channel.send(FRAME_TYPES.dataEnd);
          return;
        }
        if (!(await this.sendAll(bytes))) return;
      }
    } catch (error) {
      if (!this.stopped) this.events.failed(error);
    }
  }

  /** False when nobody wants more. */
  private async sendAll(bytes: Uint8Array): Promise<boolean> {
    for (let at = 0; at < bytes.length; at += PAYLOAD_BYTES_MAX) {
      const part = bytes.subarray(at, at + PAYLOAD_BYTES_MAX);
      if (!(await this.channel.sendPaced(FRAME_TYPES.data, part)) || this.stopped) return false;
    }
    return true;
  }
}
