// One connection of one RMAN channel: which frame may come when, and what each does to the session behind it.
import { type Socket } from 'node:net';
import { CLIENT_PAYLOAD_BYTES_MAX, type ConnectionState, EXPECTED_FRAMES } from './connection-state';
import { FrameChannel, type FrameHandlers } from './frame-channel';
import {
  type Frame,
  FRAME_TYPES,
  FrameError,
  type FrameHeader,
  type FrameType,
  PAYLOAD_BYTES_MAX,
} from './frame';
import { IncomingPiece } from './incoming-piece';
import { OutgoingPiece } from './outgoing-piece';
import {
  decodeCommand,
  decodeFence,
  decodeHandles,
  decodeHello,
  decodeOpenRead,
  decodeOpenWrite,
  encodeError,
  encodeInfoList,
  encodeProbed,
  encodeReceipt,
} from './payloads';
import { failureOf, SBT_CODES, SbtFailure } from './sbt-failure';
import { type SbtHello, type SbtSession } from './sbt-session';
import { type StoreFindings } from './store-findings';

/** `event` is `noun.verb-past`; the token is never among the fields. */
export type SbtLog = (event: string, fields: Record<string, unknown>) => void;

/** Refuses the token from now on: when it returns, every session of it has been stopped, and no other will be authorised. */
export type SbtFencing = (token: string) => void;

/** Tries the object store. @throws what failed */
export type SbtProbing = () => Promise<StoreFindings>;

export interface ConnectionOptions {
  readonly authorise: (hello: SbtHello) => Promise<SbtSession>;
  readonly fence: SbtFencing | undefined;
  readonly probe: SbtProbing | undefined;
  readonly log: SbtLog;
  readonly keepAliveEveryMs: number;
  readonly helloLimitMs: number;
  /** The socket is closed and the session, if there was one, has ended. */
  readonly over: () => void;
}

interface Answer {
  readonly type: FrameType;
  readonly payload?: Uint8Array;
  /** What begins once the client has been told. */
  readonly afterwards?: () => void;
}

export class Connection implements FrameHandlers {
  private readonly channel: FrameChannel;
  private readonly helloTimer: NodeJS.Timeout;
  private state: ConnectionState = { kind: 'greeting' };
  private session: SbtSession | null = null;
  private leaving: Promise<void> | null = null;
  /** The question under way; when the session was stopped its outcome interests nobody, but its end does. */
  private asking: Promise<unknown> = Promise.resolve();
  private names: Record<string, unknown> = {};
  private readonly onStopped = (): void => {
    this.stop(this.session?.stopped?.reason);
  };

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
    const { state } = this;
    if (!EXPECTED_FRAMES[state.kind].includes(header.type)) {
      throw new FrameError(`frame type ${header.type} came while ${state.kind}`);
    }
    if (header.length > (CLIENT_PAYLOAD_BYTES_MAX[header.type] ?? 0)) {
      throw new FrameError(`frame type ${header.type} came with ${header.length} bytes`);
    }
    if (state.kind !== 'writing' || header.type !== FRAME_TYPES.data) return;
    if (header.length !== state.piece.blockBytes) {
      throw new FrameError(`a block of ${header.length} bytes came instead of ${state.piece.blockBytes}`);
    }
  }

  frame(frame: Frame): Promise<void> | void {
    const { state } = this;
    if (frame.type === FRAME_TYPES.data) {
      // a stopped client has sent this before it read that it is
      return state.kind === 'writing' ? state.piece.write(frame.payload) : undefined;
    }
    if (frame.type === FRAME_TYPES.hello) return this.greet(frame);
    if (frame.type === FRAME_TYPES.fence) return this.fence(frame);
    if (frame.type === FRAME_TYPES.probe) return this.probe(frame.sequence);
    if (frame.type === FRAME_TYPES.bye) return this.sayGoodbye();
    return this.answer(frame);
  }

  refused(error: FrameError): Uint8Array {
    this.options.log('frame.refused', { ...this.names, reason: error.message, cause: error.cause });
    const hint = 'install libobk.so and adyton-dedup-worker from the same release';
    return encodeError(
      0,
      new SbtFailure(SBT_CODES.failed, `ADY_SBT_PROTOCOL: ${error.message} | HINT: ${hint}`),
    );
  }

  closed(): void {
    // Logged at once, also when a pending write or close holds up the rest: it is an early sign that an instance has gone.
    if (this.session !== null && this.leaving === null)
      this.options.log('connection.lost', { ...this.names, state: this.state.kind });
  }

  gone(): void {
    this.leave('lost').then(this.options.over, this.options.over);
  }

  private async greet(frame: Frame): Promise<void> {
    clearTimeout(this.helloTimer);
    const hello = decodeHello(frame.payload);
    this.names = { runId: hello.runId, channel: hello.channel, pid: hello.pid };
    try {
      this.session = await this.options.authorise(hello);
    } catch (error) {
      const failure = this.report('connection.refused', error);
      this.channel.send(FRAME_TYPES.error, encodeError(frame.sequence, failure));
      this.channel.end();
      return;
    }
    this.options.log('session.opened', { ...this.names, libraryVersion: hello.libraryVersion });
    this.state = { kind: 'idle' };
    this.session.stopped?.addEventListener('abort', this.onStopped, { once: true });
    this.channel.send(FRAME_TYPES.welcome);
  }

  private fence(frame: Frame): void {
    clearTimeout(this.helloTimer);
    const { fence } = this.options;
    if (fence === undefined) throw new FrameError('this server fences no tokens');
    fence(decodeFence(frame.payload));
    this.channel.send(FRAME_TYPES.fenced);
    this.channel.end();
  }

  /** Nobody waits for it here: a store that hangs holds up neither a client that gives up nor the end of the server. */
  private probe(sequence: number): void {
    clearTimeout(this.helloTimer);
    const { probe } = this.options;
    if (probe === undefined) throw new FrameError('this server probes no store');
    this.state = { kind: 'left' };
    void probe()
      .then(
        (findings) => this.channel.send(FRAME_TYPES.probed, encodeProbed(findings)),
        (error: unknown) => {
          const failure = this.report('store.probe-failed', error);
          this.channel.send(FRAME_TYPES.error, encodeError(sequence, failure));
        },
      )
      .then(() => this.channel.end());
  }

  private stop(reason: unknown): void {
    const { state } = this;
    this.state = { kind: 'stopped', before: state };
    if (state.kind === 'writing' || state.kind === 'reading') state.piece.fail(reason);
  }

  /** A question that ends after the stop changes nothing any more. */
  private enter(state: ConnectionState): void {
    if (this.state.kind !== 'stopped') this.state = state;
  }

  /** Runs one question and sends its answer, or the ERROR in its place. A broken payload is not a question. */
  private async answer(question: Frame): Promise<void> {
    if (this.session === null) throw new FrameError('a question came before hello');
    try {
      const { type, payload, afterwards } = await this.unlessStopped(this.session, question);
      this.channel.send(type, payload);
      afterwards?.();
    } catch (error) {
      if (error instanceof FrameError) throw error;
      const failure = this.report('call.failed', error);
      this.channel.send(FRAME_TYPES.error, encodeError(question.sequence, failure));
    }
  }

  /** Looks at the stop last, so that no answer of success leaves after it. @throws the reason of the stop, at once */
  private async unlessStopped(session: SbtSession, question: Frame): Promise<Answer> {
    const { stopped } = session;
    if (stopped === undefined) return this.ask(session, question);
    stopped.throwIfAborted();
    const asking = this.ask(session, question);
    this.asking = asking.catch(() => undefined);
    const answer = await unlessAborted(asking, stopped);
    stopped.throwIfAborted();
    return answer;
  }

  private ask(session: SbtSession, { type, payload }: Frame): Promise<Answer> {
    switch (type) {
      case FRAME_TYPES.openWrite:
        return this.openWrite(session, payload);
      case FRAME_TYPES.openRead:
        return this.openRead(session, payload);
      case FRAME_TYPES.close:
        return this.closePiece();
      case FRAME_TYPES.abort:
        return this.abortPiece();
      case FRAME_TYPES.info:
        return this.info(session, payload);
      case FRAME_TYPES.remove:
        return this.remove(session, payload);
      case FRAME_TYPES.command:
        return this.command(session, payload);
      default:
        throw new FrameError(`frame type ${type} is not for a server`);
    }
  }

  private async openWrite(session: SbtSession, payload: Uint8Array): Promise<Answer> {
    const request = decodeOpenWrite(payload);
    checkBlockBytes(request.blockBytes);
    const writer = await session.openPiece(request);
    if (session.stopped?.aborted === true) await writer.abort('the run was stopped');
    session.stopped?.throwIfAborted();
    const piece = new IncomingPiece(writer, request.blockBytes, {
      failed: (failure, thrown) => {
        this.report('piece.failed', thrown, request.handle);
        this.channel.send(FRAME_TYPES.error, encodeError(0, failure));
      },
      discardFailed: (thrown) => {
        this.report('piece.discard-failed', thrown, request.handle);
      },
    });
    this.enter({ kind: 'writing', piece });
    return {
      type: FRAME_TYPES.opened,
      afterwards: () => {
        piece.start();
      },
    };
  }

  private async openRead(session: SbtSession, payload: Uint8Array): Promise<Answer> {
    const request = decodeOpenRead(payload);
    checkBlockBytes(request.blockBytes);
    const reader = await session.readPiece(request);
    if (session.stopped?.aborted === true) await reader.close();
    session.stopped?.throwIfAborted();
    const piece = new OutgoingPiece(reader, this.channel, {
      failed: (thrown) => {
        const failure = this.report('piece.failed', thrown, request.handle);
        this.channel.send(FRAME_TYPES.error, encodeError(0, failure));
      },
      closeFailed: (thrown) => {
        this.report('piece.close-failed', thrown, request.handle);
      },
    });
    this.enter({ kind: 'reading', piece });
    return {
      type: FRAME_TYPES.opened,
      afterwards: () => {
        piece.start();
      },
    };
  }

  private async closePiece(): Promise<Answer> {
    const { state } = this;
    if (state.kind === 'writing') {
      // A piece is over whether its close works or not: RMAN opens the next one either way.
      const receipt = await state.piece.close().finally(() => {
        this.enter({ kind: 'idle' });
      });
      return { type: FRAME_TYPES.closed, payload: encodeReceipt(receipt) };
    }
    await this.dropPiece('');
    return { type: FRAME_TYPES.closed, payload: encodeReceipt({ label: '', comment: '' }) };
  }

  private async abortPiece(): Promise<Answer> {
    await this.dropPiece('RMAN aborted the piece');
    return { type: FRAME_TYPES.aborted };
  }

  private async dropPiece(reason: string): Promise<void> {
    const state = this.state.kind === 'stopped' ? this.state.before : this.state;
    if (state.kind === 'writing') await state.piece.abort(reason);
    if (state.kind === 'reading') await state.piece.stop();
    this.enter({ kind: 'idle' });
  }

  private async info(session: SbtSession, payload: Uint8Array): Promise<Answer> {
    const handles = decodeHandles(payload);
    return {
      type: FRAME_TYPES.infoList,
      payload: encodeInfoList(handles, await session.pieceInfo(handles)),
    };
  }

  private async remove(session: SbtSession, payload: Uint8Array): Promise<Answer> {
    await session.removePieces(decodeHandles(payload));
    return { type: FRAME_TYPES.removed };
  }

  private async command(session: SbtSession, payload: Uint8Array): Promise<Answer> {
    await session.command(decodeCommand(payload));
    return { type: FRAME_TYPES.done };
  }

  private async sayGoodbye(): Promise<void> {
    const left = this.leave('ended');
    if (this.state.kind !== 'stopped') await left; // what a stopped session leaves to be done must not hold up RMAN
    this.channel.end();
  }

  /** Discards what is open and ends the session, once, whichever of good-bye and loss comes first. */
  private leave(how: 'ended' | 'lost'): Promise<void> {
    this.leaving ??= this.endSession(how);
    return this.leaving;
  }

  private async endSession(how: 'ended' | 'lost'): Promise<void> {
    clearTimeout(this.helloTimer);
    this.session?.stopped?.removeEventListener('abort', this.onStopped);
    await this.asking;
    await this.dropPiece(
      how === 'lost' ? 'the connection to the Oracle server process was lost' : 'RMAN left the piece open',
    );
    this.state = { kind: 'left' };
    if (this.session === null) return;
    try {
      await this.session.end(how);
    } catch (error) {
      this.report('session.end-failed', error);
    }
    this.options.log('session.ended', { ...this.names, how });
  }

  private report(event: string, thrown: unknown, handle?: string): SbtFailure {
    const failure = failureOf(thrown);
    const unexpected = thrown instanceof SbtFailure ? {} : { error: thrown };
    const piece = handle === undefined ? {} : { handle };
    this.options.log(event, {
      ...this.names,
      ...piece,
      sbtCode: failure.sbtCode,
      reason: failure.message,
      ...unexpected,
    });
    return failure;
  }
}

/** @throws the signal's reason as soon as it is aborted; what `work` comes to then is for whoever keeps it */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const give = (): void => {
    reject(signal.reason as Error);
  };
  signal.addEventListener('abort', give, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', give);
  }
}

function checkBlockBytes(blockBytes: number): void {
  if (blockBytes < 1 || blockBytes > PAYLOAD_BYTES_MAX)
    throw new FrameError(`blocks of ${blockBytes} bytes were asked for`);
}
