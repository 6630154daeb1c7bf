// Ends an RMAN that must not go on, in an order that leaves no lie behind: nothing is closed any more before RMAN hears that it is over, and
// what it finished is read when nobody is left who could finish more. RMAN is only the client: its channels work in server processes of the
// database, so each step reaches further than the one before, and every one of them has its time.
import { type Logger, pause } from '@adyton/runtime';
import { type RunId } from '@adyton/domain';
import { RmanSessions, type RmanTarget } from './rman-sessions';

export interface RunningRman {
  /** Resolves when the process has ended. Never rejects. */
  readonly exited: Promise<unknown>;
  /** To RMAN and what it started on this host. */
  signal(signal: 'SIGINT' | 'SIGKILL'): void;
}

/** What is known of a run whose RMAN is ended. */
export interface EndingOfRun {
  readonly runId: RunId;
  readonly log: Logger;
  /** Makes sure that no call of the run's channels ends well any more. */
  fence(): Promise<unknown>;
  /** Null where RMAN works on an instance that SQL cannot reach: one that is being restored. */
  readonly target: RmanTarget | null;
}

export interface EndingTimes {
  /** RMAN's own time to end after SIGINT, ms; its channels need a moment to give up their pieces. */
  readonly interruptGraceMs: number;
  /** Until the sessions that were killed are gone, ms. */
  readonly killGraceMs: number;
}

/** Together with all the rest below the 15 s a cancel may take. */
const TIMES: EndingTimes = { interruptGraceMs: 5_000, killGraceMs: 3_000 };

/** @returns what RMAN had finished and goes on listing, in words; null when that is nothing, or nobody can tell. Never rejects. */
export async function endRman(
  rman: RunningRman,
  run: EndingOfRun,
  { interruptGraceMs, killGraceMs }: EndingTimes = TIMES,
): Promise<string | null> {
  const connecting = RmanSessions.connect(run); // a database that does not answer must not cost more time below

  // 1. From here on no call of the run's channels ends well: no piece becomes part of RMAN's records by a call that is still on its way.
  await run.fence();

  // 2. RMAN gives up the command under way and lets go of its channels.
  rman.signal('SIGINT');
  await using sessions = await connecting;
  const ended = await within(interruptGraceMs, async (over) => {
    await rman.exited;
    await sessions?.untilGone(over);
  });

  // 3. Server processes that hang in a call, or whose client is deaf, lose their sessions.
  if (!ended) await within(killGraceMs, async () => sessions?.killAll());

  // 4. The client goes whatever it was doing.
  rman.signal('SIGKILL');
  if (!ended && !(await within(killGraceMs, async (over) => sessions?.untilGone(over))))
    run.log.error({ runId: run.runId }, 'rman-sessions.left');

  // 5. A server process may have finished its piece while we gave up.
  return (await sessions?.describeFinished()) ?? null;
}

/** For an RMAN that works for no run. */
export async function interruptRman(
  rman: RunningRman,
  graceMs: number = TIMES.interruptGraceMs,
): Promise<null> {
  rman.signal('SIGINT');
  await within(graceMs, () => rman.exited);
  rman.signal('SIGKILL');
  return null;
}

/** @param work told when its time is over. @returns whether it was done in time */
async function within(limitMs: number, work: (over: AbortSignal) => Promise<unknown>): Promise<boolean> {
  const over = new AbortController();
  const done = work(over.signal).then(() => !over.signal.aborted);
  try {
    return await Promise.race([done, pause(limitMs, over.signal).then(() => false)]);
  } finally {
    over.abort();
  }
}
