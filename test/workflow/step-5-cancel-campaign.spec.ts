// Runs of all kinds are cancelled at random moments, again and again on one host: each ends in its time and leaves nothing, and every backup
// after it succeeds. CANCELS says how many; SEED says which.
import { callRoute, restRoutes, type RunDetail } from '@adyton/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import {
  cancel,
  CANCEL_LIMIT_MS,
  expectNothingClosedSince,
  expectNothingLeft,
} from '../support/cancelled-runs';
import { seededDraw } from '../support/disturbance/seeded-draw';
import {
  backUp,
  changeRows,
  compare,
  DATABASE_NAME,
  eventually,
  getRequest,
  getRun,
  healStore,
  markNow,
  restore,
  type RunningStack,
  runStack,
  slowStore,
  SUCCEEDED,
} from '../support/running-stack';

const CANCELS = Number(process.env['CANCELS'] ?? 5);
const SEED = Number(process.env['SEED'] ?? 20261126);
/** A run of the small database is over by then, even with a slow store. */
const MOMENT_MS_MAX = 9_000;
const STORE_LATENCY_MS_MAX = 250;
const RESTORE_EVERY = 20;
const MINUTES_EACH = 2;

jest.setTimeout((5 + CANCELS * MINUTES_EACH) * 60_000);
let stack: RunningStack;
beforeAll(async () => {
  stack = await runStack();
});
afterAll(() => stack.stop());

const draw = seededDraw(SEED);

/** Cancels a new run at the moment, or says that it was over before. */
async function cancelAt(momentMs: number, kind: 'full' | 'auto' | 'archivelog'): Promise<RunDetail | null> {
  const request = await callRoute(stack.api, restRoutes.createBackupRequest, {
    body: { database: DATABASE_NAME, kind },
  });
  const { runId } = await eventually(
    () => getRequest(stack, request.id),
    (r) => r.runId !== null,
  );
  await sleep(momentMs);
  const { phase, state: before } = await getRun(stack, runId ?? '');
  try {
    const { run, milliseconds } = await cancel(stack, runId ?? '');
    if (run.state !== 'cancelled' || milliseconds > CANCEL_LIMIT_MS)
      throw new Error(`cancelled in ${phase} after ${momentMs} ms: ${run.state} after ${milliseconds} ms`);
    process.stderr.write(
      `${kind} cancelled in ${phase} after ${momentMs} ms: ${Math.round(milliseconds)} ms\n`,
    );
    return run;
  } catch (error) {
    if (!isTooLate(error)) throw error;
    const run = await eventually(
      () => getRun(stack, runId ?? ''),
      (r) => !['planning', 'running', 'committing'].includes(r.state),
    );
    expect({ before, run }).toMatchObject({ run: SUCCEEDED });
    return null;
  }
}

function isTooLate(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ADY_RUN_STATE';
}

async function expectRestorable(number: number): Promise<void> {
  const untilScn = await markNow(stack);
  expect(await backUp(stack, 'archivelog')).toMatchObject(SUCCEEDED);
  const directory = join(stack.directory, `copy-${number}`);
  expect(await restore(stack, untilScn, directory)).toMatchObject(SUCCEEDED);
  const { dataFiles, identical } = await compare(stack, untilScn, directory);
  expect(identical).toBe(dataFiles);
}

it(`S5.8 ${CANCELS} cancels at random moments: each within 15 s, nothing left, and the next backup restores`, async () => {
  const cancelled: RunDetail[] = [];
  for (let i = 0; cancelled.length < CANCELS; i += 1) {
    await changeRows(stack, i);
    await slowStore(stack, draw.below(STORE_LATENCY_MS_MAX));
    const kind = draw.of(['full', 'auto', 'archivelog'] as const);
    const run = await cancelAt(draw.below(MOMENT_MS_MAX), kind);
    await healStore(stack);
    if (run === null) continue;
    cancelled.push(run);
    await expectNothingLeft(stack, run);
    expect(await backUp(stack)).toMatchObject(SUCCEEDED);
    if (cancelled.length % RESTORE_EVERY === 0) await expectRestorable(cancelled.length);
  }
  await expectRestorable(0);
  for (const run of cancelled) await expectNothingClosedSince(stack, run);
});
