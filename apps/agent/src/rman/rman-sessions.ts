// The sessions an RMAN of ours has in the database, found by its command id on every instance. They are looked at over a connection of its
// own with short time-outs, because the database may be what RMAN hangs on; whatever it does not answer is logged and left.
import { type RunId } from '@adyton/domain';
import { type DatabaseFacts, type RmanSession } from '@adyton/oracle';
import { type Logger, pause } from '@adyton/runtime';

/** The database an RMAN of ours works on, and how what belongs to the run is found there. */
export interface RmanTarget {
  readonly commandId: string;
  /** Pattern of LIKE for the handles of the run. */
  readonly handlesLike: string;
  /** Opens a connection that waits no longer than these, ms. @throws OracleError */
  connect(limits: { connectTimeoutMs: number; callTimeoutMs: number }): Promise<DatabaseFacts>;
}

interface RunOfRman {
  readonly runId: RunId;
  readonly log: Logger;
  readonly target: RmanTarget | null;
}

/** A connection, and each call on it, ms: a database that answers at all answers these at once. */
const CONNECT_TIMEOUT_MS = 2_000;
const CALL_TIMEOUT_MS = 2_000;
const LOOK_EVERY_MS = 200;

export class RmanSessions implements AsyncDisposable {
  private constructor(
    private readonly database: DatabaseFacts,
    private readonly run: RunOfRman & { readonly target: RmanTarget },
  ) {}

  /** Null when there is no database to ask, or none that answers. Never rejects. */
  static async connect(run: RunOfRman): Promise<RmanSessions | null> {
    const { target } = run;
    if (target === null) return null;
    try {
      const limits = { connectTimeoutMs: CONNECT_TIMEOUT_MS, callTimeoutMs: CALL_TIMEOUT_MS };
      return new RmanSessions(await target.connect(limits), { ...run, target });
    } catch (error) {
      run.log.warn({ runId: run.runId, err: error }, 'rman-sessions.unreachable');
      return null;
    }
  }

  /** Waits until there is none, nobody can tell, or the time is over. */
  async untilGone(over: AbortSignal): Promise<void> {
    while (!over.aborted && ((await this.list()) ?? []).length > 0) await pause(LOOK_EVERY_MS, over);
  }

  async killAll(): Promise<void> {
    for (const session of (await this.list()) ?? []) {
      this.run.log.warn({ runId: this.run.runId, ...session }, 'rman-session.killed');
      await this.asked(() => this.database.killSession(session));
    }
  }

  /** What RMAN lists of the run, in words; null for nothing. The dedup-worker keeps these sets: RMAN builds on them. */
  async describeFinished(): Promise<string | null> {
    const pieces = await this.asked(() => this.database.backupPieces(this.run.target.handlesLike));
    const finished = (pieces ?? []).filter(({ status }) => status === 'A').length;
    if (finished === 0) return null;
    return `RMAN had finished ${finished} piece(s), which stay usable as a base`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.asked(() => this.database.close());
  }

  private list(): Promise<RmanSession[] | null> {
    return this.asked(() => this.database.rmanSessions(this.run.target.commandId));
  }

  private async asked<T>(question: () => Promise<T>): Promise<T | null> {
    try {
      return await question();
    } catch (error) {
      this.run.log.warn({ runId: this.run.runId, err: error }, 'rman-sessions.not-answered');
      return null;
    }
  }
}
