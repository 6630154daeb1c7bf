// The order in which an RMAN is ended; that each step does what it says is seen on the real processes (test/workflow/step-5-cancel.spec.ts).
import { type RunId } from '@adyton/domain';
import { type DatabaseFacts } from '@adyton/oracle';
import { createLogger } from '@adyton/runtime';
import { endRman, type EndingOfRun, type RunningRman } from './end-rman';

const TIMES = { interruptGraceMs: 300, killGraceMs: 300 };
const CHANNEL = { instance: 2, sid: 21, serial: 7 };

interface Scene {
  /** What makes RMAN and its channel go; nothing does when absent. */
  readonly goesAt?: 'SIGINT' | 'kill';
  readonly pieces?: readonly ('A' | 'D')[];
  readonly database?: 'answers' | 'is away' | 'refuses';
}

function scene({ goesAt, pieces = [], database = 'answers' }: Scene) {
  const events: string[] = [];
  const exit = Promise.withResolvers<unknown>();
  let sessions = [CHANNEL];
  const go = (at: string): void => {
    if (at !== goesAt) return;
    sessions = [];
    exit.resolve(null);
  };
  const answer = <T>(value: T): Promise<T> =>
    database === 'refuses' ? Promise.reject(new Error('ORA-01013')) : Promise.resolve(value);
  const facts = {
    rmanSessions: () => answer(sessions),
    killSession: (session: typeof CHANNEL) => {
      events.push(`kill ${session.sid},${session.serial},@${session.instance}`);
      go('kill');
      return answer(undefined);
    },
    backupPieces: (like: string) => {
      events.push(`read ${like}`);
      return answer(pieces.map((status) => ({ status })));
    },
    close: () => answer(undefined),
  } as unknown as DatabaseFacts;
  const rman: RunningRman = {
    exited: exit.promise,
    signal: (signal) => {
      events.push(signal);
      go(signal);
    },
  };
  const run: EndingOfRun = {
    runId: 'run_1' as RunId,
    log: createLogger({ process: 'spec', level: 'silent' }),
    fence: async () => {
      await new Promise((resolve) => setTimeout(resolve, 20)); // whoever does not wait for it is too early
      events.push('fenced');
      return 'fenced';
    },
    target: {
      commandId: 'ady:t',
      handlesLike: 'x/t_1_%',
      connect: () =>
        database === 'is away' ? Promise.reject(new Error('ORA-12541')) : Promise.resolve(facts),
    },
  };
  return { end: () => endRman(rman, run, TIMES), events };
}

it('S5.8 fences the token before RMAN is interrupted, and reads what RMAN lists last', async () => {
  const { end, events } = scene({ goesAt: 'SIGINT', pieces: ['A', 'D', 'A'] });
  expect(await end()).toBe('RMAN had finished 2 piece(s), which stay usable as a base');
  expect(events).toEqual(['fenced', 'SIGINT', 'SIGKILL', 'read x/t_1_%']);
});

it('S5.8 kills the sessions that are left on any instance, and only then the client', async () => {
  const { end, events } = scene({ goesAt: 'kill' });
  expect(await end()).toBeNull();
  expect(events).toEqual(['fenced', 'SIGINT', 'kill 21,7,@2', 'SIGKILL', 'read x/t_1_%']);
});

it('S5.8 comes to its end with an RMAN that nothing ends, and with a database that is away or refuses', async () => {
  expect(await scene({}).end()).toBeNull();
  for (const database of ['is away', 'refuses'] as const) {
    const { end, events } = scene({ database });
    expect(await end()).toBeNull();
    expect(events.filter((event) => !event.startsWith('read'))).toEqual(['fenced', 'SIGINT', 'SIGKILL']);
  }
});
