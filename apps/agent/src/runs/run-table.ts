// The runs of this agent. A doorbell job claims a run, puts it here and returns; from then on the run lives on its lease, not on the queue.
import { AdytonError, type ClaimedRun } from '@adyton/contracts';
import { type RunId } from '@adyton/domain';
import { type Logger } from '@adyton/runtime';
import { type RunLease } from './run-lease';
import { RunFailure } from './run-failure';

export interface RunOnItsWay {
  readonly lease: RunLease;
  readonly done: Promise<void>;
}

/** Runs at once on one host: three lanes for each of a handful of databases. */
const RUNS_MAX = 32;

export class RunTable {
  private readonly runs = new Map<RunId, RunOnItsWay & { readonly claimed: ClaimedRun }>();
  private closing = false;

  constructor(private readonly log: Logger) {}

  /** @throws AdytonError when no further run may start here; to be asked before claiming. */
  assertRoom(): void {
    if (this.closing) throw new AdytonError('ADY_AGENT_NOT_RUNNING', 'this agent is ending');
    if (this.runs.size >= RUNS_MAX)
      throw new AdytonError('ADY_RUN_ACTIVE', `this agent has ${RUNS_MAX} runs in hand`);
  }

  /**
   * The run waits for those of its database and lane that this agent still has in hand: one that was fenced may have an RMAN that is being
   * ended, and what it closes meanwhile would become a base that the new run does not know of.
   */
  start(claimed: ClaimedRun, begin: (earlierEnded: Promise<unknown>) => RunOnItsWay): void {
    const earlier = [...this.runs.values()].filter(
      (run) => run.claimed.database.id === claimed.database.id && run.claimed.lane === claimed.lane,
    );
    const run = begin(Promise.allSettled(earlier.map(({ done }) => done)));
    this.runs.set(claimed.runId, { ...run, claimed });
    const forget = (): void => void this.runs.delete(claimed.runId);
    run.done.then(forget, (error: unknown) => {
      forget();
      this.log.error({ runId: claimed.runId, err: error }, 'run.ended-unexpectedly');
    });
  }

  /** There is news for a run; one that is not in hand any more has ended. */
  async askNow(runId: RunId): Promise<void> {
    await this.runs.get(runId)?.lease.askNow();
  }

  /** Takes no more runs, stops those in hand and waits for their end. */
  async close(): Promise<void> {
    this.closing = true;
    for (const { lease } of this.runs.values())
      lease.stop(new RunFailure('ADY_AGENT_LOST', 'the agent was asked to end while the run was on its way'));
    await Promise.allSettled([...this.runs.values()].map((run) => run.done));
  }
}
