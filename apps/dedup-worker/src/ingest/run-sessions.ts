// The runs this worker serves. A run's session is opened by the doorbell `ingest.run`, or by the first library that says hello,
// whichever comes first; it ends when the control-plane says that the run ended. Nothing here depends on the queue.
import { AdytonError } from '@adyton/contracts';
import { type RunId } from '@adyton/domain';
import { pause } from '@adyton/runtime';
import { RunSession, type RunSessionParts } from './run-session';

/** Runs served at once by one host: one per lane of a handful of databases. */
const RUNS_MAX = 64;
/** How often bytes and closed pieces are told to the control-plane, ms; also how soon a cancelled run is noticed here. */
const REPORT_INTERVAL_MS = 1_000;

export class RunSessions {
  private readonly opening = new Map<RunId, Promise<RunSession>>();
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

  /** Ends every session without failing its run: a restarted worker opens a new one. */
  async close(): Promise<void> {
    this.stopping.abort();
    const sessions = await Promise.allSettled(this.opening.values());
    for (const session of sessions) if (session.status === 'fulfilled') await session.value.end();
  }

  private async open(runId: RunId): Promise<RunSession> {
    const grant = await this.parts.controlPlane.grant(runId);
    const session = await RunSession.open(grant, this.parts);
    void this.keepReporting(session);
    return session;
  }

  private async keepReporting(session: RunSession): Promise<void> {
    const { log } = this.parts;
    while (!this.stopping.signal.aborted) {
      try {
        if (!(await session.report())) {
          this.opening.delete(session.grant.runId);
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
