/** rman's side of a channel: the process behind it, one job at a time. */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ChannelJobs,
  type FromChannel,
  type JobKind,
  type JobResult,
  type OpenJob,
  type ToChannel,
} from './channel-protocol';
import { type DeviceType } from './ast';
import { RmanError } from './rman-error';

const PROCESS = join(__dirname, 'channel-main.js');
/** A channel that was told to close gets this long before its process is ended. */
const CLOSE_TIMEOUT_MS = 10_000;

/** The kernel sends its first probe on an idle connection after this long, unless LAB_KEEPALIVE_SECONDS says otherwise. */
const KEEPALIVE_SECONDS_DEFAULT = 7200;
const SILENCE_CHECK_MS = 250;
const LOST = 'ORA-03113: end-of-file on communication channel';
const SILENT = 'ORA-03135: connection lost contact';

/** A job that failed on a named channel: RMAN-03009 instead of RMAN-03002. */
export class ChannelError extends RmanError {
  constructor(
    readonly channel: string,
    lines: string[],
  ) {
    super(lines);
    this.name = 'ChannelError';
  }
}

export interface ChannelListener {
  print: (lines: string[]) => void;
  count: (inputBytes: number, outputBytes: number) => void;
}

interface Waiting {
  id: number;
  resolve: (result: unknown) => void;
  reject: (error: ChannelError) => void;
}

export class Channel {
  private readonly child: ChildProcess;
  private readonly exited: Promise<void>;
  private waiting: Waiting | undefined;
  private nextId = 1;
  private silentSinceMs: number | undefined;
  private cause = LOST;
  /** No job may be given to it any more. */
  isDead = false;

  private constructor(
    readonly name: string,
    readonly device: DeviceType,
    /** FORMAT and MAXPIECESIZE of ALLOCATE CHANNEL. */
    readonly format: string | null,
    readonly maxPieceBytes: number | null,
    private readonly listener: ChannelListener,
  ) {
    // Like a server process it belongs to the database and not to rman: no signal to rman's group reaches it, and it holds none of its files.
    this.child = fork(PROCESS, { detached: true, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.child.stderr?.on('data', (text: Buffer) => process.stderr.write(text));
    this.child.on('message', (message: FromChannel) => {
      this.receive(message);
    });
    const keepAlive = setInterval(() => this.checkSilence(), SILENCE_CHECK_MS);
    this.exited = new Promise((resolve) => {
      const end = () => {
        clearInterval(keepAlive);
        this.lose();
        resolve();
      };
      // What the process said last may come in after its end.
      this.child.once('exit', () => {
        if (this.child.connected) this.child.once('disconnect', end);
        else end();
      });
    });
  }

  /** Starts the process and allocates the channel. Throws ChannelError; the process is gone then. */
  static async allocate(job: OpenJob, listener: ChannelListener): Promise<Channel> {
    const channel = new Channel(
      job.name,
      job.device,
      job.settings.format,
      job.settings.maxPieceBytes,
      listener,
    );
    try {
      await channel.run(job);
      return channel;
    } catch (error) {
      await channel.close();
      throw error;
    }
  }

  /** Throws ChannelError with the job's error stack. */
  run<K extends JobKind>(job: ChannelJobs[K]['job'] & { kind: K }): Promise<JobResult<K>> {
    if (this.isDead) return Promise.reject(this.terminated());
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting = { id, resolve: resolve as (result: unknown) => void, reject };
      this.tell({ id, job });
    });
  }

  /** The job under way ends with ORA-01013 at its next media block. */
  cancel(): void {
    this.tell({ cancel: true });
  }

  /** Ends the process; what it still does is given up. Answers what the library said against it. */
  async close(): Promise<ChannelError | undefined> {
    if (this.isDead) return this.terminated();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), CLOSE_TIMEOUT_MS);
    const closing = this.run({ kind: 'close' }).then(
      () => undefined,
      (error: unknown) => (error instanceof ChannelError ? error : this.terminated()),
    );
    await this.exited;
    clearTimeout(timer);
    return closing;
  }

  /** The host of a hanging instance acknowledges nothing: its server processes are stopped, and the connection is given up in time. */
  private checkSilence(): void {
    if (!isStopped(this.child.pid)) {
      this.silentSinceMs = undefined;
      return;
    }
    this.silentSinceMs ??= performance.now();
    if (performance.now() - this.silentSinceMs < keepAliveMs()) return;
    this.cause = SILENT;
    this.child.kill('SIGKILL');
  }

  private tell(message: ToChannel): void {
    if (!this.child.connected) return;
    // A channel that dies in this moment shows by its exit.
    this.child.send(message, () => undefined);
  }

  private receive(message: FromChannel): void {
    if ('lines' in message && !('id' in message)) this.listener.print(message.lines);
    else if ('inputBytes' in message) this.listener.count(message.inputBytes, message.outputBytes);
    else this.settle(message);
  }

  private settle(message: Extract<FromChannel, { id: number }>): void {
    const waiting = this.waiting;
    if (waiting?.id !== message.id) return;
    this.waiting = undefined;
    if (message.ok) waiting.resolve(message.result);
    else waiting.reject(new ChannelError(this.name, message.lines));
  }

  private lose(): void {
    this.isDead = true;
    this.waiting?.reject(this.terminated());
    this.waiting = undefined;
  }

  private terminated(): ChannelError {
    return new ChannelError(this.name, [
      `RMAN-10038: database session for channel ${this.name} terminated unexpectedly`,
      this.cause,
    ]);
  }
}

function keepAliveMs(): number {
  return Number(process.env['LAB_KEEPALIVE_SECONDS'] ?? KEEPALIVE_SECONDS_DEFAULT) * 1000;
}

/** State T of proc(5); a process that is gone is not stopped. */
function isStopped(pid: number | undefined): boolean {
  try {
    return /^\d+ \(.*\) T/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
