// One socket as a channel of frames: one frame is handled at a time, and the socket is not read while its handler is pending, which
// is all the back-pressure there is. DATA comes in parts, straight out of the buffer the socket is read into. Also sends KEEPALIVE, so that a client that waits can tell a slow server from a dead one.
import { type Socket } from 'node:net';
import {
  encodeHeader,
  type Frame,
  FRAME_TYPES,
  FrameError,
  type FrameHeader,
  type FrameType,
  nextSequence,
} from './frame';
import { FrameParser } from './frame-parser';
import { readIntoBuffer } from './read-into-buffer';

/** A closing socket gets this long to take its last frame before it is destroyed. */
const LAST_WORDS_LIMIT_MS = 5000;

const NOTHING = new Uint8Array(0);

export interface FrameHandlers {
  /** Judges a header before its payload is read; throws FrameError to refuse it. */
  admit(header: FrameHeader): void;
  /** Handles one frame; its payload is valid until the promise settles. Only FrameError may be thrown. */
  frame(frame: Frame): Promise<void> | void;
  /** The client broke the protocol; what to tell it before the socket closes. */
  refused(error: FrameError): Uint8Array;
  /** The socket has closed; a handler may still be pending. */
  closed(): void;
  /** The socket has closed, and no handler is pending. Called exactly once. */
  gone(): void;
}

export class FrameChannel {
  private readonly socket: Socket;
  private readonly parser: FrameParser;
  private readonly keepAlive: NodeJS.Timeout;
  private sequence = 0;
  private open = true;
  private handling = false;
  private reported = false;
  private waiting = 0;

  constructor(
    accepted: Socket,
    private readonly handlers: FrameHandlers,
    keepAliveEveryMs: number,
  ) {
    this.parser = new FrameParser((header) => {
      handlers.admit(header);
    }, FRAME_TYPES.data);
    const socket = (this.socket = readIntoBuffer(accepted, (bytes) => this.take(bytes)));
    this.keepAlive = setInterval(() => {
      // Bytes that wait in the socket show that the client is the slow one: it needs no sign of life.
      if (this.waiting > 0 && socket.writableLength === 0) this.send(FRAME_TYPES.keepAlive);
    }, keepAliveEveryMs);
    this.keepAlive.unref();
    // A broken socket always closes; why it broke is of no use to anybody.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.stop();
      handlers.closed();
      this.reportGone();
    });
    socket.resume();
  }

  /** The header of the frame sent and the payload leave in one system call. @param sent called when they have left, or never will */
  send(type: FrameType, payload: Uint8Array = NOTHING, sent?: () => void): void {
    if (!this.open) {
      sent?.();
      return;
    }
    this.sequence = nextSequence(this.sequence);
    const header = encodeHeader(type, payload.length, this.sequence);
    if (payload.length === 0) {
      this.socket.write(header, sent);
      return;
    }
    this.socket.cork();
    this.socket.write(header);
    this.socket.write(payload, sent);
    this.socket.uncork();
  }

  /** Sends and waits until the payload has left, so that its memory can be used again; false when the socket is gone. */
  async sendPaced(type: FrameType, payload: Uint8Array): Promise<boolean> {
    await new Promise<void>((resolve) => {
      this.send(type, payload, resolve);
    });
    return this.open;
  }

  /** The client waits for `work`: while it does, it is told that we are alive. */
  async whileClientWaits<T>(work: Promise<T>): Promise<T> {
    this.waiting++;
    try {
      return await work;
    } finally {
      this.waiting--;
    }
  }

  /** Sends what is queued, then closes. Nothing that still arrives is looked at. */
  end(): void {
    if (!this.open) return;
    this.stop();
    this.socket.destroySoon();
    setTimeout(() => this.socket.destroy(), LAST_WORDS_LIMIT_MS).unref();
  }

  /** Closes at once. */
  destroy(): void {
    this.stop();
    this.socket.destroy();
  }

  private stop(): void {
    this.open = false;
    clearInterval(this.keepAlive);
  }

  private reportGone(): void {
    if (this.handling || this.reported || !this.socket.closed) return;
    this.reported = true;
    this.handlers.gone();
  }

  private take(chunk: Uint8Array): void {
    if (!this.open) return;
    this.parser.push(chunk);
    this.handleFrames();
  }

  /** Handles what has arrived until it is used up or a handler takes its time. */
  private handleFrames(): void {
    try {
      while (this.open) {
        const frame = this.parser.next();
        if (frame === null) return;
        const handled = this.handlers.frame(frame);
        if (handled !== undefined) {
          this.handleLater(handled);
          return;
        }
      }
    } catch (error) {
      this.refuse(error);
    }
  }

  private handleLater(handled: Promise<void>): void {
    this.handling = true;
    this.socket.pause();
    this.whileClientWaits(handled)
      .catch((error: unknown) => {
        this.refuse(error);
      })
      .finally(() => {
        this.handling = false;
        this.handleFrames();
        if (this.open && !this.isHandling()) this.socket.resume();
        this.reportGone();
      })
      .catch((error: unknown) => {
        this.refuse(error);
      });
  }

  /** As a method: handleFrames has changed the field behind the compiler's back. */
  private isHandling(): boolean {
    return this.handling;
  }

  private refuse(error: unknown): void {
    const broken = error instanceof FrameError ? error : new FrameError('internal error', { cause: error });
    this.send(FRAME_TYPES.error, this.handlers.refused(broken));
    this.end();
  }
}
