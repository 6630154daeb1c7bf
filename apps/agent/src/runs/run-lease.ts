// The lease of one run: a heartbeat extends it and brings the control-plane's word back. Whoever is fenced or cancelled stops at once;
// whoever cannot reach the control-plane for a whole lease must stop too, because the run is not his any more.
import { AdytonError, type ExternalRunState, type Reason } from '@adyton/contracts';
import { isTerminal, runTransitions, type RunPhase, type RunState } from '@adyton/domain';
import { pause, type Clock, type Logger } from '@adyton/runtime';
import { type ControlPlane, type FencedRun } from '../control-plane';
import { RunFailure } from './run-failure';

export interface LeaseTerms {
  readonly leaseSeconds: number;
  readonly heartbeatSeconds: number;
}

export interface RunEnd {
  readonly state: RunState;
  readonly reason: Reason | null;
  readonly external: ExternalRunState | null;
}

/** While the manifest is made the control-plane is asked this often, ms. */
const COMMIT_POLL_MS = 300;
/** How soon the end of a run by hand is noticed, ms. */
const EXTERNAL_POLL_MS = 1_000;
/** The dedup-worker reports every second; an open piece of a channel that was left behind may take its time to end, ms. */
const SEAL_WAIT_MS = 120_000;

export class RunLease {
  private readonly lost = new AbortController();
  private readonly ending = new AbortController();
  private current: RunPhase = 'claimed';
  private lastAnswerMs: number;
  /** Somebody else's run now: no word about it comes from here any more. */
  private fenced = false;
  private readonly beating: Promise<void>;

  constructor(
    private readonly run: FencedRun & LeaseTerms,
    private readonly parts: {
      readonly controlPlane: ControlPlane;
      readonly clock: Clock;
      readonly log: Logger;
    },
  ) {
    this.lastAnswerMs = parts.clock.monotonicMs();
    this.beating = this.beat();
  }

  /** Fires when the run must stop; its reason is a RunFailure. */
  get signal(): AbortSignal {
    return this.lost.signal;
  }

  get phase(): RunPhase {
    return this.current;
  }

  /** Tells where the run is, at once. @throws RunFailure when the run must stop. */
  async enter(phase: RunPhase): Promise<void> {
    this.signal.throwIfAborted();
    this.current = phase;
    await this.tell();
    this.signal.throwIfAborted();
  }

  /** Somebody says there is news: asks for it before the next heartbeat would. */
  async askNow(): Promise<void> {
    await this.tell();
  }

  /** Waits until the run has ended in the ledger. @throws RunFailure when the run must stop before. */
  async untilEnded(): Promise<RunEnd> {
    for (;;) {
      const answer = await this.tell();
      if (answer !== null && isTerminal(runTransitions, answer.state)) return answer;
      this.signal.throwIfAborted();
      await pause(COMMIT_POLL_MS, this.signal);
    }
  }

  /** Waits until somebody ends a run by hand, or nobody used it for its time. @throws RunFailure when the run must stop before. */
  async untilEndAsked(): Promise<void> {
    await this.untilExternal(({ endAsked }) => endAsked, Number.POSITIVE_INFINITY);
  }

  /** Waits until the dedup-worker takes no more pieces of a run by hand. @returns false when it does not answer. */
  untilSealed(): Promise<boolean> {
    return this.untilExternal(({ sealed }) => sealed, SEAL_WAIT_MS);
  }

  /** @returns whether it held before the time was over */
  private async untilExternal(
    holds: (state: ExternalRunState) => boolean,
    limitMs: number,
  ): Promise<boolean> {
    const startedMs = this.parts.clock.monotonicMs();
    for (;;) {
      const answer = await this.tell();
      const state = answer?.external ?? null;
      if (state !== null && holds(state)) return true;
      if (this.parts.clock.monotonicMs() - startedMs > limitMs) return false;
      await this.pause(EXTERNAL_POLL_MS);
    }
  }

  /** Waits, but not longer than the run may go on. @throws RunFailure when it must stop */
  async pause(milliseconds: number): Promise<void> {
    await pause(milliseconds, this.signal);
    this.signal.throwIfAborted();
  }

  /** Stops the run from outside, e.g. because the agent is ending. */
  stop(failure: RunFailure): void {
    this.lost.abort(failure);
  }

  async release(): Promise<void> {
    this.ending.abort();
    await this.beating;
  }

  private async beat(): Promise<void> {
    // a cancelled run still needs its lease while RMAN winds down: its end is to be recorded as cancelled, not as lost
    while (!this.ending.signal.aborted && !this.fenced) {
      await pause(this.run.heartbeatSeconds * 1000, this.ending.signal);
      if (!this.ending.signal.aborted) await this.tell();
    }
  }

  private loseTo(failure: RunFailure): void {
    this.fenced = true;
    this.lost.abort(failure);
  }

  private async tell(): Promise<RunEnd | null> {
    const { controlPlane, clock, log } = this.parts;
    try {
      const { answer, state, reason, external } = await controlPlane.heartbeat(this.run, this.current);
      this.lastAnswerMs = clock.monotonicMs();
      if (answer === 'cancel') this.lost.abort(new RunFailure('ADY_CANCELLED', 'the run was cancelled'));
      // in commit the end of the run is what is waited for; before it, a run that ended elsewhere must stop here too
      if (answer === 'fenced' && (this.current !== 'commit' || !isTerminal(runTransitions, state)))
        this.loseTo(new RunFailure('ADY_FENCED', 'another attempt owns this run, or it ended'));
      return { state, reason, external };
    } catch (error) {
      log.warn({ runId: this.run.runId, err: error }, 'run.heartbeat-failed');
      const silentMs = clock.monotonicMs() - this.lastAnswerMs;
      if (
        (error instanceof AdytonError && error.code === 'ADY_FENCED') ||
        silentMs > this.run.leaseSeconds * 1000
      ) {
        this.loseTo(
          new RunFailure(
            'ADY_FENCED',
            `the lease of the run is lost (${Math.round(silentMs / 1000)} s without an answer)`,
          ),
        );
      }
      return null;
    }
  }
}
