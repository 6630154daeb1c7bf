// The other end of our library during a certification: it keeps the pieces, writes down every call RMAN makes, and answers wrongly where a
// step wants to see what RMAN does then.
import { serveSbt, SBT_CODES, SbtFailure, type PieceInfo, type SbtHello, type SbtSession } from '@adyton/sbt';
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CertifyVault } from './certify-vault';
import { PieceObserver, type PieceFacts } from './piece-facts';

export type SbtCall = 'init' | 'backup' | 'close' | 'restore' | 'info' | 'remove' | 'command' | 'end';

export interface TracedCall {
  readonly at: string;
  /** Server process of the channel. */
  readonly pid: number;
  readonly call: SbtCall;
  readonly handles: readonly string[];
  readonly answer: string;
}

/** What the next calls are answered instead of the truth. */
export interface Lies {
  readonly info?: 'error' | 'missing';
  readonly remove?: 'error';
  /** `error-but-first`: one piece is closed, the next is not. */
  readonly close?: 'error' | 'error-but-first';
  /** The server process gets SIGKILL when so many bytes of a piece have come. */
  readonly killAfterBytes?: number;
}

export const LIE_TEXT = 'ADYCERT: this failure is part of the certification';
const LABEL = 'adyton-certify';
const TOKEN_BYTES = 32;
const OWNER_ONLY = 0o600;

export interface MediaServerOptions {
  readonly vault: CertifyVault;
  readonly socketPath: string;
  /** Directory only this user can read. */
  readonly directory: string;
  /** Unit in which a piece is looked at, from its handle. */
  readonly unitBytesOf: (handle: string) => number;
}

export class MediaServer {
  readonly trace: TracedCall[] = [];
  readonly pieces = new Map<string, PieceFacts>();
  readonly bytesNew = new Map<string, number>();
  readonly written: string[] = [];
  lies: Lies = {};
  readonly tokenFile: string;
  private readonly tokenHash: Buffer;
  private server: Awaited<ReturnType<typeof serveSbt>> | null = null;

  constructor(private readonly options: MediaServerOptions) {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    this.tokenFile = join(options.directory, 'token');
    writeFileSync(this.tokenFile, token, { mode: OWNER_ONLY });
    this.tokenHash = sha256(token);
  }

  async start(): Promise<void> {
    this.server = await serveSbt({
      socketPath: this.options.socketPath,
      authorise: (hello) => Promise.resolve(this.welcome(hello)),
    });
  }

  async stop(): Promise<void> {
    await this.server?.close();
  }

  private welcome(hello: SbtHello): SbtSession {
    if (!timingSafeEqual(sha256(hello.token), this.tokenHash))
      throw new SbtFailure(SBT_CODES.failed, 'ADYCERT: this is not the token of the certification');
    this.note(hello.pid, 'init', [], 'ok');
    return this.session(hello.pid);
  }

  private session(pid: number): SbtSession {
    return {
      openPiece: ({ handle, blockBytes }) =>
        this.traced(pid, 'backup', [handle], () => this.receive(pid, handle, blockBytes)),
      readPiece: ({ handle }) => this.traced(pid, 'restore', [handle], () => this.options.vault.read(handle)),
      pieceInfo: (handles) => this.traced(pid, 'info', handles, () => this.infos(handles)),
      removePieces: (handles) => this.traced(pid, 'remove', handles, () => this.remove(handles)),
      command: (text) => this.traced(pid, 'command', [text], () => Promise.resolve()),
      end: (how) => {
        this.note(pid, 'end', [], how);
        return Promise.resolve();
      },
    };
  }

  private async receive(pid: number, handle: string, sbtBlockBytes: number) {
    const ingest = await this.options.vault.open(handle);
    const observer = new PieceObserver(handle, sbtBlockBytes, this.options.unitBytesOf(handle));
    let bytes = 0;
    return {
      write: (block: Uint8Array): Promise<void> | void => {
        observer.add(block);
        bytes += block.length;
        if (bytes >= (this.lies.killAfterBytes ?? Number.POSITIVE_INFINITY)) this.kill(pid);
        return ingest.write(block);
      },
      close: () =>
        this.traced(pid, 'close', [handle], async () => {
          if (this.lies.close === 'error') throw lie();
          if (this.lies.close === 'error-but-first') this.lies = { close: 'error' };
          const summary = await ingest.close();
          this.pieces.set(handle, observer.facts());
          this.bytesNew.set(handle, summary.bytesNew);
          this.written.push(handle);
          return { label: LABEL, comment: 'certification' };
        }),
      abort: () => ingest.abort(),
    };
  }

  private kill(pid: number): void {
    this.lies = {};
    this.note(pid, 'end', [], 'killed by the certification');
    process.kill(pid, 'SIGKILL');
  }

  private async infos(handles: readonly string[]): Promise<PieceInfo[]> {
    if (this.lies.info === 'error') throw lie();
    return Promise.all(handles.map((handle) => this.info(handle)));
  }

  private async info(handle: string): Promise<PieceInfo> {
    const found = this.lies.info === 'missing' ? null : await this.options.vault.find(handle);
    if (found === null) return { handle, found: false };
    const { createdAt, bytes } = found.recipe;
    const createdAtSeconds = Math.floor(Date.parse(createdAt) / 1000);
    return { handle, found: true, createdAtSeconds, label: LABEL, comment: 'certification', bytes };
  }

  private async remove(handles: readonly string[]): Promise<void> {
    if (this.lies.remove === 'error') throw lie();
    for (const handle of handles) await this.options.vault.remove(handle);
  }

  private async traced<T>(
    pid: number,
    call: SbtCall,
    handles: readonly string[],
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      const answer = await work();
      this.note(pid, call, handles, call === 'info' ? foundOf(answer as PieceInfo[]) : 'ok');
      return answer;
    } catch (error) {
      this.note(pid, call, handles, error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  private note(pid: number, call: SbtCall, handles: readonly string[], answer: string): void {
    this.trace.push({ at: new Date().toISOString(), pid, call, handles: [...handles], answer });
  }
}

function foundOf(infos: readonly PieceInfo[]): string {
  return infos.map(({ found }) => (found ? 'found' : 'not found')).join(', ');
}

function lie(): SbtFailure {
  return new SbtFailure(SBT_CODES.failed, LIE_TEXT);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
