// One connection of one RMAN channel: which frame may come when, and what each does to the session behind it.
import { type Socket } from 'node:net';
import { FrameChannel, type FrameHandlers } from './frame-channel';
import { type Frame, FRAME_TYPES, FrameError, type FrameHeader, type FrameType, PAYLOAD_BYTES_MAX } from './frame';
import {
  decodeCommand,
  decodeHandles,
  decodeHello,
  decodeOpenRead,
  decodeOpenWrite,
  encodeError,
  encodeInfoList,
  encodeReceipt,
} from './payloads';
import { OutgoingPiece } from './outgoing-piece';
import { failureOf, SBT_CODES, SbtFailure } from './sbt-failure';
import { type PieceWriter, type SbtHello, type SbtSession } from './sbt-session';

export type SbtLog = (event: string, fields: Record<string, unknown>) => void;

export interface ConnectionOptions {
  readonly authorise: (hello: SbtHello) => Promise<SbtSession>;
  readonly log: SbtLog;
  readonly keepAliveEveryMs: number;
  readonly helloLimitMs: number;
  /** The connection is over and the session, if there was one, has ended. */
  readonly over: () => void;
}

type State =
  | { readonly kind: 'greeting' }
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'writing';
      readonly writer: PieceWriter;
      readonly blockBytes: number;
      readonly forget: () => void;
    }
  | { readonly kind: 'failed'; readonly failure: SbtFailure }
  | { readonly kind: 'reading'; readonly piece: OutgoingPiece }
  | { readonly kind: 'left' };

/** Which frames each state takes; any other ends the connection. */
const EXPECTED: Readonly<Record<State['kind'], readonly FrameType[]>> = {
  greeting: [FRAME_TYPES.hello],
  idle: [
    FRAME_TYPES.openWrite,
    FRAME_TYPES.openRead,
    FRAME_TYPES.info,
    FRAME_TYPES.remove,
    FRAME_TYPES.command,
    FRAME_TYPES.bye,
  ],
  writing: [FRAME_TYPES.data, FRAME_TYPES.close, FRAME_TYPES.abort, FRAME_TYPES.bye],
  failed: [FRAME_TYPES.data, FRAME_TYPES.close, FRAME_TYPES.abort, FRAME_TYPES.bye],
  reading: [FRAME_TYPES.close, FRAME_TYPES.abort, FRAME_TYPES.bye],
  left: [],
};

/** Longest payload of each frame a client sends: what a stranger can make us keep before it has said hello is 4 KiB. */
const CLIENT_PAYLOAD_BYTES_MAX: Partial<Record<FrameType, number>> = {
  [FRAME_TYPES.hello]: 4096,
  [FRAME_TYPES.openWrite]: 1024,
  [FRAME_TYPES.openRead]: 1024,
  [FRAME_TYPES.data]: PAYLOAD_BYTES_MAX,
  [FRAME_TYPES.info]: 1024 * 1024,
  [FRAME_TYPES.remove]: 1024 * 1024,
  [FRAME_TYPES.command]: 1024,
};

export class Connection implements FrameHandlers {
  private readonly channel: FrameChannel;
  private readonly helloTimer: NodeJS.Timeout;
  private state: State = { kind: 'greeting' };
  private session: SbtSession | null = null;
  private ended: Promise<void> | null = null;
  /** Settles when the last failed piece has been discarded. */
  private discarding: Promise<void> = Promise.resolve();
  /** True while `write` of the open piece is pending. */
  private writePending = false;
  private names: Record<string, unknown> = {};

  constructor(
    socket: Socket,
    private readonly options: ConnectionOptions,
  ) {
    this.channel = new FrameChannel(socket, this, options.keepAliveEveryMs);
    this.helloTimer = setTimeout(() => {
      options.log('connection.refused', { reason: 'no hello in time' });
      this.channel.destroy();
    }, options.helloLimitMs);
  }

  /** Ends the connection at once, as if the client had gone. */
  destroy(): void {
    this.channel.destroy();
  }

  admit(header: FrameHeader): void {
    if (!EXPECTED[this.state.kind].includes(header.type)) {
      throw new FrameError(`frame type ${header.type} came while ${this.state.kind}`);
    }
    const longest = CLIENT_PAYLOAD_BYTES_MAX[header.type] ?? 0;
    if (header.length > longest) throw new FrameError(`frame type ${header.type} with ${header.length} bytes`);
    if (this.state.kind === 'writing' && header.type === FRAME_TYPES.data) {
      const { blockBytes } = this.state;
      if (header.length !== blockBytes)
        throw new FrameError(`a block of ${header.length} bytes, not ${blockBytes}`);
    }
  }

  frame(frame: Frame): Promise<void> | void {
    switch (frame.type) {
      case FRAME_TYPES.data:
        return this.takeBlock(frame.payload);
      case FRAME_TYPES.hello:
        return this.greet(frame);
      case FRAME_TYPES.openWrite:
        return this.answer(frame, (session) => this.openWrite(session, frame.payload));
      case FRAME_TYPES.openRead:
        return this.answer(frame, (session) => this.openRead(session, frame.payload));
      case FRAME_TYPES.close:
        return this.answer(frame, () => this.closePiece());
      case FRAME_TYPES.abort:
        return this.answer(frame, () => this.abortPiece());
      case FRAME_TYPES.info:
        return this.answer(frame, (session) => this.info(session, frame.payload));
      case FRAME_TYPES.remove:
        return this.answer(frame, (session) => this.remove(session, frame.payload));
      case FRAME_TYPES.command:
        return this.answer(frame, (session) => this.command(session, frame.payload));
      case FRAME_TYPES.bye:
        return this.leave('ended', 'the library said good-bye');
      default:
        throw new FrameError(`frame type ${frame.type} is not for a server`);
    }
  }

  refused(error: FrameError): Uint8Array {
    this.options.log('frame.refused', { ...this.names, reason: error.message });
    const text = `ADY_SBT_PROTOCOL: ${error.message} | HINT: install libobk.so and the dedup-worker from the same release`;
    return encodeError(0, new SbtFailure(SBT_CODES.failed, text));
  }

  gone(): void {
    this.leave('lost', 'the connection to the Oracle server process was lost').then(this.options.over, () =>
      this.options.over(),
    );
  }

  private async greet(frame: Frame): Promise<void> {
    clearTimeout(this.helloTimer);
    const hello = decodeHello(frame.payload);
    this.names = { runId: hello.runId, channel: hello.channel, pid: hello.pid };
    try {
      this.session = await this.options.authorise(hello);
    } catch (error) {
      const failure = failureOf(error);
      this.options.log('connection.refused', { ...this.names, reason: failure.message });
      this.channel.send(FRAME_TYPES.error, encodeError(frame.sequence, failure));
      this.channel.end();
      return;
    }
    this.options.log('session.opened', { ...this.names, libraryVersion: hello.libraryVersion });
    this.state = { kind: 'idle' };
    this.channel.send(FRAME_TYPES.welcome);
  }

  /** Runs one question and sends its answer, or the ERROR that answers it. A broken payload is not a question. */
  private async answer(
    question: Frame,
    work: (session: SbtSession) => Promise<{ type: FrameType; payload?: Uint8Array; then?: () => void }>,
  ): Promise<void> {
    if (this.session === null) throw new FrameError('a question before hello');
    try {
      const { type, payload, then } = await work(this.session);
      this.channel.send(type, payload);
      then?.();
    } catch (error) {
      if (error instanceof FrameError) throw error;
      const failure = failureOf(error);
      if (!(error instanceof SbtFailure)) this.logError('call.failed', error);
      this.channel.send(FRAME_TYPES.error, encodeError(question.sequence, failure));
    }
  }

  private async openWrite(session: SbtSession, payload: Uint8Array) {
    const piece = decodeOpenWrite(payload);
    if (piece.blockBytes < 1 || piece.blockBytes > PAYLOAD_BYTES_MAX) {
      throw new FrameError(`blocks of ${piece.blockBytes} bytes`);
    }
    const writer = await session.openPiece(piece);
    const { failed } = writer;
    const onFailed = () => {
      this.failPiece(writer, failed?.reason);
    };
    failed?.addEventListener('abort', onFailed);
    const forget = () => failed?.removeEventListener('abort', onFailed);
    this.state = { kind: 'writing', writer, blockBytes: piece.blockBytes, forget };
    const then = () => {
      if (failed?.aborted) onFailed();
    };
    return { type: FRAME_TYPES.opened, then };
  }

  /** The hot path: one call, and one promise where the writer wants one, per SBT block. */
  private takeBlock(block: Uint8Array): Promise<void> | void {
    const { state } = this;
    if (state.kind !== 'writing') return; // the piece has failed, and the client has not read that yet
    try {
      const written = state.writer.write(block);
      if (written === undefined) return;
      this.writePending = true;
      return written
        .finally(() => {
          this.writePending = false;
        })
        .catch((error: unknown) => {
          this.failPiece(state.writer, error);
        });
    } catch (error) {
      this.failPiece(state.writer, error);
    }
  }

  /** Tells the client at once, unasked, and discards the piece as soon as its writer is free. */
  private failPiece(writer: PieceWriter, error: unknown): void {
    if (this.state.kind !== 'writing' || this.state.writer !== writer) return;
    const failure = failureOf(error);
    this.logError('piece.failed', error);
    this.state.forget();
    this.state = { kind: 'failed', failure };
    this.channel.send(FRAME_TYPES.error, encodeError(0, failure));
    this.discarding = this.discardLater(writer, failure.message);
  }
