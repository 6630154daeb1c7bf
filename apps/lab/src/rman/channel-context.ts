/** What the jobs of one channel process share: its media, its connection to the instance, its voice, its progress. */
import { claimFault } from '../faults/rman-faults';
import { type SessionId } from '../instance/instance-port';
import { type InstanceClient } from '../instance/ipc-client';
import { type SbtLibrary } from '../sbt/load-library';
import { type ChannelSettings, type DeviceType } from './ast';
import { type PieceMedia } from './disk-media';
import { formatElapsed } from './elapsed';
import { formatDate } from './rman-date';
import { RmanError } from './rman-error';

/** Progress is told this often. */
const REPORT_MS = 1000;

export interface ChannelContext {
  name: string;
  device: DeviceType;
  base: string;
  settings: ChannelSettings;
  /** The first medium; `mediaOf(2)` and up serve duplexed copies, each with a context of its own. */
  media: PieceMedia;
  mediaOf: (copy: number) => PieceMedia;
  /** All that were opened. */
  allMedia: readonly PieceMedia[];
  /** Null: disk. */
  library: SbtLibrary | null;
  blockBytes: number;
  instance: InstanceClient;
  session: SessionId;
  dateFormat: string;
  now: () => Date;
  /** Prints lines together, as they are. */
  say: (lines: string[]) => void;
  /** Bytes read and written since the last call. */
  count: (inputBytes: number, outputBytes: number) => void;
  /** Aborts when the command was interrupted or the session killed. */
  stop: AbortSignal;
}

/** `channel c1: text`. */
export function prefixed(context: ChannelContext, text: string): string {
  return `channel ${context.name}: ${text}`;
}

export function dateNow(context: ChannelContext): string {
  return formatDate(context.now(), context.dateFormat);
}

const EXIT_LOST = 9;

/** Throws when the job should end: ORA-00028 (killed) or ORA-01013 (interrupted). */
export function checkStop(context: ChannelContext): void {
  if (context.instance.killed.aborted) throw new RmanError(['ORA-00028: your session has been killed']);
  if (context.instance.gone.aborted) throw new RmanError(['ORA-03113: end-of-file on communication channel']);
  if (context.stop.aborted) throw new RmanError(['ORA-01013: user requested cancel of current operation']);
  // A server process that dies says nothing to anybody.
  if (claimFault(context.base, 'channel-lost', { channel: context.name })) process.exit(EXIT_LOST);
}

/** hh:mm:ss since `start`. */
export function elapsedSince(context: ChannelContext, start: Date): string {
  return formatElapsed(start, context.now());
}

/** Keeps what a channel reads below its RATE. */
export class Pace {
  private readonly startedMs = performance.now();
  private bytes = 0;

  constructor(private readonly rateBytes: number | null) {}

  async take(bytes: number): Promise<void> {
    if (this.rateBytes === null) return;
    this.bytes += bytes;
    const dueMs = this.startedMs + (this.bytes / this.rateBytes) * 1000;
    const waitMs = dueMs - performance.now();
    if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

/** Tells v$session_longops about one operation: at its first work, then at most once a second, and at its end. */
export class LongOperationReport {
  private static lastContext = 0;
  private readonly number = ++LongOperationReport.lastContext;
  private sofar = 0;
  private reportedMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly context: ChannelContext,
    private readonly operation: { opname: string; totalwork: number },
  ) {}

  async advance(work: number): Promise<void> {
    this.sofar += work;
    const nowMs = performance.now();
    if (nowMs - this.reportedMs < REPORT_MS) return;
    this.reportedMs = nowMs;
    await this.report();
  }

  async finish(): Promise<void> {
    this.sofar = this.operation.totalwork;
    await this.report();
  }

  private async report(): Promise<void> {
    const { session, instance } = this.context;
    const sofar = Math.min(this.sofar, this.operation.totalwork);
    // Progress that does not arrive costs nothing; a dead instance shows at the next real call.
    await instance
      .updateLongops({ ...session, ...this.operation, context: this.number, sofar })
      .catch(() => undefined);
  }
}
