// When a duty is done again: at its tick, or before when it says that it is wanted.
import { createLogger } from '@adyton/runtime';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTicking } from './tick';

const log = createLogger({ process: 'scheduler', level: 'silent' });
const HOUR_MS = 3_600_000;

/** @returns how often the duty ran in half a second. */
async function runs(nextInMs: () => Promise<number | null>, everyMs: number): Promise<number> {
  let count = 0;
  const run = (): Promise<void> => Promise.resolve(void (count += 1));
  const ticking = startTicking({ name: 'test', run, nextInMs }, everyMs, log);
  await sleep(500);
  await ticking.stop();
  return count;
}

it('does a duty when it says that it is wanted again, not only at its tick', async () => {
  expect(await runs(() => Promise.resolve(1), HOUR_MS)).toBeGreaterThan(1);
});

it('waits for the tick when nothing is known, nothing is soon, or the question fails', async () => {
  expect(await runs(() => Promise.resolve(null), HOUR_MS)).toBe(1);
  expect(await runs(() => Promise.resolve(2 * HOUR_MS), HOUR_MS)).toBe(1);
  expect(await runs(() => Promise.reject(new Error('no ledger')), HOUR_MS)).toBe(1);
});
