// The runs this worker serves. A run's session is opened by the doorbell `ingest.run`, or by the first library that says hello,
// whichever comes first; it ends when the control-plane says that the run ended. Nothing here depends on the queue.
import { AdytonError } from '@adyton/contracts';
import { type RunId } from '@adyton/domain';
import { pause } from '@adyton/runtime';
import { createHash } from 'node:crypto';
import { RunSession, type RunSessionParts } from './run-session';

/** Runs served at once by one host: one per lane of a handful of databases. */
const RUNS_MAX = 64;
/** How often bytes and closed pieces are told to the control-plane, ms; also how soon a cancelled run is noticed here. */
const REPORT_INTERVAL_MS = 1_000;
/** Fenced tokens remembered, the oldest forgotten first: by then the ledger has ended their runs. */
const FENCED_TOKENS_MAX = 4_096;

export class RunSessions {
  private readonly opening = new Map<RunId, Promise<RunSession>>();
  private readonly opened = new Set<RunSession>();
  /** sha256 of each, hex. Nobody is asked whether the token is one: whoever knows it could do no more than end its own run. */
  private readonly fenced = new Set<string>();
  private readonly stopping = new AbortController();

  constructor(private readonly parts: RunSessionParts) {}

  /** The session of a run, opened on first use. @throws AdytonError when the run may not use this host. */
  async ensure(runId: RunId): Promise<RunSession> {
    const known = this.opening.get(runId);
    if (known !== undefined) return known;
    if (this.opening.size >= RUNS_MAX)
      throw new AdytonError('ADY_SBT_REFUSED', `this worker serves ${RUNS_MAX} runs already`);
    const opening = this.open(runId);
    this.opening.set(runId, opening);
    opening.catch(() => this.opening.delete(runId));
    return opening;
  }

  /** From now on no call of a session with this token ends well, whether its run is known here or not. */
  fence(token: string): void {
    const sha256 = createHash('sha256').update(token).digest('hex');
    this.fenced.add(sha256);
    for (const oldest of this.fenced) {
      if (this.fenced.size <= FENCED_TOKENS_MAX) break;
      this.fenced.delete(oldest);
    }
    for (const session of this.opened) this.stopIfFenced(session);
  }

  /** Ends every session without failing its run: a restarted worker opens a new one. */
  async close(): Promise<void> {
    this.stopping.abort();
    const sessions = await Promise.allSettled(this.opening.values());
    for (const session of sessions) if (session.status === 'fulfilled') await session.value.end();
  }

  private async open(runId: RunId): Promise<RunSession> {
    const grant = await this.parts.controlPlane.grant(runId);
    const session = await RunSession.open(grant, this.parts);
    this.opened.add(session);
    this.stopIfFenced(session);
    void this.keepReporting(session);
    return session;
  }

  private stopIfFenced(session: RunSession): void {
    const { runId, tokenSha256 } = session.grant;
    if (!this.fenced.has(tokenSha256)) return;
    this.parts.log.info({ runId }, 'run.fenced');
    session.stop(new AdytonError('ADY_SBT_REFUSED', `the agent is ending run ${runId}`));
  }

  private async keepReporting(session: RunSession): Promise<void> {
    const { log } = this.parts;
    while (!this.stopping.signal.aborted) {
      try {
        if (!(await session.report())) {
          this.opening.delete(session.grant.runId);
          this.opened.delete(session);
          await session.end();
          return;
        }
      } catch (error) {
        log.warn({ runId: session.grant.runId, err: error }, 'ingest.report-failed'); // the next round tells it all again
      }
      await pause(REPORT_INTERVAL_MS, this.stopping.signal);
    }
  }
}
