// The line in which claims wait. A claim begins work, every other call of an agent carries on what was begun: when many schedules come due in
// one instant, claims that take all sessions of the ledger would starve the heartbeats of the runs they began, and those would be lost.
import { AdytonError } from '@adyton/contracts';

/** Claims in work at once: most of the ledger's sessions stay for runs on their way. At some 30 ms each, sixty a second. */
const CLAIMS_AT_ONCE = 2;
/** Calls that wait; each holds a connection and a few KB. As many databases may come due in one instant. */
const WAITING_MAX = 5_000;
/** Below the time after which an agent gives a call up: a claim must not take effect for somebody who does not hear of it, ms. */
const WAIT_MS = 20_000;

export interface ClaimLineLimits {
  readonly atOnce: number;
  readonly waitingMax: number;
  readonly waitMs: number;
}

export class ClaimLine {
  /** Somebody waits for what a person asked for, and its deadline is seconds. */
  private readonly byPeople = new Set<() => void>();
  private readonly bySchedule = new Set<() => void>();
  private inWork = 0;

  constructor(
    private readonly limits: ClaimLineLimits = {
      ...{ atOnce: CLAIMS_AT_ONCE, waitingMax: WAITING_MAX, waitMs: WAIT_MS },
    },
  ) {}

  /** @throws AdytonError ADY_CLAIMS_WAITING when the turn does not come in time; nothing was begun then */
  async inTurn<T>({ byPeople }: { readonly byPeople: boolean }, claim: () => Promise<T>): Promise<T> {
    await this.turn(byPeople ? this.byPeople : this.bySchedule);
    try {
      return await claim();
    } finally {
      this.passOn();
    }
  }

  private turn(line: Set<() => void>): Promise<void> {
    const { atOnce, waitingMax, waitMs } = this.limits;
    if (this.inWork < atOnce) {
      this.inWork += 1;
      return Promise.resolve();
    }
    const waiting = this.byPeople.size + this.bySchedule.size;
    if (waiting >= waitingMax) return Promise.reject(busy(`${waiting} claims wait`));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const called = (): void => {
      clearTimeout(patience);
      line.delete(called);
      resolve();
    };
    const patience = setTimeout(() => {
      line.delete(called);
      reject(busy(`no turn within ${waitMs} ms`));
    }, waitMs);
    line.add(called);
    return promise;
  }

  private passOn(): void {
    const [next] = this.byPeople.size > 0 ? this.byPeople : this.bySchedule;
    if (next === undefined) this.inWork -= 1;
    else next();
  }
}

function busy(detail: string): AdytonError {
  return new AdytonError('ADY_CLAIMS_WAITING', detail);
}
