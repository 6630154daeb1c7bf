// The client's side of the SBT socket as libobk.so has it: one connection per channel, a piece of whole blocks out, a piece back in. It runs
// outside of what is measured.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  encodeHeader,
  FRAME_TYPES,
  nextSequence,
  type Frame,
  type FrameType,
} from '../../../libs/sbt/src/frame';
import { FrameParser } from '../../../libs/sbt/src/frame-parser';
import { SBT_BLOCK_BYTES } from '../stream/data-file-piece';

/** Blocks that may wait for the socket: one being sent while the next is read. */
const BLOCKS_WAITING_MAX = 2;

export interface ChannelToOpen {
  readonly socketPath: string;
  readonly runId: string;
  readonly token: string;
  readonly channel: string;
  readonly dbid: string;
}

export class SbtClient {
  private sequence = 0;
  private readonly parser = new FrameParser(() => undefined);
  private answer: PromiseWithResolvers<FrameType> | null = null;
  private sink: (bytes: Uint8Array) => void = () => undefined;

  private constructor(
    private readonly socket: Socket,
    private readonly dbid: string,
  ) {
    socket.on('data', (bytes: Buffer) => this.take(bytes));
    socket.on('error', (error) => this.answer?.reject(error));
    socket.on('close', () => this.answer?.reject(new Error('the dedup-worker closed the connection')));
  }

  static async open(options: ChannelToOpen): Promise<SbtClient> {
    const socket = connect(options.socketPath);
    await once(socket, 'connect');
    const client = new SbtClient(socket, options.dbid);
    const names = [options.runId, options.token, options.channel, 'bench'].map(text);
    await client.ask('hello', 'welcome', Buffer.concat([u32(process.pid), ...names]));
    return client;
  }

  async writePiece(handle: string, blocks: Iterable<Buffer>): Promise<void> {
    const open = Buffer.concat([
      ...[u32(SBT_BLOCK_BYTES), u32(1), u64(BigInt(this.dbid))],
      ...[text('ORCL'), text(handle)],
    ]);
    await this.ask('openWrite', 'opened', open);
    const waiting: Promise<void>[] = [];
    for (const block of blocks) {
      waiting.push(this.send('data', block));
      if (waiting.length >= BLOCKS_WAITING_MAX) await waiting.shift();
    }
    await Promise.all(waiting);
    await this.ask('close', 'closed');
  }

  async readPiece(handle: string, sink: (bytes: Uint8Array) => void): Promise<void> {
    this.sink = sink;
    await this.ask('openRead', 'opened', Buffer.concat([u32(SBT_BLOCK_BYTES), text(handle)]));
    await this.untilAnswered('dataEnd');
    await this.ask('close', 'closed');
  }

  async end(): Promise<void> {
    const closed = once(this.socket, 'close');
    await this.send('bye');
    this.socket.resume();
    await closed;
  }

  private async ask(
    type: keyof typeof FRAME_TYPES,
    answer: keyof typeof FRAME_TYPES,
    payload?: Buffer,
  ): Promise<void> {
    const answered = this.untilAnswered(answer);
    await this.send(type, payload);
    await answered;
  }

  private async untilAnswered(wanted: keyof typeof FRAME_TYPES): Promise<void> {
    this.answer ??= unanswered();
    const came = await this.answer.promise;
    if (came !== FRAME_TYPES[wanted]) throw new Error(`frame ${came} came instead of ${wanted}`);
  }

  private async send(type: keyof typeof FRAME_TYPES, payload: Uint8Array = Buffer.alloc(0)): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.sequence = nextSequence(this.sequence);
    this.socket.cork();
    this.socket.write(encodeHeader(FRAME_TYPES[type], payload.length, this.sequence));
    this.socket.write(payload, (error) => (error ? reject(error) : resolve()));
    this.socket.uncork();
    return promise;
  }

  private take(bytes: Buffer): void {
    this.parser.push(bytes);
    for (let frame = this.parser.next(); frame !== null; frame = this.parser.next()) this.heed(frame);
  }

  private heed({ type, payload }: Frame): void {
    if (type === FRAME_TYPES.keepAlive) return;
    if (type === FRAME_TYPES.data) {
      this.sink(payload);
      return;
    }
    const { answer } = this;
    this.answer = type === FRAME_TYPES.opened ? unanswered() : null; // the end of a short piece may be here already
    if (type === FRAME_TYPES.error)
      answer?.reject(new Error(Buffer.from(payload).subarray(10).toString('utf8')));
    else answer?.resolve(type);
  }
}

/** A failure nobody waits for yet is told again as the answer to the next question. */
function unanswered(): PromiseWithResolvers<FrameType> {
  const answer = Promise.withResolvers<FrameType>();
  answer.promise.catch(() => undefined);
  return answer;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  const length = Buffer.alloc(2);
  length.writeUInt16LE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}
