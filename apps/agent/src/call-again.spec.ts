// Calls to a control-plane that is away: made again, ended by a refusal, given up before the lease is over.
import { AdytonError } from '@adyton/contracts';
import { callAgain } from './call-again';

const away = new AdytonError('ADY_LEDGER_UNAVAILABLE', 'the ledger does not answer');
const unreachable = new AdytonError('ADY_INTERNAL', 'the control-plane does not answer', {
  unreachable: true,
});
const NO_PAUSE_MS = 0;

/** Fails as often as there are errors, then answers; the clock goes on by so much with each call. */
function answersAfter(errors: readonly Error[], stepMs = 1) {
  let calls = 0;
  const call = (): Promise<string> => {
    const error = errors[calls++];
    return error === undefined ? Promise.resolve('answer') : Promise.reject(error);
  };
  return { call, clock: { monotonicMs: () => calls * stepMs }, calls: () => calls };
}

it('goes on once ledger and control-plane are back', async () => {
  const { call, clock, calls } = answersAfter([away, unreachable, away]);
  await expect(callAgain(call, clock, NO_PAUSE_MS)).resolves.toBe('answer');
  expect(calls()).toBe(4);
});

it('takes a refusal as an answer', async () => {
  const refusal = new AdytonError('ADY_FENCED', 'another attempt owns this run');
  const { call, clock, calls } = answersAfter([refusal]);
  await expect(callAgain(call, clock, NO_PAUSE_MS)).rejects.toBe(refusal);
  expect(calls()).toBe(1);
});

it('gives up before the lease of a run is over', async () => {
  const { call, clock, calls } = answersAfter(Array<Error>(100).fill(away), 10_000);
  await expect(callAgain(call, clock, NO_PAUSE_MS)).rejects.toBe(away);
  expect(calls()).toBeLessThan(7);
});
