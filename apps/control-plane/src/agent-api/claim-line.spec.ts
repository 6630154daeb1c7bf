// The line of claims without a ledger: who has a turn, in which order, and what becomes of those who wait too long.
import { ClaimLine } from './claim-line';

const PERSON = { byPeople: true };
const SCHEDULE = { byPeople: false };
const LIMITS = { atOnce: 1, waitingMax: 10, waitMs: 60_000 };

const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Claims that go on until they are let go. */
function claims(line: ClaimLine) {
  const begun: string[] = [];
  const letGo = new Map<string, () => void>();
  return {
    begun,
    claim: (name: string, who = SCHEDULE): Promise<void> =>
      line.inTurn(who, () => {
        begun.push(name);
        const { promise, resolve } = Promise.withResolvers<void>();
        letGo.set(name, resolve);
        return promise;
      }),
    end: async (name: string): Promise<void> => {
      await settled();
      letGo.get(name)?.();
      await settled();
    },
  };
}

it('begins so many claims at once, and the others in the order they came', async () => {
  const { claim, begun, end } = claims(new ClaimLine({ ...LIMITS, atOnce: 2 }));
  const all = ['a', 'b', 'c', 'd'].map((name) => claim(name));
  await settled();
  expect(begun).toEqual(['a', 'b']);
  await end('b');
  await end('a');
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
  for (const name of ['c', 'd']) await end(name);
  await Promise.all(all);
});

it('gives what a person asked for the next turn', async () => {
  const { claim, begun, end } = claims(new ClaimLine(LIMITS));
  const all = [claim('first'), claim('scheduled'), claim('asked', PERSON)];
  await end('first');
  expect(begun).toEqual(['first', 'asked']);
  await end('asked');
  await end('scheduled');
  await Promise.all(all);
});

it('refuses a claim whose turn does not come in time, and gives the turn to none that went away', async () => {
  const { claim, begun, end } = claims(new ClaimLine({ ...LIMITS, waitMs: 5 }));
  const first = claim('first');
  await expect(claim('late')).rejects.toMatchObject({ code: 'ADY_CLAIMS_WAITING' });
  await end('first');
  const next = claim('next');
  await settled();
  expect(begun).toEqual(['first', 'next']);
  await end('next');
  await Promise.all([first, next]);
});

it('refuses a claim at once when too many wait', async () => {
  const { claim, end } = claims(new ClaimLine({ ...LIMITS, waitingMax: 1 }));
  const all = [claim('first'), claim('second')];
  await expect(claim('third')).rejects.toMatchObject({ code: 'ADY_CLAIMS_WAITING' });
  for (const name of ['first', 'second']) await end(name);
  await Promise.all(all);
});

it('passes the turn on when a claim fails', async () => {
  const line = new ClaimLine(LIMITS);
  await expect(line.inTurn(SCHEDULE, () => Promise.reject(new Error('no ledger')))).rejects.toThrow(
    'no ledger',
  );
  await expect(line.inTurn(SCHEDULE, () => Promise.resolve('claimed'))).resolves.toBe('claimed');
});
